"""Days as people speak of them: `tomorrow`, `next Friday`, `next week`, `the last Friday of May`, `Christmas Eve`."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from pipelines.nlu.system.days import (
    Day,
    DayRule,
    compiled,
    last_weekday,
    monday,
    next_date,
    next_weekday,
    number_stands_free,
)
from pipelines.nlu.system.holidays import holiday, next_holiday
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.values import last_words
from pipelines.nlu.system.vocabulary import PeriodName

_LAST_WORD = re.compile(r"([^\W\d_]+)['\u2019,]?\s{1,3}$")
_LONGEST_WORD = 20


class SpokenDayGrammar:
    """Finds the days of one language that have a name.

    A weekday means the first one after today, `last` Friday the last one before. `next week` and `next month` begin on
    their first day; a weekend is its Saturday, or today if that is over.
    """

    def __init__(self, locale: SystemLocale) -> None:
        words = locale.days
        self._locale = locale
        self._words = words
        self._days = with_plain_spellings(words.days)
        self._weekdays = locale.weekdays
        self._periods = with_plain_spellings(words.periods)
        self._holidays = with_plain_spellings({**words.holidays, **words.loose_holidays})
        self._loose = with_plain_spellings(words.loose_holidays)
        self._nth = with_plain_spellings(words.nth)
        self._gone = set(with_plain_spellings(dict.fromkeys(words.gone, 0)))
        self._after_next = set(with_plain_spellings(dict.fromkeys([*words.after_next, *words.then_after_next], 0)))
        self.day_triggers = last_words(self._days)
        self.weekday_triggers = last_words([*locale.weekdays, *locale.short_weekdays]) | {
            name + part for name in locale.weekdays for part in words.day_parts if locale.language in ("de", "nl")
        }
        self.period_triggers = last_words(self._periods)
        self.holiday_triggers = last_words(self._holidays) | {"s"}.intersection(last_words(self._holidays))
        part = rf"(?:\s{{1,3}}(?:{alternation(words.day_parts)})(?!\w))?"
        self._day_phrase = compiled(rf"(?<!\w)(?P<phrase>{alternation(self._days)}){part}(?!\w)")
        self._weekday = _weekday_pattern(locale)
        self._period = compiled(rf"(?<!\w)(?:{alternation(self._periods)})(?!\w)")
        self._holiday = compiled(rf"(?<!\w)(?P<name>{alternation(self._holidays)})(?!\w)(?:\s(?P<year>\d{{4}})(?!\d))?")
        self._free = compiled(number_stands_free(locale))
        self._holiday_link = compiled(rf"(?:{alternation(words.holiday_links)})\s{{1,3}}$")
        self._no_day = compiled(rf"(?<!\w)(?:{alternation(words.no_days)})(?!\w)")
        joint = alternation([*words.between_day_and_month, *words.in_period, "im"])
        self._of_month = compiled(
            rf"(?<!\w)(?P<nth>{alternation(self._nth)})\s{{1,3}}(?P<name>{alternation(locale.weekdays)})\s{{1,3}}"
            rf"(?:(?:{joint})\s{{1,3}})?(?:(?P<month>{alternation(locale.months)})(?:\s(?P<year>\d{{4}}))?"
            rf"|(?P<this>{alternation(words.this_month)})|(?P<next>{alternation(words.next_month)}))(?!\w)"
        )
        self._in_month = compiled(
            rf"\s{{1,3}}(?:(?:{joint})\s{{1,3}})(?:{alternation([*locale.months, *words.this_month])})(?!\w)"
        )

    def phrases(self, text: str) -> Iterator[Day]:
        """Find days such as `tomorrow`."""
        for match in self._day_phrase.finditer(text):
            phrase = dictionary_form(match["phrase"])
            days = self._days.get(phrase)
            forbidden = self._words.not_after.get(phrase, frozenset())
            if days is not None and _word_before(text, match.start()) not in forbidden:
                yield Day(*match.span(), "relative", partial(_days_from, days))

    def weekdays(self, text: str) -> Iterator[Day]:
        """Find weekdays, alone or counted in a month."""
        for match in self._of_month.finditer(text):
            yield from self._nth_weekday(match)
        for match in self._no_day.finditer(text):
            # the longest match wins, and this one has no date
            yield Day(*match.span(), "weekday", _no_day)
        for match in self._weekday.finditer(text):
            yield from self._one_weekday(text, match)

    def _one_weekday(self, text: str, match: re.Match[str]) -> Iterator[Day]:
        before, after = dictionary_form(match["before"] or ""), dictionary_form(match["after"] or "")
        is_marked = bool(before or after or match["cue"])
        weekday = self._weekday_of(text, match, is_marked=is_marked)
        start = match.start("before" if match["before"] else "name")
        word = _word_before(text, start)
        if weekday is None or word in self._words.repeated or (word in self._nth and not before):
            return
        if self._in_month.match(text, match.end()):
            return
        rule: DayRule = partial(next_weekday, weekday)
        if before in self._gone or after in self._gone:
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
        if is_marked and cue in self._words.short_cues and is_likely and self._free.match(text, match.end()):
            return self._locale.short_weekdays.get(name)
        return None

    def _nth_weekday(self, match: re.Match[str]) -> Iterator[Day]:
        nth, weekday = self._nth.get(dictionary_form(match["nth"])), self._weekdays.get(match["name"].lower())
        month = self._locale.months.get(match["month"].lower()) if match["month"] else None
        if nth is None or weekday is None:
            return
        year = int(match["year"]) if match["year"] else None
        yield Day(
            *match.span(), "date",
            partial(_nth_weekday_of, nth, weekday, year, month, 1 if match["next"] else 0),
            is_exact=year is not None,
        )  # fmt: skip

    def periods(self, text: str) -> Iterator[Day]:
        """Find weeks, weekends and the ends of months."""
        for match in self._period.finditer(text):
            phrase = dictionary_form(match[0])
            found = self._periods.get(phrase)
            word = _word_before(text, match.start())
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
            if rule is None or _word_before(text, match.start()) in self._words.greetings:
                continue
            if name in self._loose and not self._is_day(text, match):
                continue
            if match["year"]:
                yield Day(*match.span(), "holiday", partial(_holiday_of, rule, int(match["year"])), is_exact=True)
            else:
                yield Day(*match.span(), "holiday", partial(next_holiday, rule))

    def _is_day(self, text: str, match: re.Match[str]) -> bool:
        is_linked = _word_before(text, match.start()) in ("de", "di") and not self._holiday_link.search(
            text, 0, match.start()
        )
        return not is_linked and bool(match["year"] or self._free.match(text, match.end()))


def _no_day(today: date) -> date:
    raise ValueError(f"no day, not even on {today}")


def _days_from(days: int, today: date) -> date:
    return today + timedelta(days=days)


def _weekday_after_next(weekday: int, today: date) -> date:
    return next_weekday(weekday, today) + timedelta(days=7)


def _holiday_of(rule: str, year: int, _today: date) -> date:
    return holiday(rule, year)


def _nth_weekday_of(nth: int, weekday: int, year: int | None, month: int | None, months_on: int, today: date) -> date:
    if month is None:
        month_index = today.year * 12 + today.month - 1 + months_on
        return _nth_in(nth, weekday, month_index // 12, month_index % 12 + 1)
    if year is not None:
        return _nth_in(nth, weekday, year, month)
    this_year = _nth_in(nth, weekday, today.year, month)
    return this_year if this_year >= today else _nth_in(nth, weekday, today.year + 1, month)


def _nth_in(nth: int, weekday: int, year: int, month: int) -> date:
    if nth < 0:
        last = _last_of_month(date(year, month, 1))
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _period(name: PeriodName, steps: int, today: date) -> date:
    if name == "week":
        return monday(today) + timedelta(weeks=steps)
    if name == "weekend":
        saturday = monday(today) + timedelta(days=5, weeks=steps)
        return today if steps == 0 and today > saturday else saturday
    if name == "year end":
        return date(today.year + steps, 12, 31)
    month_index = today.year * 12 + today.month - 1 + steps
    first = date(month_index // 12, month_index % 12 + 1, 1)
    return _last_of_month(first) if name == "month end" else first


def _last_of_month(first: date) -> date:
    return next_date(first.month % 12 + 1, 1, first) - timedelta(days=1)


def _word_before(text: str, position: int) -> str:
    match = _LAST_WORD.search(text[max(0, position - _LONGEST_WORD) : position])
    return match[1].lower() if match else ""


def _weekday_pattern(locale: SystemLocale) -> re.Pattern[str]:
    words = locale.days
    markers = alternation([*words.coming, *words.gone, *words.after_next])
    # `lunes pasado`, but never `see you monday this time`
    following = alternation([*words.coming, *words.gone] if locale.spoken.noun_comes_first else words.then_after_next)
    parts = alternation(words.day_parts)
    # `Freitagabend`
    glued = rf"(?:(?<=tag)(?:{parts})s?)?" if locale.language in ("de", "nl") else ""
    return compiled(
        rf"(?<!\w)(?:(?P<cue>{alternation(words.date_cues)})\s{{1,3}})?(?:(?P<before>{markers})\s{{1,3}})?"
        rf"(?P<name>{alternation([*locale.weekdays, *locale.short_weekdays])}){glued}(?!\w)"
        rf"(?:\s{{1,3}}(?P<after>{following})(?!\w))?(?:\s{{1,3}}(?:{parts})(?!\w))?"
    )
