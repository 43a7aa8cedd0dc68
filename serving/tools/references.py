"""Secrets inside a request: a request holds their names only, until the moment it is sent.

A reference is written with private-use characters, which no template may hold and which values have escaped. So nothing
that a customer writes becomes one, and a request can be stored, logged and read again with its references in it.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from jinja2 import TemplateError

OPEN, CLOSE = "\ue000", "\ue001"
SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_REFERENCE = re.compile(f"{OPEN}(?:secret:({SECRET_NAME.pattern}))?{CLOSE}")


@dataclass(frozen=True, slots=True)
class SecretReference:
    """What `{{ secrets.NAME }}` stands for in a template: no value, and nothing that could be computed with."""

    name: str

    def __str__(self) -> str:
        raise TemplateError(f"a secret stands alone, as {{{{ secrets.{self.name} }}}}")

    @property
    def written(self) -> str:
        """The reference as requests hold it."""
        return f"{OPEN}secret:{self.name}{CLOSE}"


class SecretNames:
    """The `secrets` of a template: gives a reference for any name that a secret can have."""

    __slots__ = ()

    def __getitem__(self, name: object) -> SecretReference:
        if not isinstance(name, str) or not SECRET_NAME.fullmatch(name):
            raise TemplateError("a secret's name is made of capital letters, digits and _")
        return SecretReference(name)


def escaped(text: str) -> str:
    """Write a value so that it cannot be taken for a reference."""
    return text.replace(OPEN, OPEN + CLOSE)


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Find the secrets that some texts of a request refer to."""
    return frozenset(name for text in texts for name in _REFERENCE.findall(text) if name)


def filled(text: str, values: Mapping[str, str], *, write: Callable[[str], str] = str) -> str:
    """Put the values of secrets in place of the references, and undo `escaped`."""
    return _REFERENCE.sub(lambda match: write(values[match[1]]) if match[1] else OPEN, text)


def hidden(text: str) -> str:
    """Write a text of a request for people to read, without its secrets."""
    return _REFERENCE.sub(lambda match: "***" if match[1] else OPEN, text)


def in_url(value: str) -> str:
    """Write a secret as a part of a URL."""
    return quote(value, safe="")


def in_json(value: str) -> str:
    """Write a secret within a JSON text."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


def scrubbed(content: bytes, values: Iterable[str]) -> bytes:
    """Take secrets out of an answer that gives them back, in any way in which the request has written them."""
    for value in values:
        for written in sorted({value, in_url(value), in_json(value), json.dumps(value)[1:-1]}, key=len, reverse=True):
            content = content.replace(written.encode(), b"***")
    return content
