"""Distances in time: `in 3 days`, `two weeks ago`, `in half an hour`, `in 1 hour and 20 minutes`."""

import calendar
import re
from collections.abc import Collection, Iterator, Set
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar

from text_to_num import text2num

from pipelines.nlu.system.boundaries import stands_alone
from pipelines.nlu.system.locale import (
    OffsetForm,
    SystemLocale,
    alternation,
    dictionary_form,
    plain_spellings,
    with_plain_spellings,
    without_accents,
)
from pipelines.nlu.system.values import last_words, words_of
from pipelines.nlu.system.words.vocabulary import OffsetUnit

COUNT = r"(?:\d{1,4}|[^\W\d_]{1,20}(?:-[^\W\d_]{1,20})?)"
"""A number in digits or in a word, to be read by `count_of`."""

_DECIMAL_HOURS = r"(?P<decimal>\d{1,3}[.,]\d{1,2})"
_TEMPLATE = re.compile(r"(?P<before>.*)\{0\}(?P<blank>\s?)(?P<unit>\S+)(?P<after>.*)")
_MINUTES = {"minute": 1, "hour": 60}

Moment = TypeVar("Moment", date, datetime)


class Offset(NamedTuple):
    """An offset in a text: characters `[start, end)`, and `steps` units ahead (or back, if negative)."""

    start: int
    end: int
    steps: int
    unit: OffsetUnit

    def after(self, now: Moment) -> Moment:
        """Return the time meant, in the time zone of `now`; a month later ends with the month (31 Jan → 28 Feb).

        Raises ValueError or OverflowError for a time outside the calendar.
        """
        if self.unit not in ("month", "year"):
            return now + timedelta(**{f"{self.unit}s": self.steps})
        months = now.year * 12 + now.month - 1 + self.steps * (12 if self.unit == "year" else 1)
        year, month = months // 12, months % 12 + 1
        if not 1 <= year <= 9999:
            raise OverflowError(year)
        return now.replace(year=year, month=month, day=min(now.day, calendar.monthrange(year, month)[1]))


class _Frame(NamedTuple):
    """The words around distances that count in one direction: `in ... days`, `... days ago`."""

    direction: int
    triggers: Set[str]  # a text without them does not contain the words
    units: dict[str, OffsetUnit]
    counted: re.Pattern[str]
    fixed: re.Pattern[str]


class OffsetGrammar:
    """Finds offsets of some units in one language; each contains one of the words in `triggers`."""

    def __init__(self, locale: SystemLocale, units: Collection[OffsetUnit]) -> None:
        self._locale = locale
        self._distances = with_plain_spellings(
            {phrase: distance for phrase, distance in locale.days.distances.items() if distance[1] in units}
        )
        forms = [form for form in locale.offsets if form.unit in units]
        self._frames = _frames(forms, self._distances, locale)
        self._minutes_too = _minutes_pattern(locale) if "minute" in units else None
        units_named = [unit for frame in self._frames for unit in frame.units]
        self.triggers = last_words([*units_named, *self._distances])

    def find(self, text: str) -> Iterator[Offset]:
        """Find offsets; several forms may find the same one."""
        words = words_of(text)
        for frame in self._frames:
            if frame.triggers and words.isdisjoint(frame.triggers):
                continue
            for match in frame.fixed.finditer(text) if self._distances else ():
                steps, unit = self._distances[dictionary_form(match["fixed"])]
                if stands_alone(text, *match.span()):
                    yield Offset(*match.span(), frame.direction * steps, unit)
            for match in frame.counted.finditer(text):
                offset = self._counted(match, frame)
                if offset and stands_alone(text, offset.start, offset.end):
                    yield self._with_minutes(text, offset)

    def _counted(self, match: re.Match[str], frame: _Frame) -> Offset | None:
        unit = frame.units[dictionary_form(match["unit"])]
        if match["decimal"] or match["half"] or match["half_after"]:
            if unit not in _MINUTES:
                return None
            whole = float(match["decimal"].replace(",", ".")) if match["decimal"] else self._half_of(match["count"])
            steps = None if whole is None else round(whole * _MINUTES[unit])
            return None if steps is None else Offset(*match.span(), frame.direction * steps, "minute")
        count = count_of(match["count"], self._locale)
        return None if count is None else Offset(*match.span(), frame.direction * count, unit)

    def _half_of(self, written: str) -> float | None:
        count = count_of(written, self._locale)
        return None if count is None else count + 0.5

    def _with_minutes(self, text: str, offset: Offset) -> Offset:
        """Add the minutes of `in 1 hour and 20 minutes`."""
        more = self._minutes_too.match(text, offset.end) if self._minutes_too and offset.unit == "hour" else None
        minutes = count_of(more["count"], self._locale) if more else None
        if more is None or minutes is None:
            return offset
        steps = abs(offset.steps) * 60 + minutes
        return Offset(offset.start, more.end(), steps if offset.steps >= 0 else -steps, "minute")


