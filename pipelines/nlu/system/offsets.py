"""Distances in time: `in 3 days`, `two weeks ago`, `vor einer Stunde`."""

import calendar
import re
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from text_to_num import text2num

from pipelines.nlu.system.boundaries import stands_alone
from pipelines.nlu.system.locale import OffsetUnit, SystemLocale, without_accents
from pipelines.nlu.system.values import last_words

_COUNT = r"(\d{1,4}|[^\W\d_]{1,20}(?:-[^\W\d_]{1,20})?)"


class Offset(NamedTuple):
    """An offset in a text: characters `[start, end)`, and `steps` units ahead (or back, if negative)."""

    start: int
    end: int
    steps: int
    unit: OffsetUnit

    def after(self, now: datetime) -> datetime:
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


class OffsetGrammar:
    """Finds offsets of some units in one language; each contains one of the words in `triggers`."""

    def __init__(self, locale: SystemLocale, units: Collection[OffsetUnit]) -> None:
        self._locale = locale
        forms = [form for form in locale.offsets if form.unit in units]
        self._forms = [(_pattern(form.template), form.unit, form.direction) for form in forms]
        templates = [form.template for form in forms]
        self.triggers = last_words([*templates, *map(without_accents, templates)])

    def find(self, text: str) -> Iterator[Offset]:
        """Find offsets; several forms may find the same one."""
        for pattern, unit, direction in self._forms:
            for match in pattern.finditer(text):
                count = self._count(match.group(1))
                if count is not None and stands_alone(text, *match.span()):
                    yield Offset(match.start(), match.end(), direction * count, unit)

    def _count(self, written: str) -> int | None:
        if written.isdecimal():
            return int(written)
        if written.lower() in self._locale.spoken.ones:
            return 1
        return number_of_words(written, self._locale.language)


def number_of_words(words: str, language: str) -> int | None:
    """Return the whole number that words spell, or None if they spell none in this language."""
    try:
        number = text2num(words.lower(), language)
    except ValueError:
        return None
    return int(number) if number == int(number) else None


def _pattern(template: str) -> re.Pattern[str]:
    signs = []
    for sign in template:
        bare = without_accents(sign)
        signs.append(re.escape(sign) if bare == sign else f"[{re.escape(sign)}{re.escape(bare)}]")
    spelled = "".join(signs).replace(r"\ ", r"\s{1,3}").replace(r"\{0\}", _COUNT, 1)
    return re.compile(spelled, re.IGNORECASE)
