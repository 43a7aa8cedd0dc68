"""Numbers as texts: `'%.2f' % x`, `'{:,.2f}'.format(x)`, and amounts as the bot's customers write them.

Only what formats a value is available: no attributes or items of values, and no width that makes something huge.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from string import Formatter
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import format_currency, format_decimal, get_territory_currencies
from jinja2.exceptions import SecurityError

from pipelines.templates.authored import Authored, compose, is_blank

MAX_WIDTH = 100
MAX_DIGITS = 15
_PERCENT = re.compile(r"%(?:\((?P<name>[^()]*)\))?(?P<flags>[#0 +-]*)(?P<width>\d*)(?:\.(?P<digits>\d+))?(?P<kind>.?)")
_SPECIFICATION = re.compile(r"(?:.?[<>=^])?[ +-]?#?0?(?P<width>\d*)[,_]?(?:\.(?P<digits>\d+))?(?P<kind>[a-zA-Z%]?)")
_AMOUNT = re.compile(r"(-?\d{1,20}(?:\.\d{1,15})?)[ \u00a0]([A-Z]{3})")
_PERCENT_KINDS = frozenset("sdiufFeEgGxX")
_KINDS = frozenset(("", *"sdfFeEgG%xXbo"))
_WHOLE = frozenset("diuxXbo")
_FORMATTER = Formatter()


def format_percent(template: str, values: Any) -> str:
    """Format as Python's `%` does; a null prints nothing.

    Raises SecurityError for a conversion that is not available, and TypeError or ValueError if the values do not fit.
    """
    positional = iter(values if isinstance(values, tuple) else (values,))
    pieces, end = [], 0
    for match in _PERCENT.finditer(template):
        pieces.append(_of(template, template[end : match.start()]))
        end = match.end()
        if match["kind"] == "%":
            pieces.append(_of(template, "%"))
            continue
        if match["kind"] not in _PERCENT_KINDS:
            raise SecurityError("a format has conversions such as %s, %d and %.2f only; write %% for a percent sign")
        value = _named(values, match["name"]) if match["name"] is not None else _next(positional)
        digits = "" if match["digits"] is None else f".{match['digits']}"
        write = _percent_writer(f"%{match['flags']}{match['width']}{digits}{match['kind']}")
        pieces.append(_formatted(value, write, kind=match["kind"], width=match["width"], digits=match["digits"]))
    return compose([*pieces, _of(template, template[end:])])


def format_braces(template: str, values: Sequence[Any], named: Mapping[str, Any]) -> str:
    """Format as `str.format` does, without attributes, items and nested fields; a null prints nothing.

    Raises SecurityError for what is not available, and LookupError or ValueError if the values do not fit.
    """
    pieces, number = [], 0
    for literal, name, specification, conversion in _FORMATTER.parse(str(template)):
        pieces.append(_of(template, literal))
        if name is None:
            continue
        if name and not (name.isascii() and (name.isdigit() or name.isidentifier())):
            raise SecurityError("a format reads no attributes or items of its values; pass the value itself")
        if conversion not in (None, "s"):
            raise SecurityError("a format has no conversion such as !r; leave it out")
        if name and not name.isdigit():
            value = named[name]
        else:
            value, number = values[int(name or number)], number + 1
        pieces.append(_braced(value, specification or ""))
    return compose(pieces)


def _braced(value: Any, specification: str) -> Any:
    match = _SPECIFICATION.fullmatch(specification)
    if match is None or match["kind"] not in _KINDS:
        raise SecurityError("a format describes a value as in {:.2f}, {:,.2f} or {:>8}; correct it")
    write = _brace_writer(specification)
    return _formatted(value, write, kind=match["kind"] or "s", width=match["width"], digits=match["digits"])


def _percent_writer(conversion: str) -> Callable[[Any], str]:
    return lambda value: conversion % (value,)


def _brace_writer(specification: str) -> Callable[[Any], str]:
    return lambda value: format(value, specification)


def _formatted(value: Any, write: Callable[[Any], str], *, kind: str, width: str, digits: str | None) -> Any:
    """Format one value; one that is only printed stays what it is."""
    if int(width or 0) > MAX_WIDTH or int(digits or 0) > MAX_DIGITS:
        raise SecurityError(f"a format may be {MAX_WIDTH} characters wide and have {MAX_DIGITS} digits")
    if is_blank(value):
        return "" if value is None else value
    if kind == "s":
        if isinstance(value, bool | int | float):
            return write(value)
        return value if not (width or digits) else write(str(value))
    number = as_number(value)
    return write(int(number) if kind in _WHOLE else number)


def _of(template: str, piece: str) -> str:
    return Authored(piece) if isinstance(template, Authored) else piece


def _named(values: Any, name: str) -> Any:
    if not isinstance(values, Mapping):
        raise TypeError("a format with names needs named values")
    return values[name]


def _next(values: Iterator[Any]) -> Any:
    try:
        return next(values)
    except StopIteration:
        raise ValueError("a format has more places than values") from None


def as_number(value: Any) -> int | float:
    """Read a number, also from a text such as `12.50`; raise TypeError or ValueError if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("a value is not a number")
    if not isinstance(value, str):
        return value
    number = _decimal(value)
    return int(number) if number == number.to_integral_value() and "." not in value else float(number)


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError("a value is not a number") from None
    if not number.is_finite() or abs(number.adjusted()) > 2 * MAX_DIGITS:
        raise ValueError("a value is not a number")
    return number


def format_number(value: Any, digits: int | None = None, *, language: str) -> str:
    """Write a number as customers do: `1234.5` with two digits gives `1.234,50` in German."""
    if digits is not None and not 0 <= digits <= MAX_DIGITS:
        raise SecurityError(f"a number may have {MAX_DIGITS} digits after its point")
    pattern = "#,##0.###" if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(_decimal(as_number(value)), format=_own(pattern, language), locale=_locale(language))


def _own(pattern: str, language: str) -> str:
    """Keep the way a language groups its digits (`1,50,000`), with another number of decimals."""
    standard = str(_locale(language).decimal_formats[None].pattern)
    return standard.partition(".")[0] + "".join(pattern.partition(".")[1:])


def format_money(value: Any, currency: str | None = None, *, language: str) -> str:
    """Write an amount as customers do: `12,50 €`.

    An amount says its currency itself (`12.50 EUR`); for a bare number it is `currency`, or else that of the language's
    region.
    """
    amount = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
    number = _decimal(amount[1] if amount else as_number(value))
    code = (amount[2] if amount else None) or currency or _currency(language)
    if not re.fullmatch("[A-Z]{3}", code):
        raise ValueError("a currency is written as three capital letters")
    return format_currency(number, code, locale=_locale(language))


def _locale(language: str) -> Locale:
    for tag in (language, re.split("[-_]", language)[0]):
        try:
            return Locale.parse(tag.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en")


def _currency(language: str) -> str:
    locale = _locale(language)
    likely = get_global("likely_subtags").get(locale.language, "en_Latn_US").split("_")[-1]
    return (get_territory_currencies(locale.territory or likely) or ["USD"])[0]
