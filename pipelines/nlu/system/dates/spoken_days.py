"""Days that have a name: `tomorrow`, `next week`, `the end of the month`, `Christmas Eve`."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from pipelines.nlu.system.dates.days import (
    Day,
    compiled,
    day_in_month,
    last_of_month,
    monday,
    number_stands_free,
    word_before,
)
from pipelines.nlu.system.dates.holidays import holiday, next_holiday
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.values import last_words, longest_words
from pipelines.nlu.system.words.vocabulary import PeriodName


class SpokenDayGrammar:
    """Finds the days of one language that have a name.

    A week is its Monday and a month its first day; a weekend is its Saturday, or today if that is over.
    """

    def __init__(self, locale: SystemLocale) -> None:
        words = locale.days
        self._words = words
        self._days = with_plain_spellings(words.days)
        self._periods = with_plain_spellings(words.periods)
        self._holidays = with_plain_spellings({**words.holidays, **words.loose_holidays})
        self._loose = with_plain_spellings(words.loose_holidays)
        self.day_triggers = last_words(self._days)
        self.period_triggers = last_words(self._periods)
        self.holiday_triggers = longest_words(self._holidays)
        part = rf"(?:\s{{1,3}}(?:{alternation(words.day_parts)})(?!\w))?"
        self._day_phrase = compiled(rf"(?<!\w)(?P<phrase>{alternation(self._days)}){part}(?!\w)")
        self._period = compiled(rf"(?<!\w)(?:{alternation(self._periods)})(?!\w)")
        self._holiday = compiled(rf"(?<!\w)(?P<name>{alternation(self._holidays)})(?!\w)(?:\s(?P<year>\d{{4}})(?!\d))?")
        self._free = compiled(number_stands_free(locale))
        self._year_follows = compiled(rf"\s{{1,3}}(?:{alternation(words.years)})")
        self._holiday_link = compiled(rf"(?:{alternation(words.holiday_links)})\s{{1,3}}$")

    def phrases(self, text: str) -> Iterator[Day]:
        """Find days such as `tomorrow`."""
        for match in self._day_phrase.finditer(text):
            phrase = dictionary_form(match["phrase"])
            days = self._days.get(phrase)
            forbidden = self._words.not_after.get(phrase, frozenset())
            if days is not None and word_before(text, match.start()) not in forbidden:
                yield Day(*match.span(), "relative", partial(_days_from, days))

    def periods(self, text: str) -> Iterator[Day]:
        """Find weeks, weekends and the ends of months."""
        for match in self._period.finditer(text):
            phrase = dictionary_form(match[0])
            found = self._periods.get(phrase)
            word = word_before(text, match.start())
            if found is None or (word in self._words.not_before_period and found[0] != "month end"):
                continue
            yield Day(*match.span(), "period", partial(_period, *found))

    def is_this_week(self, text: str, day: Day) -> bool:
        """Whether a period is no day by itself: `this week`."""
        return day.kind == "period" and self._periods.get(dictionary_form(text[day.start : day.end])) == ("week", 0)

    def is_week(self, text: str, day: Day) -> bool:
        """Whether a period is a week, in which a weekday is a day."""
        period = self._periods.get(dictionary_form(text[day.start : day.end]))
        return day.kind == "period" and period is not None and period[0] == "week"

    def holidays(self, text: str) -> Iterator[Day]:
        """Find holidays."""
        for match in self._holiday.finditer(text):
            name = dictionary_form(match["name"])
            rule = self._holidays.get(name)
            if rule is None or word_before(text, match.start()) in self._words.greetings:
                continue
            if name in self._loose and not self._is_day(text, match):
                continue
            if match["year"]:
                yield Day(*match.span(), "holiday", partial(_holiday_of, rule, int(match["year"])), is_exact=True)
            else:
                yield Day(*match.span(), "holiday", partial(next_holiday, rule))

    def _is_day(self, text: str, match: re.Match[str]) -> bool:
        is_linked = word_before(text, match.start()) in ("de", "di") and not self._holiday_link.search(
            text, 0, match.start()
        )
        has_end = match["year"] or self._free.match(text, match.end()) or self._year_follows.match(text, match.end())
        return not is_linked and bool(has_end)


def _days_from(days: int, today: date) -> date:
    return today + timedelta(days=days)


def _holiday_of(rule: str, year: int, _today: date) -> date:
    return holiday(rule, year)


def _period(name: PeriodName, steps: int, today: date) -> date:
    if name == "week":
        return monday(today) + timedelta(weeks=steps)
    if name == "weekend":
        saturday = monday(today) + timedelta(days=5, weeks=steps)
        return today if steps == 0 and today > saturday else saturday
    if name == "year end":
        return date(today.year + steps, 12, 31)
    first = day_in_month(1, steps, today)
    return last_of_month(first) if name == "month end" else first
