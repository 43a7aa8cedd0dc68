"""Weekdays: `Friday`, `next Friday`, `the Friday after next`, `the last Friday of May`, `Freitagabend`."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from pipelines.nlu.system.dates.days import (
    Day,
    DayRule,
    compiled,
    day_in_month,
    last_of_month,
    last_weekday,
    next_weekday,
    number_stands_free,
    word_before,
)
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.values import last_words


class WeekdayGrammar:
    """Finds the weekdays of one language.

    A weekday means the first one after today, `last` Friday the last one before. `every Friday` is no single day.
    """

    def __init__(self, locale: SystemLocale) -> None:
        words = locale.days
        self._locale = locale
        self._words = words
        self._nth = with_plain_spellings(words.nth)
        self._gone = set(with_plain_spellings(dict.fromkeys(words.gone, 0)))
        self._after_next = set(with_plain_spellings(dict.fromkeys([*words.after_next, *words.then_after_next], 0)))
        self.triggers = last_words([*locale.weekdays, *locale.short_weekdays])
        if words.has_compounds:
            self.triggers |= {name + part for name in locale.weekdays for part in words.day_parts}
        self._weekday = _weekday_pattern(locale)
        self._free = compiled(number_stands_free(locale))
        either = alternation([*words.either, *words.until])
        self._list_link = compiled(rf",?\s{{1,3}}(?:(?:{either})\s{{1,3}})?")
        name = rf"(?:{alternation(locale.short_weekdays)})\.?"
        self._only_short = compiled(rf"\W*{name}(?P<more>(?:\s?(?:[-\u2013/,]|{either})\s?{name}){{1,3}})?\W*")
        self._no_day = compiled(rf"(?<!\w)(?:{alternation(words.no_days)})(?!\w)")
        joint = alternation([*words.between_day_and_month, *words.in_period, "im"])
        self._of_month = compiled(
            rf"(?<!\w)(?P<nth>{alternation(self._nth)})\s{{1,3}}(?P<name>{alternation(locale.weekdays)})\s{{1,3}}"
            rf"(?:(?:{joint})\s{{1,3}})?(?:(?P<month>{alternation(locale.months)})(?:\s(?P<year>\d{{4}}))?"
            rf"|(?P<any>{alternation(words.any_month)})|(?:{alternation(words.this_month)})"
            rf"|(?P<next>{alternation(words.next_month)}))(?!\w)"
        )
        months = alternation([*locale.months, *words.any_month, *words.this_month])
        self._in_month = compiled(rf"\s{{1,3}}(?:{joint})\s{{1,3}}(?:{months})(?!\w)")

    def find(self, text: str) -> Iterator[Day]:
        """Find weekdays, alone or counted in a month."""
        for match in self._of_month.finditer(text):
            yield from self._nth_weekday(match)
        for match in self._no_day.finditer(text):
            # the longest match wins, and this one has no date
            yield Day(*match.span(), "weekday", _no_day)
        repeated_until = -1
        for match in self._weekday.finditer(text):
            # `every Tuesday and Thursday`
            follows = repeated_until >= 0 and self._list_link.fullmatch(text, repeated_until, match.start())
            start = match.start("before" if match["before"] else "name")
            if follows or word_before(text, start) in self._words.repeated:
                repeated_until = match.end()
            else:
                yield from self._one_weekday(text, match)

    def _one_weekday(self, text: str, match: re.Match[str]) -> Iterator[Day]:
        before, after = dictionary_form(match["before"] or ""), dictionary_form(match["after"] or "")
        is_marked = bool(before or after or match["cue"])
        weekday = self._weekday_of(text, match, is_marked=is_marked)
        start = match.start("before" if match["before"] else "name")
        word = word_before(text, start)
        # `on a Friday` is any of them
        if weekday is None or word in self._words.ones or (word in self._nth and not before):
            return
        if self._in_month.match(text, match.end()):
            return
        rule: DayRule = partial(next_weekday, weekday)
        is_since = dictionary_form(match["cue"] or "") in self._words.since_cues and not before
        if is_since or before in self._gone or after in self._gone:
            rule = partial(last_weekday, weekday)
        elif before in self._after_next or after in self._after_next:
            rule = partial(_weekday_after_next, weekday)
        yield Day(start, match.end(), "weekday", rule, weekday)

    def _weekday_of(self, text: str, match: re.Match[str], *, is_marked: bool) -> int | None:
        # `sun` and `sat` are also ordinary words: a short name needs a `next` or an `on` before it
        name = match["name"].lower()
        weekday = self._locale.weekdays.get(name)
        if weekday is not None:
            return weekday
        cue = dictionary_form(match["cue"] or match["before"] or "")
        is_likely = name not in self._words.words_like_weekdays or match["name"][0].isupper()
        only = self._only_short.fullmatch(text)
        if only and (only["more"] or name not in self._words.words_like_weekdays):
            return self._locale.short_weekdays.get(name)
        if is_marked and cue in self._words.short_cues and is_likely and self._free.match(text, match.end()):
            return self._locale.short_weekdays.get(name)
        return None

    def _nth_weekday(self, match: re.Match[str]) -> Iterator[Day]:
        nth, weekday = self._nth.get(dictionary_form(match["nth"])), self._locale.weekdays.get(match["name"].lower())
        month = self._locale.months.get(match["month"].lower()) if match["month"] else None
        if nth is None or weekday is None:
            return
        year = int(match["year"]) if match["year"] else None
        months_on = None if match["any"] else 1 if match["next"] else 0
        rule = partial(_nth_weekday_of, nth, weekday, year, month, months_on)
        yield Day(*match.span(), "date", rule, is_exact=year is not None)


def _no_day(today: date) -> date:
    raise ValueError(f"no day, not even on {today}")


def _weekday_after_next(weekday: int, today: date) -> date:
    return next_weekday(weekday, today) + timedelta(days=7)


def _nth_weekday_of(
    nth: int, weekday: int, year: int | None, month: int | None, months_on: int | None, today: date
) -> date:
    if month and year:
        return _nth_in(nth, weekday, year, month)
    if month:
        this_year = _nth_in(nth, weekday, today.year, month)
        return this_year if this_year >= today else _nth_in(nth, weekday, today.year + 1, month)
    first = day_in_month(1, months_on or 0, today)
    found = _nth_in(nth, weekday, first.year, first.month)
    if months_on is None and found < today:
        first = day_in_month(1, 1, today)
        return _nth_in(nth, weekday, first.year, first.month)
    return found


def _nth_in(nth: int, weekday: int, year: int, month: int) -> date:
    if nth < 0:
        last = last_of_month(date(year, month, 1))
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _weekday_pattern(locale: SystemLocale) -> re.Pattern[str]:
    words = locale.days
    markers = alternation([*words.coming, *words.gone, *words.after_next])
    # `lunes pasado`, but never `see you monday this time`
    following = alternation([*words.coming, *words.gone] if locale.noun_comes_first else words.then_after_next)
    parts = alternation(words.day_parts)
    # `Freitagabend`
    glued = rf"(?:(?<=tag|och|dag)(?:{parts})s?)?" if words.has_compounds else ""
    return compiled(
        rf"(?<!\w)(?:(?P<cue>{alternation(words.date_cues)})\s{{1,3}})?(?:(?P<before>{markers})\s{{1,3}})?"
        rf"(?P<name>{alternation([*locale.weekdays, *locale.short_weekdays])}){glued}(?!\w)"
        rf"(?:\s{{1,3}}(?P<after>{following})(?!\w))?(?:\s{{1,3}}(?:{parts})(?!\w))?"
    )
