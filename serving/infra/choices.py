"""What an operator chooses with `cdk deploy --context NAME=VALUE`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

ALLOWED: Mapping[str, tuple[str, ...]] = {
    "size": ("small", "standard", "large"),
    "ui": ("static", "ssr"),
    "efs": ("off", "on"),
    "llm": ("openai", "bedrock", "self-hosted"),
    "database": ("documentdb", "atlas"),
}
"""Every choice and its values; the first is the default, but for `size`."""


class WrongChoice(ValueError):
    """A context value that does not exist."""

    def __init__(self, name: str, value: object) -> None:
        self.name, self.value = name, value
        super().__init__(f"--context {name}={value}: there is no such value; choose {_listed(ALLOWED[name])}")


@dataclass(frozen=True)
class Choices:
    """The chosen values, each one of `ALLOWED`."""

    size: str = "standard"
    ui: str = "static"
    efs: str = "off"
    llm: str = "openai"
    database: str = "documentdb"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value not in ALLOWED[field.name]:
                raise WrongChoice(field.name, value)

    @classmethod
    def from_context(cls, read: Mapping[str, Any]) -> "Choices":
        """Return the choices of a context; what it does not name has its default. Raise `WrongChoice`."""
        return cls(**{name: read[name] for name in ALLOWED if read.get(name) is not None})


def _listed(values: tuple[str, ...]) -> str:
    return f"{', '.join(values[:-1])} or {values[-1]}"
