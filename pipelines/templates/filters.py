"""The filters and tests of a bot's texts: Jinja2's, bounded, and at ease with nulls.

A tool's answer may hold null wherever it holds a value. So a null is a name without a value: it prints nothing, has no
items, is less than nothing and takes a default.
"""

import html
import json
import random
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Literal
from urllib.parse import quote

import re2
from jinja2 import Undefined, pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS, do_round, make_attrgetter
from jinja2.runtime import Context
from jinja2.tests import TESTS

from pipelines.templates.authored import (
    Authored,
    Composed,
    Encoded,
    RawJson,
    compose,
    is_blank,
    is_method,
    keep_author,
    part_by_part,
    shown,
)
from pipelines.templates.formats import as_number, format_money, format_number, format_percent

MAX_OUTPUT_CHARS = 100_000
SEED = "_seed"
LANGUAGE = "_language"
"""Names in the values of a rendering: what chooses among variants, and the language of numbers and amounts."""
_MAX_DIGITS = 15
_TAG = re2.compile(r"(?s)<!--.*?-->|<[^>]*>")
_LIST_FILTERS = (
    *("count", "first", "groupby", "join", "last", "length", "list", "map", "max", "min", "random", "reject"),
    *("rejectattr", "reverse", "select", "selectattr", "sort", "sum", "unique"),
)
_MAPPING_FILTERS = ("dictsort", "items")
_TEXT_FILTERS = (
    *("capitalize", "e", "escape", "format", "lower", "replace", "striptags", "title", "trim", "truncate", "upper"),
    "urlencode",
)
_NUMBER_FILTERS = ("abs", "money", "number", "round")
_PRINTING_FILTERS = ("string", "wordcount")
_OTHER_FILTERS = ("d", "default", "float", "int", "tojson")
_EMPTY_BY_FILTER: Mapping[str, Any] = {
    **dict.fromkeys(_LIST_FILTERS, ()),
    **{name: {} for name in _MAPPING_FILTERS},
    **dict.fromkeys(_PRINTING_FILTERS, ""),
}
"""What a filter takes a null for."""
_PART_BY_PART = frozenset(("_lower", "do_upper"))


def limit_length(length: int) -> None:
    """Raise SecurityError if a text of this length may not be made."""
    if length > MAX_OUTPUT_CHARS:
        raise SecurityError(f"a value may have at most {MAX_OUTPUT_CHARS} characters")


@pass_context
def _random(context: Context, options: Sequence[Any]) -> Any:
    """Pick one option, the same on every replay of the turn."""
    if not options:
        return context.environment.undefined("no first item, sequence was empty")
    # choosing a reply variant is not security-sensitive
    return random.Random(str(context.get(SEED, ""))).choice(options)  # noqa: S311


def _to_json(value: Any) -> RawJson:
    return RawJson(json.dumps(value, ensure_ascii=False, allow_nan=False, default=json_null))


def json_null(value: Any) -> None:
    """Write a name without a value as null; raise TypeError for anything else that JSON does not know."""
    if not isinstance(value, Undefined):
        raise TypeError("an expression gives something that JSON cannot write")
    str(value)  # raises for a name that must have a value


def replace_text(value: Any, old: Any, new: Any, count: int = -1) -> str:
    """Replace a part of a text, which may not grow without limit."""
    text, replaced, by = str(value), str(old), shown(new)
    limit_length(len(text) + text.count(replaced) * len(by))
    return text.replace(replaced, by, count)


@pass_context
def _join(context: Context, values: Sequence[Any], separator: str = "", attribute: str | None = None) -> str:
    if attribute is not None:
        values = [context.environment.getitem(value, attribute) for value in values]
    return join_texts(values, separator)


def join_texts(values: Sequence[Any], separator: str = "") -> str:
    """Join the values that there are; the parts remember whether the author wrote them."""
    present = [value for value in values if not is_blank(value) or shown(value)]
    limit_length(sum(len(shown(value)) for value in present) + len(present) * len(separator))
    pieces = [piece for value in present for piece in (separator, value)]
    return compose(pieces[1:])


def _round(value: Any, precision: int = 0, method: Literal["common", "ceil", "floor"] = "common") -> float:
    if abs(precision) > _MAX_DIGITS:
        raise SecurityError(f"round works on up to {_MAX_DIGITS} digits")
    return do_round(as_number(value), precision, method)


@pass_context
def _sum(context: Context, values: Sequence[Any], attribute: str | None = None) -> Any:
    """Add numbers; Jinja2's `start=[]` is left out, since a sum of lists could grow without limit."""
    total: Any = 0
    for value in values:
        number = context.environment.getitem(value, attribute) if attribute else value
        if not is_blank(number) or shown(number):
            total = total + (as_number(number) if isinstance(number, str) else number)
    return total


def _strip_tags(value: Any) -> str:
    """Remove markup in linear time; Jinja2's own filter copies the text once for every comment in it."""
    text = str(value)
    limit_length(len(text))
    return html.unescape(" ".join(_TAG.sub("", text).split()))


