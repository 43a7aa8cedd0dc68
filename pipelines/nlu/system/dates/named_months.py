"""Dates with the name of a month: `Monday, 7 December`, `Dec 7th 2026`, `the fifth of May`, `3-5 May`."""

import re
from collections.abc import Iterator

from pipelines.nlu.system.dates.dated_days import DatedDays, article_pattern, full_year, month_of_begin
from pipelines.nlu.system.dates.days import Day, compiled, number_stands_free
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.values import last_words

_SUFFIX = r"(?:\s?(?:st|nd|rd|th)\b|(?:er|te|ten|ter)\b|[.ºª°])"
_ORDINAL_SIGNS = (".", "º", "ª", "°")
_DASH = r"\s?[-\u2013\u2014/&+]\s?"
_LONGEST_CHAIN = 6
_REACH = 40  # characters that are read back from a date


class NamedMonthGrammar:
    """Finds dates with the name of a month; of several days before one month or behind it, each is a date."""

    def __init__(self, locale: SystemLocale, dated: DatedDays) -> None:
        words = locale.days
        self._dated = dated
        self._months = locale.months
        self._cardinals = with_plain_spellings(words.cardinals)
        self._day_words = self._cardinals | with_plain_spellings(words.ordinals)
        self._words_like_months = with_plain_spellings(dict.fromkeys(words.words_like_months, 0))
        self._is_month_first_usual = locale.language == "en" or not locale.day_first
        self.triggers = last_words(locale.months)
        free = number_stands_free(locale)
        self._free = compiled(free)
        self._counted = compiled(
            rf"\s{{0,3}}(?:{alternation([*words.counted, *locale.clock.hour_words, 'am', 'pm'])})(?!\w)|\s?[%€$£]"
        )
        article = article_pattern(locale)
        word = rf"(?<!\w)(?:{alternation(self._day_words)})(?!\w)"
        month = rf"(?P<month>{alternation(locale.months)})(?![^\W\d_])"
        joint = rf"(?:(?:{alternation(words.between_day_and_month)})\s{{1,3}})?"
        self._year = compiled(
            rf"(?:\.?,?[\s/-]{{0,3}}{joint}(?P<year>\d{{4}})(?!\d)"
            rf"|\.?,?\s{{1,3}}['\u2019](?P<short>\d{{2}})(?!\d)|\.?[\s-]{{1,3}}{joint}(?:(?P<bare>\d{{2}})(?![\d:.]){free}))"
        )
        self._day_first = compiled(
            rf"(?:(?<![\d.])(?P<day>\d{{1,2}}){_SUFFIX}?|(?P<word>{word}))(?:\s{{0,3}}|[-/]){joint}{month}"
        )
        # month first only where people write it so, or both ways as in English: `Mai 5 Leute` is no date
        day = rf"(?:(?P<day>\d{{1,2}}){_SUFFIX}?(?![\d:]|[./]\d)|(?P<word>{word}))(?!\w)"
        self._month_first = compiled(rf"(?<!\w){month}\.?,?(?:\s{{1,3}}|-){article}{day}")
        links = alternation([*words.until, *words.either])
        link = rf"(?P<link>{_DASH}|,?\s{{1,3}}(?:{links})\s{{1,3}}|,\s{{0,3}})"
        number = rf"(?P<number>(?<![\w.,:/])\d{{1,2}}{_SUFFIX}?|{word})"
        self._number_before = compiled(rf"{number}{link}{article}$")
        self._number_after = compiled(rf"{link}{article}{number}(?![\d:]|[./]\d|\w)")
        self._is_range = compiled(rf"{_DASH}|.*\b(?:{alternation(words.until)})\b.*")

    def find(self, text: str) -> Iterator[Day]:
        """Find the dates of a text that has the name of a month."""
        for match in self._day_first.finditer(text):
            yield from self._with_days_before(text, match)
        if self._is_month_first_usual:
            for match in self._month_first.finditer(text):
                yield from self._with_days_after(text, match)

    def _with_days_before(self, text: str, match: re.Match[str]) -> Iterator[Day]:
        month = self._months.get(match["month"].lower())
        if month is None or (match["month"].lower() in self._words_like_months and not self._is_date(text, match)):
            return
        year, end = self._year_after(text, match.end())
        day = self._number(match["day"] or match["word"])
        chain = list(self._chain_before(text, match.start()))
        if text[match.start() - 1 : match.start()] in ("-", "/") and not chain:
            return
        yield from self._dated.on(text, match.start(), end, year, month, day)
        for start, stop, other, is_range in chain:
            begin_month = month_of_begin(other, day, month) if is_range else month
            begin_year = year - 1 if year and begin_month > month else year
            yield from self._dated.on(text, start, stop, begin_year, begin_month, other)

    def _is_date(self, text: str, match: re.Match[str]) -> bool:
        """Whether `5 may` is the fifth of May, and not five that may."""
        year, _ = self._year_after(text, match.end())
        is_count = match["word"] in self._cardinals if match["word"] else match.end("day") + 1 == match.start("month")
        return not is_count or year is not None or self._free.match(text, match.end()) is not None

    def _chain_before(self, text: str, start: int) -> Iterator[tuple[int, int, int, bool]]:
        """Yield the days before a date that share its month: start, end, day, whether it begins a range."""
        has_word = False
        for _ in range(_LONGEST_CHAIN):
            start = self._dated.weekday_start(text, start)
            match = self._number_before.search(text, max(0, start - _REACH), start)
            if match is None or (match["link"].strip() == "," and not has_word):
                return
            has_word = has_word or match["link"].strip() != ","
            start, end = match.span("number")
            end -= match["number"].endswith(_ORDINAL_SIGNS)
            yield start, end, self._number(match["number"]), self._is_range.fullmatch(match["link"]) is not None

    def _with_days_after(self, text: str, match: re.Match[str]) -> Iterator[Day]:
        month = self._months.get(match["month"].lower())
        if month is None or self._counted.match(text, match.end()):
            return
        others = list(self._chain_after(text, match.end()))
        year, end = self._year_after(text, others[-1][1] if others else match.end())
        is_ordinal = match["day"] and not match[0][-1].isdigit()
        is_sure = is_ordinal or others or year or self._free.match(text, match.end())
        if match["month"].lower() in self._words_like_months and not is_sure:
            return
        day = self._number(match["day"] or match["word"])
        yield from self._dated.on(text, match.start(), match.end() if others else end, year, month, day)
        for position, (start, stop, other) in enumerate(others, 1):
            yield from self._dated.on(text, start, end if position == len(others) else stop, year, month, other)

    def _chain_after(self, text: str, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield the days after a date that share its month: start, end, day."""
        for _ in range(_LONGEST_CHAIN):
            match = self._number_after.match(text, end)
            if match is None or self._counted.match(text, match.end()):
                return
            link = match["link"].strip()
            number = dictionary_form(match["number"])
            is_ordinal = not number[-1].isdigit() and number not in self._cardinals
            stands_free = self._free.match(text, match.end()) or self._year_after(text, match.end())[0]
            if not (is_ordinal or stands_free or link in ("-", "\u2013", "\u2014")):
                return
            if link == "," and not (is_ordinal or self._number_after.match(text, match.end())):
                return
            yield *match.span("number"), self._number(match["number"])
            end = match.end()

    def _year_after(self, text: str, position: int) -> tuple[int | None, int]:
        match = self._year.match(text, position)
        if match is None:
            return None, position
        return full_year(match["year"] or match["short"] or match["bare"]), match.end()

    def _number(self, written: str) -> int:
        digits = re.match(r"\d+", written)
        return int(digits[0]) if digits else self._day_words[dictionary_form(written)]
