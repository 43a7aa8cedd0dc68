"""Dates of the calendar, with the weekday that stands beside them."""

import re
from collections.abc import Iterator
from datetime import date
from functools import partial

from pipelines.nlu.system.dates.days import Day, DayRule, compiled, next_date
from pipelines.nlu.system.locale import SystemLocale, alternation

_REACH = 40  # characters that are read back from a date
_ANY_LEAP_YEAR = 2000


class DatedDays:
    """Makes days of dates in one language; `Monday, 7 December` and `7. 12. (Montag)` are one day each."""

    def __init__(self, locale: SystemLocale) -> None:
        words = locale.days
        self._weekdays = {**locale.short_weekdays, **locale.weekdays}
        self._words_like_weekdays = words.words_like_weekdays
        name = rf"(?P<name>{alternation(self._weekdays)})"
        part = rf"(?:\s?(?:{alternation(words.day_parts)}))?"
        self._before = compiled(rf"(?<!\w){name}{part}(?!\w)\.?,?\s{{0,3}}\(?(?P<article>{article_pattern(locale)})$")
        wide = rf"(?:(?:{alternation(words.ones)})\s{{1,3}})?(?P<wide>{alternation(locale.weekdays)})(?!\w)"
        self._after = compiled(rf"\.?(?:\s{{0,2}}\(\s?{name}\.?\s?\)|,?\s{{1,3}}{wide})")

    def on(self, text: str, start: int, end: int, year: int | None, month: int, day: int) -> Iterator[Day]:
        """Yield the day that `text[start:end]` names, if the calendar has it; without a year, its next occurrence."""
        try:
            exact = date(_ANY_LEAP_YEAR if year is None else year, month, day)
        except ValueError:
            return
        start, end, weekday = self.with_weekday(text, start, end)
        rule: DayRule = partial(next_date, month, day) if year is None else partial(_fixed, exact)
        yield Day(start, end, "date", rule, weekday, is_exact=year is not None)

    def with_weekday(self, text: str, start: int, end: int) -> tuple[int, int, int | None]:
        """Return the place of a date with the weekday beside it, and the weekday."""
        before = self._weekday_before(text, start)
        if before:
            return before.start(), end, self._weekdays.get(before["name"].lower())
        after = self._after.match(text, end)
        if after:
            return start, after.end(), self._weekdays.get((after["name"] or after["wide"]).lower())
        return start, end, None

    def weekday_start(self, text: str, start: int) -> int:
        """Return where the weekday before a date begins, or else the date."""
        match = self._weekday_before(text, start)
        return match.start() if match else start

    def _weekday_before(self, text: str, start: int) -> re.Match[str] | None:
        match = self._before.search(text, max(0, start - _REACH), start)
        # `so am 5.`
        is_other_word = match and match["name"].lower() in self._words_like_weekdays and match["article"]
        return None if is_other_word else match


def article_pattern(locale: SystemLocale) -> str:
    """Return a pattern for the words that may stand before a day of the month: `the`, `den`, `el día`."""
    return rf"(?:(?:{alternation(locale.days.articles)})\s{{1,3}})?"


def month_of_begin(first: int, last: int, month: int) -> int:
    """Return the month of a range's first day: `28-3 January` begins in December."""
    return month if first < last else (month - 2) % 12 + 1


def full_year(written: str) -> int:
    """Return a year of four digits or two."""
    year = int(written)
    if len(written) == 4:
        return year
    return year + (2000 if year < 70 else 1900)


def _fixed(day: date, _today: date) -> date:
    return day