def count_of(written: str, locale: SystemLocale) -> int | None:
    """Return the whole number that a `COUNT` spells, or None; an article counts as one."""
    if written.isdecimal():
        return int(written)
    if written.lower() in locale.days.ones:
        return 1
    return number_of_words(written, locale.language)


def number_of_words(words: str, language: str) -> int | None:
    """Return the whole number that words spell, or None if they spell none in this language."""
    try:
        number = text2num(words.lower(), language)
    except ValueError:
        return None
    return int(number) if number == int(number) else None


def unit_names(locale: SystemLocale) -> dict[str, OffsetUnit]:
    """Return the names of units of time: `hours`."""
    found = ((_TEMPLATE.fullmatch(form.template), form.unit) for form in locale.offsets)
    return with_plain_spellings({match["unit"]: unit for match, unit in found if match})


def _frames(forms: list[OffsetForm], distances: Collection[str], locale: SystemLocale) -> list[_Frame]:
    """Build one pattern for all units that stand between the same words: fewer patterns are faster."""
    units: dict[tuple[str, str, str, int], dict[str, OffsetUnit]] = {}
    for form in forms:
        match = _TEMPLATE.fullmatch(form.template)
        if match:
            key = (match["before"], match["blank"], match["after"], form.direction)
            units.setdefault(key, {}).update(with_plain_spellings({match["unit"]: form.unit}))
    half = rf"\s{{1,3}}(?:{alternation(locale.days.and_a_half)})"
    about = rf"(?:(?:{alternation(locale.days.about)})\s{{1,3}})?"
    frames = []
    for (before, blank, after, direction), names in units.items():
        start, end = _phrase(before) + about, _phrase(after)
        gap = r"\s{0,3}" if not blank or any(unit in _MINUTES for unit in names.values()) else r"\s{1,3}"
        counted = (
            rf"{start}(?:{_DECIMAL_HOURS}|(?P<count>{COUNT})(?P<half>{half})?){gap}(?P<unit>{alternation(names)})"
            rf"(?P<half_after>{half})?{end}"
        )
        fixed = rf"{start}(?P<fixed>{alternation(distances)}){end}"
        triggers = last_words(plain_spellings(after if after.strip() else before))
        frames.append(
            _Frame(direction, triggers, names, re.compile(counted, re.IGNORECASE), re.compile(fixed, re.IGNORECASE))
        )
    return frames


def _minutes_pattern(locale: SystemLocale) -> re.Pattern[str]:
    names = [name for name, unit in unit_names(locale).items() if unit == "minute"]
    either = alternation(locale.clock.both)
    return re.compile(
        rf"\s{{1,3}}(?:(?:{either})\s{{1,3}})?(?P<count>{COUNT})\s{{0,3}}(?:{alternation(names)})(?!\w)", re.IGNORECASE
    )


def _phrase(words: str) -> str:
    return "".join(
        r"\s{1,3}" if sign.isspace() else re.escape(sign) if bare == sign else f"[{re.escape(sign)}{re.escape(bare)}]"
        for sign in words
        for bare in (without_accents(sign),)
    )
