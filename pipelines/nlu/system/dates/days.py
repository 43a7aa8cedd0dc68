"""A day as found in a text, and what the grammars of days share."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from pipelines.nlu.system.locale import SystemLocale, alternation
from pipelines.nlu.system.values import ValueMatch

DayRule = Callable[[date], date]
"""Today → the day meant. Raises ValueError or OverflowError if there is none in the calendar."""

DayKind = Literal["date", "day of month", "weekday", "relative", "period", "offset", "holiday"]
_LAST_WORD = re.compile(r"([^\W\d_]+)['\u2019,.]?\s{1,3}$")
_LONGEST_WORD = 20
_LEAP_CYCLE_YEARS = 8
_MONTHS_TO_SEARCH = 3


class Day(NamedTuple):
    """A day in a text: characters `[start, end)` and how to compute it."""

    start: int
    end: int
    kind: DayKind
    rule: DayRule
    weekday: int | None = None  # 0 (Monday) to 6, if named
    is_exact: bool = False  # independent of today

    def match(self, text: str, now: datetime | None) -> ValueMatch | None:
        """Return the date, or the written form if `now` is needed and None; None outside the calendar.

        If the weekday named is another one than the date's, the nearest such day is the other reading.
        """
        if now is None and not self.is_exact:
            return ValueMatch(self.start, self.end, text[self.start : self.end])
        try:
            day = self.rule(now.date() if now else date.min)
            doubts = () if self.weekday is None else _contradiction(day, self.weekday)
        except (ValueError, OverflowError):
            return None
        return ValueMatch(self.start, self.end, day.isoformat(), doubts)


def next_date(month: int, day: int, today: date) -> date:
    """Return the first such day that is not over."""
    for year in range(today.year, today.year + _LEAP_CYCLE_YEARS + 1):
        try:
            candidate = date(year, month, day)
        except ValueError:
            continue
        if candidate >= today:
            return candidate
    raise ValueError(f"there is no {day}.{month}. after {today}")


def next_day_of_month(day: int, weekday: int | None, today: date) -> date:
    """Return the first such day of a month that is not over; of the next few, one on the weekday comes first."""
    candidates = []
    for months in range(_MONTHS_TO_SEARCH + 1):
        year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
        try:
            candidates.append(date(year, month + 1, day))
        except ValueError:
            continue
    coming = [candidate for candidate in candidates if candidate >= today]
    if not coming:
        raise ValueError(f"no month has a day {day}")
    return next((candidate for candidate in coming[:2] if candidate.weekday() == weekday), coming[0])


def day_in_month(day: int, months_on: int, today: date) -> date:
    """Return a day of this month, or of one so many months later."""
    year, month = divmod(today.year * 12 + today.month - 1 + months_on, 12)
    return date(year, month + 1, day)


def next_weekday(weekday: int, today: date) -> date:
    """Return the first such day after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def last_weekday(weekday: int, today: date) -> date:
    """Return the last such day before today."""
    return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)


def monday(today: date) -> date:
    """Return the first day of this week."""
    return today - timedelta(days=today.weekday())


def last_of_month(first: date) -> date:
    """Return the last day of the month of a day."""
    return next_date(first.month % 12 + 1, 1, first) - timedelta(days=1)


def word_before(text: str, position: int) -> str:
    """Return the word before a place in lower case, or nothing."""
    match = _LAST_WORD.search(text[max(0, position - _LONGEST_WORD) : position])
    return match[1].lower() if match else ""


def number_stands_free(locale: SystemLocale) -> str:
    """Return a pattern for the place after a number that counts nothing: the end, a sign, or a word like `please`.

    `at 7 people`, `the 5th floor` and `at 12 Main Street` have none.
    """
    may_follow = alternation([*locale.days.may_follow, *locale.weekdays, *locale.days.days])
    return (
        r"(?=\s{0,3}(?:\Z|[;!?)\]\u2026\u201d\u00bb\u2600-\u27bf\U0001f300-\U0001faff]|[.,:](?!\d)|[-\u2013\u2014](?!\w)"
        rf"|(?<=[\s.])(?:{may_follow})(?![\w%])))"
    )


def longest(days: Iterable[Day]) -> list[Day]:
    """Return the days that do not overlap, in text order; of overlapping ones the longest."""
    kept: list[Day] = []
    for day in sorted(days, key=lambda one: (one.start - one.end, one.start)):
        if all(day.end <= other.start or other.end <= day.start for other in kept):
            kept.append(day)
    return sorted(kept, key=lambda one: one.start)


def gap(words: Iterable[str]) -> str:
    """Return a pattern for one of some words between two things, with blanks around it."""
    return rf"\s{{1,3}}(?:{alternation(words)})\s{{1,3}}"


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that ignores case."""
    return re.compile(pattern, re.IGNORECASE)


def _contradiction(day: date, weekday: int) -> tuple[str, ...]:
    days = (weekday - day.weekday() + 3) % 7 - 3
    return (str(day + timedelta(days=days)),) if days else ()
