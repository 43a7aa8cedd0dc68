"""Dates in digits: `2026-12-05`, `5/12/2026`, `on 5/12`, `5.12.`, `3.-5.12.`, `12月5日`."""

import re
from collections.abc import Iterator

from pipelines.nlu.system.dates.dated_days import DatedDays, article_pattern, full_year, month_of_begin
from pipelines.nlu.system.dates.days import Day, compiled, number_stands_free
from pipelines.nlu.system.locale import SystemLocale, alternation

_YEAR_FIRST = re.compile(r"(?<![\d./-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)(?![./-]\d)")
_YEAR_LAST = re.compile(r"(?<![\d./-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)(?![./-]\d)")
_SPACED = re.compile(r"(?<![\d./-])(\d{1,2})\.\s(\d{1,2})\.\s?(\d{4})(?!\d)")
_EAST_ASIAN = re.compile(r"(?<!\d)(?:(\d{4})\s?[年년]\s?)?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일号號]")
_SLASH_AT_START = re.compile(r"\W*((?P<one>\d{1,2})/(?P<two>\d{1,2}))(?![\d/])")
_NO_DATE = "24/7"
_COMMON_DENOMINATORS = (2, 3, 4, 5, 8, 10)  # a message `3/4` is no date


class NumericDateGrammar:
    """Finds dates in digits. Day and month are read in the region's order, unless only the other is possible."""

    def __init__(self, locale: SystemLocale, dated: DatedDays) -> None:
        self._dated = dated
        self._day_first = locale.day_first
        self._free = compiled(number_stands_free(locale))
        self._patterns = [_cued_pattern(locale)] + ([_dotted_pattern(locale)] if locale.writes_dots else [])

    def find(self, text: str) -> Iterator[Day]:
        """Find the dates of a text that has digits."""
        for match in _YEAR_FIRST.finditer(text):
            yield from self._dated.on(text, *match.span(), int(match[1]), int(match[3]), int(match[4]))
        for match in _YEAR_LAST.finditer(text):
            day, month = self._ordered(match[1], match[3])
            yield from self._dated.on(text, *match.span(), full_year(match[4]), month, day)
        for match in _SPACED.finditer(text):
            yield from self._dated.on(text, *match.span(), int(match[3]), int(match[2]), int(match[1]))
        for match in _EAST_ASIAN.finditer(text):
            year = int(match[1]) if match[1] else None
            yield from self._dated.on(text, *match.span(), year, int(match[2]), int(match[3]))
        yield from self._at_the_start(text)
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                yield from self._without_year(text, match)

    def _at_the_start(self, text: str) -> Iterator[Day]:
        """Find `12/24` without a cue as the whole message, or before `at 8` if it can hardly be a fraction."""
        match = _SLASH_AT_START.match(text)
        if match is None or match[1] == _NO_DATE:
            return
        is_all = not re.search(r"\w", text[match.end() :])
        is_day = (
            int(match["two"]) not in _COMMON_DENOMINATORS if is_all else max(int(match["one"]), int(match["two"])) > 12
        )
        if is_day and (is_all or self._free.match(text, match.end())):
            day, month = self._ordered(match["one"], match["two"])
            yield from self._dated.on(text, match.start("one"), match.end("two"), None, month, day)

    def _without_year(self, text: str, match: re.Match[str]) -> Iterator[Day]:
        # nobody swaps day and month around a dot, and `ab 7.30` is a time
        is_dotted = match["sign"] != "/"
        one, two = match["one"], match["two"]
        day, month = (int(one), int(two)) if is_dotted else self._ordered(one, two)
        yield from self._dated.on(text, match.start("one"), match.end("two"), None, month, day)
        if match["first"]:
            begin = int(match["first"])
            yield from self._dated.on(text, *match.span("first"), None, month_of_begin(begin, day, month), begin)
        if match["three"]:
            three, four = match["three"], match["four"]
            day, month = (int(three), int(four)) if is_dotted else self._ordered(three, four)
            yield from self._dated.on(text, match.start("three"), match.end("four"), None, month, day)

    def _ordered(self, first: str, second: str) -> tuple[int, int]:
        """Return day and month."""
        day, month = (int(first), int(second)) if self._day_first else (int(second), int(first))
        return (month, day) if month > 12 >= day else (day, month)


def _link(locale: SystemLocale) -> str:
    words = locale.days
    return rf"\s?(?:[-\u2013\u2014]|{alternation([*words.until, *words.either])})\s?{article_pattern(locale)}"


def _cued_pattern(locale: SystemLocale) -> re.Pattern[str]:
    """Return a pattern for `5/12` after a word like `on`, or after a weekday."""
    weekdays = alternation([*locale.weekdays, *locale.short_weekdays])
    cue = (
        rf"(?:\b(?:{alternation(locale.days.date_cues)})\s{{1,3}}"
        rf"|(?<!\w)(?:{weekdays})\.?,?\s{{1,3}}{article_pattern(locale)})"
    )
    first = rf"(?:(?P<first>\d{{1,2}})\.?{_link(locale)})?"
    sign = r"(?:[/.]|\.\s(?=\d{1,2}\.))" if locale.writes_dots else "/"
    end = rf"(?![\d/-]|\.\d|\s{{0,2}}(?:{alternation(locale.clock.hour_words)}|[ap]\.?m\b))"  # `bis 8.10 Uhr`
    pair = rf"(?P<one>\d{{1,2}})(?P<sign>{sign})(?P<two>\d{{1,2}}){end}"
    then = rf"(?:\.?{_link(locale)}(?P<three>\d{{1,2}}){sign}(?P<four>\d{{1,2}}){end})?"
    return compiled(cue + first + pair + then)


def _dotted_pattern(locale: SystemLocale) -> re.Pattern[str]:
    """Return a pattern for `5.12.` without a cue: none at the end of a sentence (`das kostet 7.12.`)."""
    start = r"(?:(?P<alone>\A\W*)|(?<![\w.,:/-]))"
    first = rf"(?:(?P<first>\d{{1,2}})\.{_link(locale)})?"
    pair = r"(?P<one>\d{1,2})(?P<sign>\.\s?)(?P<two>\d{1,2})\.(?!\d)"
    then = rf"(?P<rest>{_link(locale)}(?P<three>\d{{1,2}})\.(?P<four>\d{{1,2}})\.(?!\d))?"
    end = rf"(?(rest)|(?(alone)|{number_stands_free(locale)}(?!\W*\Z)))"
    return compiled(start + first + pair + then + end)
