"""References to secrets: a request contains only the names of secrets until it is sent.

A reference is written with private-use characters, which no template may contain and which are escaped in values. So no
customer can write one, and a request can be stored, logged and read again with its references in it.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

OPEN, CLOSE = "\ue000", "\ue001"
SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_REFERENCE = re.compile(f"{OPEN}(?:secret:({SECRET_NAME.pattern}))?{CLOSE}")


@dataclass(frozen=True, slots=True)
class SecretReference:
    """The value of `{{ secrets.NAME }}` in a template: without the secret itself, and useless in any expression."""

    name: str

    def __str__(self) -> str:
        raise _fault(f"a secret stands alone, as {{{{ secrets.{self.name} }}}}")

    @property
    def written(self) -> str:
        """The reference as written in requests."""
        return f"{OPEN}secret:{self.name}{CLOSE}"


class SecretNames:
    """The `secrets` of a template: returns a reference for every valid name."""

    __slots__ = ()

    def __getitem__(self, name: object) -> SecretReference:
        if not isinstance(name, str) or not SECRET_NAME.fullmatch(name):
            raise _fault("a secret's name consists of capital letters, digits and _")
        return SecretReference(name)


def escaped(text: str) -> str:
    """Escape a value so that it cannot be taken for a reference."""
    return text.replace(OPEN, OPEN + CLOSE)


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Return the names of the secrets that some texts of a request refer to."""
    return frozenset(name for text in texts for name in _REFERENCE.findall(text) if name)


def filled(text: str, values: Mapping[str, str], *, write: Callable[[str], str] = str) -> str:
    """Replace the references by the secrets' values, and undo `escaped`."""
    return _REFERENCE.sub(lambda match: write(values[match[1]]) if match[1] else OPEN, text)


def hidden(text: str) -> str:
    """Return a text of a request with its secrets masked, for people to read."""
    return _REFERENCE.sub(lambda match: "***" if match[1] else OPEN, text)


def in_url(value: str) -> str:
    """Quote a secret for a URL."""
    return quote(value, safe="")


def in_json(value: str) -> str:
    """Escape a secret for the inside of a JSON string."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def scrubbed(content: bytes, values: Iterable[str]) -> bytes:
    """Mask secrets that an answer echoes, in every form in which the request contained them."""
    for value in values:
        for written in sorted({value, in_url(value), in_json(value), json.dumps(value)[1:-1]}, key=len, reverse=True):
            content = content.replace(written.encode(), b"***")
    return content


def _fault(message: str) -> Exception:
    from jinja2 import TemplateError  # not above: who only hides references does not need it

    return TemplateError(message)
