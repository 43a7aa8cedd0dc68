"""Dates in a text: `12 May`, `5/12/2026`, `tomorrow`, `next Friday`, `in two weeks`."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from pipelines.nlu.system.boundaries import stands_alone
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.offsets import Offset, OffsetGrammar
from pipelines.nlu.system.values import ValueMatch, last_words, words_of

_DIGIT = re.compile(r"\d")
_YEAR_FIRST = re.compile(r"(?<![\d./-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)(?![./-]\d)")
_YEAR_LAST = re.compile(r"(?<![\d./-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)(?![./-]\d)")
_EAST_ASIAN = re.compile(r"(?<!\d)(?:(\d{4})\s?[年년]\s?)?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일号號]")
_ISO_TIME = re.compile(r"[Tt]\d{2}:\d{2}")
_LAST_WORD = re.compile(r"([^\W\d_]+)\s{1,3}$")
_LONGEST_WORD = 20
_ANY_LEAP_YEAR = 2000
_LEAP_CYCLE_YEARS = 8


class _Day(NamedTuple):
    """A day as written; without a year, its next occurrence."""

    year: int | None
    month: int
    day: int


class DateFinder:
    """Finds dates; the canonical form is `2026-05-12`.

    A date that depends on today (`tomorrow`, `Friday`, `5 May` without a year) is computed from `now`; without `now`,
    the canonical form is the written one. A weekday means the first one after today, `last` Friday the last one before.
    Day and month are read in the region's order, unless only the other order is possible.
    """

    def __init__(self, locale: SystemLocale) -> None:
        self._locale = locale
        self._offsets = OffsetGrammar(locale, ("day", "week", "month", "year"))
        self._days = with_plain_spellings(locale.spoken.days)
        self._day_phrase = re.compile(rf"(?<!\w)(?:{alternation(self._days)})(?!\w)", re.IGNORECASE)
        self._day_triggers = last_words(self._days)
        self._month_triggers = last_words(locale.months)
        self._weekday = _weekday_pattern(locale)
        self._weekday_triggers = last_words([*locale.weekdays, *locale.short_weekdays])
        self._with_month = _month_patterns(locale)
        self._cued = re.compile(
            rf"\b(?:{alternation(locale.spoken.date_cues)})\s{{1,3}}(\d{{1,2}})[/.](\d{{1,2}})(?![\d/-]|\.\d)",
            re.IGNORECASE,
        )

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the dates of a text; see the class."""
        words = words_of(text)
        found: list[ValueMatch] = []
        if _DIGIT.search(text):
            found += self._numeric(text, now)
            if not words.isdisjoint(self._month_triggers):
                found += self._named_months(text, now)
        if not words.isdisjoint(self._day_triggers):
            found += self._relative_days(text, now)
        if not words.isdisjoint(self._weekday_triggers):
            found += self._named_weekdays(text, now)
        if not words.isdisjoint(self._offsets.triggers):
            for offset in self._offsets.find(text):
                found += _dated(text, offset.start, offset.end, now, partial(_day_at, offset))
        return [one for one in found if stands_alone(text, *one[:2]) or _ISO_TIME.match(text, one.end)]

    def _numeric(self, text: str, now: datetime | None) -> Iterator[ValueMatch]:
        for match in _YEAR_FIRST.finditer(text):
            yield from _day_found(text, *match.span(), _Day(int(match[1]), int(match[3]), int(match[4])), now)
        for match in _YEAR_LAST.finditer(text):
            day = self._ordered(int(match[1]), int(match[3]), _full_year(match[4]))
            yield from _day_found(text, *match.span(), day, now)
        for match in _EAST_ASIAN.finditer(text):
            day = _Day(int(match[1]) if match[1] else None, int(match[2]), int(match[3]))
            yield from _day_found(text, *match.span(), day, now)
        for match in self._cued.finditer(text):
            day = self._ordered(int(match[1]), int(match[2]), None)
            yield from _day_found(text, match.start(1), match.end(2), day, now)

    def _ordered(self, first: int, second: int, year: int | None) -> _Day:
        day, month = (first, second) if self._locale.day_first else (second, first)
        return _Day(year, day, month) if month > 12 >= day else _Day(year, month, day)

    def _named_months(self, text: str, now: datetime | None) -> Iterator[ValueMatch]:
        for pattern in self._with_month:
            for match in pattern.finditer(text):
                month = self._locale.months.get(match["month"].lower())
                if month is not None:
                    year = int(match["year"]) if match["year"] else None
                    yield from _day_found(text, *match.span(), _Day(year, month, int(match["day"])), now)

    def _relative_days(self, text: str, now: datetime | None) -> Iterator[ValueMatch]:
        for match in self._day_phrase.finditer(text):
            phrase = dictionary_form(match[0])
            days = self._days.get(phrase)
            forbidden = self._locale.spoken.not_after.get(phrase, frozenset())
            if days is not None and _word_before(text, match.start()) not in forbidden:
                yield from _dated(text, *match.span(), now, partial(_days_from, days))

    def _named_weekdays(self, text: str, now: datetime | None) -> Iterator[ValueMatch]:
        for match in self._weekday.finditer(text):
            marker = match["before"] or match["after"] or ""
            weekday = self._weekday_of(match["name"].lower(), is_marked=bool(marker or match["cue"]))
            if weekday is None:
                continue
            is_gone = dictionary_form(marker) in self._locale.spoken.gone
            start = match.start("before" if match["before"] else "name")
            yield from _dated(text, start, match.end(), now, partial(_nearest, weekday, is_gone))

    def _weekday_of(self, name: str, *, is_marked: bool) -> int | None:
        # `sun` and `sat` are also ordinary words: a short name needs a `next` or an `on` before it
        weekday = self._locale.weekdays.get(name)
        return self._locale.short_weekdays.get(name) if weekday is None and is_marked else weekday


