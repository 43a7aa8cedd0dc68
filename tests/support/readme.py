"""The generated table of settings: `python -m tests.support.readme` writes it, a test checks it."""

import json
from pathlib import Path

from pydantic_core import PydanticUndefined

from pipelines.settings import ENV_PREFIX, Settings

CONFIGURATION = Path(__file__).parents[2] / "serving" / "docs" / "configuration.md"
BEGIN = "<!-- configuration: generated from pipelines/settings.py by `make fix` -->\n"
END = "<!-- end of configuration -->"


def configuration_table() -> str:
    """Return a Markdown table of all settings."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        variable = field.validation_alias if isinstance(field.validation_alias, str) else f"{ENV_PREFIX}{name.upper()}"
        rows.append(
            f"| `{variable}` | {_default(field.get_default(call_default_factory=True))} | {field.description} |"
        )
    return "\n".join(rows) + "\n"


def fresh(text: str) -> str:
    """Return the text with its generated table made anew."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{configuration_table()}{END}{tail}"


def _default(value: object) -> str:
    if value is None or value is PydanticUndefined or value in ((), {}):
        return "unset"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    return f"`{value if isinstance(value, str | Path) else json.dumps(value)}`"


if __name__ == "__main__":
    CONFIGURATION.write_text(fresh(CONFIGURATION.read_text(encoding="utf-8")), encoding="utf-8")
