"""Which parts of a text its author wrote, and which are values.

A request writes its author's words as they stand and escapes everything else. So a text that no author is known to have
written is a value: whatever an unknown filter or method returns is escaped.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import Undefined

from pipelines.templates.references import SecretReference


class Authored(str):
    """A text from the template itself, such as `","` in `{{ "," if not loop.last }}`."""

    __slots__ = ()


class Composed(str):
    """A text put together from `parts`: the author's are `Authored`, all others are values."""

    __slots__ = ("parts",)
    parts: tuple[Any, ...]

    @classmethod
    def of(cls, parts: tuple[Any, ...]) -> "Composed":
        """Put parts together."""
        text = cls("".join(map(shown, parts)))
        text.parts = parts
        return text


class Encoded(str):
    """Percent-encoded text, made by the `urlencode` filter; a URL includes it as it stands."""

    __slots__ = ()


class RawJson(str):
    """JSON text made by the `tojson` filter; a JSON body includes it as it stands."""

    __slots__ = ()


_PERCENT_ENCODED = re.compile(r"(?:[A-Za-z0-9_.~+-]|%[0-9A-Fa-f]{2})*")


def shown(value: Any) -> str:
    """Write a value as a template prints it: nothing for a null."""
    return "" if value is None else str(value)


def parts_of(value: Any) -> tuple[Any, ...]:
    """Return the parts of a value; most values are their own only part."""
    return value.parts if isinstance(value, Composed) else (value,)


def compose(values: Iterable[Any]) -> str:
    """Put values together; the result knows which parts are its author's."""
    parts = tuple(part for value in values for part in parts_of(value))
    if not any(isinstance(part, Authored) for part in parts):
        return "".join(map(shown, parts))
    if all(isinstance(part, Authored) for part in parts):
        return Authored("".join(parts))
    return Composed.of(parts)


def is_authored(value: Any) -> bool:
    """Whether a value is a text of the author's, or a list of nothing else."""
    if isinstance(value, list | tuple):
        return all(map(is_authored, value))
    return isinstance(value, Authored)


def as_authored(result: Any) -> Any:
    """Mark what came of the author's words alone as the author's."""
    if isinstance(result, str):
        return Authored(result)
    if isinstance(result, list | tuple):
        return [as_authored(one) for one in result]
    return result


def keep_author(function: Callable[..., Any], value: Any, arguments: tuple[Any, ...], **named: Any) -> Any:
    """Apply a function that changes a text; the author's words stay the author's if nothing else went into them.

    An encoded text stays one if nothing in it needs encoding afterwards. A secret raises, since it stands alone.
    """
    if isinstance(value, SecretReference):
        return str(value)
    result = function(value, *arguments, **named)
    if is_authored(value) and all(map(is_authored, (*arguments, *named.values()))):
        return as_authored(result)
    if isinstance(value, Encoded) and isinstance(result, str) and _PERCENT_ENCODED.fullmatch(result):
        return Encoded(result)
    return result


def part_by_part(function: Callable[[str], str], value: Composed) -> str:
    """Change each part of a text on its own, such as its case."""
    return Composed.of(tuple(_changed(function, part) for part in value.parts))


def _changed(function: Callable[[str], str], part: Any) -> Any:
    if is_blank(part):
        return part
    return Authored(function(part)) if isinstance(part, Authored) else function(shown(part))


def is_method(value: Any) -> bool:
    """Whether a value is a method: where an answer has no `items`, its mapping has one of that name."""
    return callable(value) and not isinstance(value, Undefined)


def is_blank(value: Any) -> bool:
    """Whether there is no value: null, or a name that stands for nothing. An empty text is a value."""
    return value is None or isinstance(value, Undefined)
