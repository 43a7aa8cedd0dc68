"""Dates in a text: `12 May`, `5/12/2026`, `tomorrow`, `next Friday`, `in two weeks`, `the day after Christmas`.

Three grammars find days (`calendar_days.py`, `spoken_days.py`, `offsets.py`); `day_sums.py` joins those that are one.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from pipelines.nlu.system.boundaries import stands_alone
from pipelines.nlu.system.calendar_days import CalendarGrammar
from pipelines.nlu.system.day_sums import DaySums
from pipelines.nlu.system.days import Day
from pipelines.nlu.system.locale import SystemLocale
from pipelines.nlu.system.offsets import OffsetGrammar
from pipelines.nlu.system.spoken_days import SpokenDayGrammar
from pipelines.nlu.system.values import ValueMatch, words_of

_DIGIT = re.compile(r"\d")
_ISO_TIME = re.compile(r"[Tt]\d{2}:\d{2}")


class DateFinder:
    """Finds dates; the canonical form is `2026-05-12`.

    A date that depends on today (`tomorrow`, `Friday`, `5 May` without a year) is computed from `now`; without `now`,
    the canonical form is the written one. Both ends of a range, and all days of a list, are dates of their own. If a
    weekday contradicts its date, the date is the value and the nearest such weekday its alternative.
    """

    def __init__(self, locale: SystemLocale) -> None:
        self._calendar = CalendarGrammar(locale)
        self._spoken = SpokenDayGrammar(locale)
        self._offsets = OffsetGrammar(locale, ("day", "week", "month", "year"))
        self._sums = DaySums(locale, self._spoken)

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the dates of a text; see the class."""
        found = list(self._days(text))
        if not found:
            return []
        whole = [day for day in found if stands_alone(text, *day[:2]) or _ISO_TIME.match(text, day.end)]
        matches = [day.match(text, now) for day in self._sums.join(text, whole)]
        return [match for match in matches if match]

    def _days(self, text: str) -> Iterator[Day]:
        words = words_of(text)
        has_digits = _DIGIT.search(text)
        if has_digits:
            yield from self._calendar.numeric(text)
        if not words.isdisjoint(self._calendar.month_triggers):
            yield from self._calendar.with_month(text)
        if has_digits or not words.isdisjoint(self._calendar.ordinal_triggers):
            yield from self._calendar.days_of_month(text)
        if not words.isdisjoint(self._spoken.day_triggers):
            yield from self._spoken.phrases(text)
        if not words.isdisjoint(self._spoken.weekday_triggers):
            yield from self._spoken.weekdays(text)
        if not words.isdisjoint(self._spoken.period_triggers):
            yield from self._spoken.periods(text)
        if not words.isdisjoint(self._spoken.holiday_triggers):
            yield from self._spoken.holidays(text)
        if not words.isdisjoint(self._offsets.triggers):
            for offset in self._offsets.find(text):
                yield Day(offset.start, offset.end, "offset", offset.after)