def _url_encode(value: Any) -> str:
    """Encode a text, or the pairs of a mapping or list, for a URL; `/` is encoded too."""
    if not isinstance(value, Mapping | list | tuple):
        return Encoded(quote(shown(value), safe=""))
    pairs = value.items() if isinstance(value, Mapping) else value
    written = [(Encoded(quote(shown(name), safe="")), Encoded(quote(shown(one), safe=""))) for name, one in pairs]
    pieces = [piece for name, one in written for piece in (Authored("&"), name, Authored("="), one)]
    return compose(pieces[1:])


def _lower(value: Any) -> str:
    """Write in small letters; `true` and `false` stay what JSON knows."""
    return RawJson(json.dumps(value)) if isinstance(value, bool) else str(FILTERS["lower"](value))


def _format(value: Any, *arguments: Any, **named: Any) -> str:
    return format_percent(value, named or arguments)


@pass_context
def _number(context: Context, value: Any, digits: int | None = None) -> str:
    return format_number(value, digits, language=str(context.get(LANGUAGE, "en")))


@pass_context
def _money(context: Context, value: Any, currency: str | None = None) -> str:
    return format_money(value, currency, language=str(context.get(LANGUAGE, "en")))


def _default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    return default_value if is_blank(value) or is_method(value) or (boolean and not value) else value


def _nulls_last(name: str) -> Callable[..., Any]:
    """Compare what there is; a sorted list ends in what is not."""
    original = FILTERS[name]

    @pass_context
    @wraps(original)
    def compared(context: Context, values: Sequence[Any], *arguments: Any, **named: Any) -> Any:
        key = make_attrgetter(context.environment, named.get("attribute"))
        if "," in str(named.get("attribute")):
            return original(context.environment, values, *arguments, **named)
        present: list[Any] = []
        absent: list[Any] = []
        for value in values:
            compared_by = key(value)
            (absent if is_blank(compared_by) and not shown(compared_by) else present).append(value)
        found = original(context.environment, present, *arguments, **named)
        return [*found, *absent] if name == "sort" else found

    return compared


_OWN: dict[str, Callable[..., Any]] = {
    "random": _random,
    "tojson": _to_json,
    "replace": replace_text,
    "join": _join,
    "round": _round,
    "sum": _sum,
    "striptags": _strip_tags,
    "urlencode": _url_encode,
    "lower": _lower,
    "format": _format,
    "number": _number,
    "money": _money,
    "default": _default,
    "d": _default,
    **{name: _nulls_last(name) for name in ("max", "min", "sort")},
}


def _null_becomes(empty: Any, function: Callable[..., Any], *, position: int) -> Callable[..., Any]:
    @wraps(function)
    def lenient(*arguments: Any, **named: Any) -> Any:
        if len(arguments) > position and (arguments[position] is None or is_method(arguments[position])):
            arguments = (*arguments[:position], empty, *arguments[position + 1 :])
        return function(*arguments, **named)

    return lenient


def _blank_stays(function: Callable[..., Any], *, position: int, is_text: bool) -> Callable[..., Any]:
    """Leave a value alone that is not there, and the author's words the author's."""
    by_part = is_text and function.__name__ in _PART_BY_PART

    @wraps(function)
    def lenient(*arguments: Any, **named: Any) -> Any:
        extra, value, others = arguments[:position], arguments[position], arguments[position + 1 :]
        if is_method(value):
            return None
        if is_blank(value):
            shown(value)  # raises for a name that must have a value
            return value
        if not is_text:
            return function(*arguments, **named)
        if by_part and isinstance(value, Composed):
            return part_by_part(function, value)
        return keep_author(
            lambda one, *more, **and_more: function(*extra, one, *more, **and_more), value, others, **named
        )

    return lenient


def _position(function: Any) -> int:
    """Return the place of a filter's value among its arguments: Jinja2 may pass something before it."""
    return 0 if getattr(function, "jinja_pass_arg", None) is None else 1


def _bot_filters() -> dict[str, Callable[..., Any]]:
    filters: dict[str, Callable[..., Any]] = {}
    for name in (*_EMPTY_BY_FILTER, *_TEXT_FILTERS, *_NUMBER_FILTERS, *_OTHER_FILTERS):
        function = _OWN.get(name) or FILTERS[name]
        position = _position(function)
        if name in _EMPTY_BY_FILTER:
            function = _null_becomes(_EMPTY_BY_FILTER[name], function, position=position)
        elif name not in _OTHER_FILTERS:
            function = _blank_stays(function, position=position, is_text=name in _TEXT_FILTERS)
        filters[name] = function
    return filters


def _bot_tests() -> dict[str, Callable[..., Any]]:
    return {name: _false_if_unfit(test) for name, test in TESTS.items()}


def _false_if_unfit(test: Any) -> Callable[..., Any]:
    """Let a test of a null, or of another type than the author expected, be false."""

    @wraps(test)
    def lenient(*arguments: Any, **named: Any) -> Any:
        try:
            return test(*arguments, **named)
        except TypeError:
            return False

    return lenient


BOT_FILTERS = _bot_filters()
BOT_TESTS = _bot_tests()
