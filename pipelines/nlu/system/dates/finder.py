"""Dates in a text: `12 May`, `5/12/2026`, `tomorrow`, `next Friday`, `in two weeks`, `the day after Christmas`.

`numeric_dates.py` finds dates in digits, `named_months.py` those with a month, `days_of_month.py` those without
(`the 5th`), `weekdays.py` and `spoken_days.py` days that have a name, `offsets.py` distances. `day_sums.py` joins what
is a day only together.
"""

import re
from collections.abc import Callable, Iterator, Set
from datetime import datetime

from pipelines.nlu.system.boundaries import stands_alone
from pipelines.nlu.system.dates.dated_days import DatedDays
from pipelines.nlu.system.dates.day_sums import DaySums
from pipelines.nlu.system.dates.days import Day
from pipelines.nlu.system.dates.days_of_month import DayOfMonthGrammar
from pipelines.nlu.system.dates.named_months import NamedMonthGrammar
from pipelines.nlu.system.dates.numeric_dates import NumericDateGrammar
from pipelines.nlu.system.dates.offsets import OffsetGrammar
from pipelines.nlu.system.dates.spoken_days import SpokenDayGrammar
from pipelines.nlu.system.dates.weekdays import WeekdayGrammar
from pipelines.nlu.system.locale import SystemLocale
from pipelines.nlu.system.values import ValueMatch, words_of

_DIGIT = re.compile(r"\d")
_DIGIT_AND_SIGN = re.compile(r"\d[-/.]|[月월]")
_ISO_TIME = re.compile(r"[Tt]\d{2}:\d{2}")


class DateFinder:
    """Finds dates; the canonical form is `2026-05-12`.

    A date that depends on today (`tomorrow`, `Friday`, `5 May` without a year) is computed from `now`; without `now`,
    the canonical form is the written one. Both ends of a range, and all days of a list, are dates of their own. If a
    weekday contradicts its date, the date is the value and the nearest such weekday its alternative.
    """

    def __init__(self, locale: SystemLocale) -> None:
        dated = DatedDays(locale)
        spoken, months, weekdays = SpokenDayGrammar(locale), NamedMonthGrammar(locale, dated), WeekdayGrammar(locale)
        self._numeric = NumericDateGrammar(locale, dated)
        self._days_of_month = DayOfMonthGrammar(locale, dated)
        self._offsets = OffsetGrammar(locale, ("day", "week", "month", "year"))
        self._sums = DaySums(locale, spoken)
        self._grammars: list[tuple[Set[str], Callable[[str], Iterator[Day]]]] = [
            (months.triggers, months.find),
            (spoken.day_triggers, spoken.phrases),
            (weekdays.triggers, weekdays.find),
            (spoken.period_triggers, spoken.periods),
            (spoken.holiday_triggers, spoken.holidays),
            (self._offsets.triggers, self._distant),
        ]
        self._triggers = self._days_of_month.word_triggers.union(*(triggers for triggers, _ in self._grammars))

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
        has_digits = _DIGIT.search(text) is not None
        if not has_digits and words.isdisjoint(self._triggers):
            return
        if has_digits and _DIGIT_AND_SIGN.search(text):
            yield from self._numeric.find(text)
        for triggers, find in self._grammars:
            if not words.isdisjoint(triggers):
                yield from find(text)
        # last, because a day with a month comes first: `am 3. oder 4. Januar`
        month_days = self._days_of_month
        if not words.isdisjoint(month_days.triggers if has_digits else month_days.word_triggers):
            yield from month_days.find(text)

    def _distant(self, text: str) -> Iterator[Day]:
        for offset in self._offsets.find(text):
            yield Day(offset.start, offset.end, "offset", offset.after)