def _dated(
    text: str, start: int, end: int, now: datetime | None, compute: Callable[[datetime], date]
) -> Iterator[ValueMatch]:
    """Yield the date, or the written form without `now`; nothing if the date is outside the calendar."""
    if now is None:
        yield ValueMatch(start, end, text[start:end])
        return
    try:
        value = compute(now).isoformat()
    except (ValueError, OverflowError):
        return
    yield ValueMatch(start, end, value)


def _day_found(text: str, start: int, end: int, day: _Day, now: datetime | None) -> Iterator[ValueMatch]:
    try:
        exact = date(day.year or _ANY_LEAP_YEAR, day.month, day.day)
    except ValueError:
        return
    if day.year:
        yield ValueMatch(start, end, exact.isoformat())
    elif day.year is None:
        yield from _dated(text, start, end, now, partial(_next_of, day.month, day.day))


def _day_at(offset: Offset, moment: datetime) -> date:
    return offset.after(moment).date()


def _days_from(days: int, moment: datetime) -> date:
    return moment.date() + timedelta(days=days)


def _next_of(month: int, day: int, moment: datetime) -> date:
    today = moment.date()
    for year in range(today.year, today.year + _LEAP_CYCLE_YEARS + 1):
        try:
            candidate = date(year, month, day)
        except ValueError:
            continue
        if candidate >= today:
            return candidate
    raise ValueError(f"there is no {day}.{month}. after {today}")


def _nearest(weekday: int, is_gone: bool, moment: datetime) -> date:
    today = moment.date()
    if is_gone:
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _full_year(written: str) -> int:
    year = int(written)
    if len(written) == 4:
        return year
    return year + (2000 if year < 70 else 1900)


def _word_before(text: str, position: int) -> str:
    match = _LAST_WORD.search(text[max(0, position - _LONGEST_WORD) : position])
    return match[1].lower() if match else ""


def _weekday_pattern(locale: SystemLocale) -> re.Pattern[str]:
    markers = alternation([*locale.spoken.coming, *locale.spoken.gone])
    # `lunes pasado`, but never `see you monday this time`
    markers_after = markers if locale.spoken.noun_comes_first else "(?!)"
    return re.compile(
        rf"(?<!\w)(?:(?P<cue>{alternation(locale.spoken.date_cues)})\s{{1,3}})?(?:(?P<before>{markers})\s{{1,3}})?"
        rf"(?P<name>{alternation([*locale.weekdays, *locale.short_weekdays])})(?!\w)"
        rf"(?:\s{{1,3}}(?P<after>{markers_after})(?!\w))?",
        re.IGNORECASE,
    )


def _month_patterns(locale: SystemLocale) -> list[re.Pattern[str]]:
    month = rf"(?P<month>{alternation(locale.months)})(?![^\W\d_])"
    joint = rf"(?:(?:{alternation(locale.spoken.between_day_and_month)})\s{{1,3}})?"
    year = rf"(?:\.?,?[\s-]{{0,3}}{joint}(?P<year>\d{{4}})(?!\d))?"
    day_first = rf"(?<![\d./-])(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|[.ºª])?[\s-]{{0,3}}{joint}{month}{year}"
    month_first = rf"(?<!\w){month}\.?\s{{1,3}}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]|[./]\d){year}"
    # month first only where people write it so, or both ways as in English: `Mai 5 Leute` is no date
    spellings = [day_first, month_first] if locale.language == "en" or not locale.day_first else [day_first]
    return [re.compile(spelling, re.IGNORECASE) for spelling in spellings]
