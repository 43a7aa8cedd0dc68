"""Numbers written in digits: `12`, `1.250,50`, `1,50,000`, `.5`."""

import re
from collections.abc import Iterator
from decimal import Decimal

from pipelines.nlu.system.locale import SystemLocale
from pipelines.nlu.system.values import Numeral

_SPACES_AND_QUOTES = "\u00a0\u202f\u2009'\u2019"  # separate thousands in every language that uses them
_RUN = rf"\d+(?:[.,{_SPACES_AND_QUOTES}]\d+)*"
_SPACED_RUN = rf"\d+(?:[.,{_SPACES_AND_QUOTES}]\d+|\x20\d{{3}}(?!\d))*"
# `1 500` where people do not group so: at most three groups, since a phone number looks the same
_FOREIGN_RUN = (
    rf"(?<![\d.,+()/-])(?<!\d\x20)[1-9]\d{{0,2}}\x20\d{{3}}(?:\x20\d{{3}}){{0,1}}(?:[.,]\d{{1,2}})?"
    rf"(?![\da-zA-Z\u00c0-\u024f]|[.,{_SPACES_AND_QUOTES}/-]\d|\x20\d)"
)
_NO_WHOLE = r"(?<![\w.,:/@+'\u2019])[.]\d+(?!\d)"
# `2 500 ml cans` are two of them, and nobody knows whether `2 100 watt bulbs` are
_MEASURE_AFTER = re.compile(r"\s?(?:[mckd]?[lmg]|[kmg]?w|watt|volt|v|cl|oz|inch|[kmgt]b|mah|mm|cm|km|kg|mg|ml)\b", re.I)
_DIGIT = re.compile(r"\d")
_UNUSUAL = re.compile(r"\.\d|\d\x20\d{3}")
_RUNS, _SPACED_RUNS = re.compile(_RUN), re.compile(_SPACED_RUN)
_UNUSUAL_RUNS, _UNUSUAL_SPACED_RUNS = (
    re.compile(f"{_FOREIGN_RUN}|{_RUN}|{_NO_WHOLE}"),
    re.compile(f"{_SPACED_RUN}|{_NO_WHOLE}"),
)
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}")
_ENDLESS_DECIMALS = 18


def in_digits(text: str, locale: SystemLocale) -> Iterator[Numeral]:
    """Find numbers in digits, in text order; digits without a sensible reading (`1.2.3`) are skipped."""
    if not _DIGIT.search(text):
        return
    is_spaced = locale.group.isspace()
    runs = _SPACED_RUNS if is_spaced else _RUNS
    if _UNUSUAL.search(text):
        runs = _UNUSUAL_SPACED_RUNS if is_spaced else _UNUSUAL_RUNS
    for match in runs.finditer(text):
        written = match[0]
        if written.isdecimal():
            yield Numeral(match.start(), match.end(), Decimal(written))
            continue
        if written.startswith("."):
            yield Numeral(match.start(), match.end(), Decimal(f"0{written}"))
            continue
        if " " in written and not is_spaced and _MEASURE_AFTER.match(text, match.end()):
            continue
        value = parse_number(written, decimal=locale.decimal, group=locale.group)
        if value is not None:
            yield Numeral(match.start(), match.end(), value)


def parse_number(written: str, *, decimal: str, group: str) -> Decimal | None:
    """Parse digits with separators as written in a language; None if no reading makes sense, such as `1.2.3`.

    `written` begins and ends with a digit, with single separators between digits. A `group` sign that cannot separate
    thousands is read as a decimal sign, as foreigners write it: `3.5` in German.
    """
    grouped = re.sub(rf"[ {_SPACES_AND_QUOTES}]", " ", written)
    separators = [sign for sign in grouped if not sign.isdecimal()]
    if not separators:
        return Decimal(written)
    if _INDIAN.fullmatch(grouped.partition(".")[0]) and separators.count(".") < 2:
        return Decimal(grouped.replace(",", ""))
    last = separators[-1]
    others = set(separators[:-1])
    is_fraction = (
        last in ".,"
        and last not in others
        and len(others) < 2
        and (bool(others) or last == decimal or last != group or not _is_grouped(grouped, last))
    )
    whole, fraction = grouped.rsplit(last, 1) if is_fraction else (grouped, "")
    signs = {sign for sign in whole if not sign.isdecimal()}
    if len(signs) > 1 or (signs and not _is_grouped(whole, signs.pop())):
        return None
    return Decimal("".join(re.findall(r"\d", whole)) + (f".{fraction}" if fraction else ""))


def plain_decimal(value: Decimal) -> str:
    """Write a number in digits, without needless zeros or an exponent: `1250.5`; a third has four decimals."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_ENDLESS_DECIMALS:
        value = round(value, 4)
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _is_grouped(written: str, sign: str) -> bool:
    first, *others = written.split(sign)
    return 1 <= len(first) <= 3 and first != "0" and all(len(other) == 3 for other in others)
