"""The README's generated parts: `python -m tests.support.readme` writes them anew, a test checks them."""

import json
from pathlib import Path

from pydantic_core import PydanticUndefined

from pipelines.settings import ENV_PREFIX, Settings

README = Path(__file__).parents[2] / "README.md"
BEGIN = "<!-- configuration: generated from pipelines/settings.py by `make fix` -->\n"
END = "<!-- end of configuration -->"


def configuration_table() -> str:
    """Give a Markdown table of all settings."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        variable = field.validation_alias if isinstance(field.validation_alias, str) else f"{ENV_PREFIX}{name.upper()}"
        rows.append(
            f"| `{variable}` | {_default(field.get_default(call_default_factory=True))} | {field.description} |"
        )
    return "\n".join(rows) + "\n"


def fresh(text: str) -> str:
    """Give the README's text with its generated parts made anew."""
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
    README.write_text(fresh(README.read_text(encoding="utf-8")), encoding="utf-8")
