"""Days without a month: `the 5th`, `am 5.`, `el 5`, `the 5th of next month`, `Friday the 13th`."""

import re
from collections.abc import Iterator
from functools import partial

from pipelines.nlu.system.dates.dated_days import DatedDays, article_pattern
from pipelines.nlu.system.dates.days import Day, DayRule, compiled, day_in_month, next_day_of_month, number_stands_free
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.values import last_words

_LONGEST_MONTH = 31
_ORDINAL_SIGNS = (".", "º", "ª", "°")


class DayOfMonthGrammar:
    """Finds days of the month after a cue, if nothing follows that they could count: `the 5th floor`."""

    def __init__(self, locale: SystemLocale, dated: DatedDays) -> None:
        words = locale.days
        self._dated = dated
        self._ordinals = with_plain_spellings(words.ordinals)
        self.word_triggers = last_words(self._ordinals)
        self.triggers = self.word_triggers | last_words([*words.day_cues, *locale.weekdays, *locale.short_weekdays])
        if locale.language == "en":
            self.triggers |= {"st", "nd", "rd", "th"}
        self._pattern = _pattern(locale)

    def find(self, text: str) -> Iterator[Day]:
        """Find the days of a text; both ends of a range share its month."""
        for match in self._pattern.finditer(text):
            groups = ("first", "second") if match["second"] else ("first",)
            for group in groups:
                start, end = match.span(group)
                end -= match[group].endswith(_ORDINAL_SIGNS)
                number = self._number(match[group])
                start, end, weekday = self._dated.with_weekday(text, start, end)
                rule: DayRule = partial(next_day_of_month, number, weekday)
                if match["next"] or match["this"]:
                    rule = partial(day_in_month, number, 1 if match["next"] else 0)
                    end = match.end() if group == groups[-1] else end
                if 1 <= number <= _LONGEST_MONTH:
                    yield Day(start, end, "day of month", rule, weekday)

    def _number(self, written: str) -> int:
        digits = re.match(r"\d+", written)
        return int(digits[0]) if digits else self._ordinals[dictionary_form(written)]


def _pattern(locale: SystemLocale) -> re.Pattern[str]:
    words = locale.days
    article = article_pattern(locale)
    number, only = r"\d{1,2}(?:[.º°]|er\b)?", ""
    if locale.language == "en":
        number = r"\d{1,2}\s?(?:st|nd|rd|th)\b"
        only = rf"|\A\W{{0,3}}(?={number}\W{{0,3}}\Z)"  # the whole message
    elif locale.writes_dots:
        number = r"\d{1,2}(?:\.|te[nr]?\b|(?=\s{0,3}\Z))"
    beside_weekday = r"\d{1,2}\." if locale.writes_dots else number
    ordinal = rf"(?<!\w)(?:{alternation(words.ordinals)})(?!\w)"
    joint = rf"\s{{1,3}}(?:(?:{alternation([*words.between_day_and_month, *words.in_period])})\s{{1,3}})?"
    months = alternation([*words.next_month, *words.this_month, *words.any_month])
    weekdays = alternation([*locale.weekdays, *locale.short_weekdays])
    day_cue = rf"(?:{alternation(words.day_cues)})\s{{1,3}}"
    with_month = rf"{ordinal}{joint}(?:{months})(?!\w)"
    cue = (
        rf"(?:(?<!\w)(?:{day_cue}(?={number}|(?:{alternation(words.late_ordinals)})(?!\w)|{with_month})"
        rf"|(?:{alternation(words.ordinal_cues)})\s{{1,3}}(?={ordinal})"
        rf"|(?:{weekdays})\.?,?\s{{1,3}}(?:{article}(?={beside_weekday})|{article[:-1]}(?={ordinal}))){only})"
    )
    link = rf"(?:\s?[-\u2013\u2014]\s?|\s{{1,3}}(?:{alternation([*words.until, *words.either])})\s{{1,3}})"
    month = (
        rf"{joint}(?:(?P<next>{alternation(words.next_month)})|(?P<this>{alternation(words.this_month)})"
        rf"|(?:{alternation(words.any_month)}))(?!\w)"
    )
    days = rf"(?P<first>{number}|{ordinal})(?:{link}{article}(?P<second>{number}|{ordinal}))?"
    return compiled(rf"{cue}{days}(?:{month}|{number_stands_free(locale)})")
