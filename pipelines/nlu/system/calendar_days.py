"""Dates as written in a calendar: `12/5/2026`, `Monday, 7 December`, `the 3rd to the 5th of May`, `am 5.`."""

import re
from collections.abc import Iterator
from datetime import date
from functools import partial

from pipelines.nlu.system.days import (
    Day,
    DayKind,
    DayRule,
    compiled,
    next_date,
    next_day_of_month,
    number_stands_free,
)
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.values import last_words

_YEAR_FIRST = re.compile(r"(?<![\d./-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)(?![./-]\d)")
_YEAR_LAST = re.compile(r"(?<![\d./-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)(?![./-]\d)")
_EAST_ASIAN = re.compile(r"(?<!\d)(?:(\d{4})\s?[年년]\s?)?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일号號]")
_ONLY_SLASH = re.compile(r"\W*(\d{1,2})/(\d{1,2})\W*")
_SUFFIX = r"(?:\s?(?:st|nd|rd|th)\b|er\b|[.ºª°])"
_DASH = r"\s?[-\u2013\u2014/&+]\s?"
_ANY_LEAP_YEAR = 2000
_LONGEST_CHAIN = 6
_REACH = 40  # characters that are read back from a date
_COMMON_DENOMINATORS = (2, 3, 4, 5, 8, 10)  # a message `3/4` is no date


class CalendarGrammar:
    """Finds dates of one language. Day and month are read in the region's order, unless only the other is possible.

    A weekday beside a date belongs to it. Of several days before one month, each is a date: `3-5 May`.
    """

    def __init__(self, locale: SystemLocale) -> None:
        words = locale.days
        self._locale = locale
        self._ordinals = with_plain_spellings(words.ordinals)
        self._weekdays = {**locale.short_weekdays, **locale.weekdays}
        self.month_triggers = last_words(locale.months)
        self.ordinal_triggers = last_words(self._ordinals)
        self._free = number_stands_free(locale)
        ordinal = rf"(?<!\w)(?:{alternation(self._ordinals)})"
        article = rf"(?:(?:{alternation(words.articles)})\s{{1,3}})?"
        links = alternation([*words.until, *words.either])
        link = rf"(?:{_DASH}|,?\s{{1,3}}(?:{links})\s{{1,3}}|,\s{{0,3}})"
        number = rf"(?<![\w.,:/])\d{{1,2}}{_SUFFIX}?|{ordinal}"
        month = rf"(?P<month>{alternation(locale.months)})(?![^\W\d_])"
        joint = rf"(?:(?:{alternation(words.between_day_and_month)})\s{{1,3}})?"
        year = (
            rf"(?:\.?,?[\s-]{{0,3}}{joint}(?P<year>\d{{4}})(?!\d)"
            rf"|\.?[\s-]{{1,3}}{joint}(?:['\u2019](?P<short>\d{{2}})(?!\d)|(?P<bare>\d{{2}})(?![\d:.])"
            rf"{self._free}))?"
        )
        self._year = compiled(year)
        self._day_first = compiled(
            rf"(?:(?<![\d.])(?P<day>\d{{1,2}}){_SUFFIX}?|(?P<word>{ordinal}))(?:\s{{0,3}}|-){joint}{month}"
        )
        self._month_first = compiled(
            rf"(?<!\w){month}\.?,?\s{{1,3}}{article}(?:(?P<day>\d{{1,2}}){_SUFFIX}?(?![\d:]|[./]\d)|(?P<word>{ordinal}))(?!\w)"
        )
        self._is_month_first_usual = locale.language == "en" or not locale.day_first
        self._number_before = compiled(rf"(?P<number>{number})(?P<link>{link}){article}$")
        self._number_after = compiled(rf"(?P<link>{link}){article}(?P<number>{number})(?![\d:]|[./]\d|\w)")
        self._counted = compiled(rf"\s{{0,3}}(?:{alternation(words.counted)})(?!\w)|\s?[%€$£]")
        self._free_here = compiled(self._free)
        name = rf"(?P<name>{alternation(self._weekdays)})"
        part = rf"(?:\s?(?:{alternation(words.day_parts)}))?"
        self._weekday_before = compiled(rf"(?<!\w){name}{part}(?!\w)\.?,?\s{{0,3}}\(?{article}$")
        self._weekday_after = compiled(
            rf"\.?(?:\s{{0,2}}\(\s?{name}\.?\s?\)|,?\s{{1,3}}(?:an?\s|einem\s|ein\s)?(?P<wide>{alternation(locale.weekdays)})(?!\w))"
        )
        self._is_range = compiled(rf"{_DASH}|.*\b(?:{alternation(words.until)})\b.*")
        self._names_no_number = with_plain_spellings(dict.fromkeys(words.words_like_months, 0))
        self._numeric_patterns = _numeric_patterns(locale, self._free, article)
        self._bare_day = _bare_day_pattern(locale, self._free, ordinal, article)

    def numeric(self, text: str) -> Iterator[Day]:
        """Find dates in digits; the text has some."""
        for match in _YEAR_FIRST.finditer(text):
            yield from self._dated(text, *match.span(), int(match[1]), int(match[3]), int(match[4]))
        for match in _YEAR_LAST.finditer(text):
            day, month = self._ordered(int(match[1]), int(match[3]))
            yield from self._dated(text, *match.span(), _full_year(match[4]), month, day)
        for match in _EAST_ASIAN.finditer(text):
            yield from self._dated(
                text, *match.span(), int(match[1]) if match[1] else None, int(match[2]), int(match[3])
            )
        only = _ONLY_SLASH.fullmatch(text)
        if only and int(only[2]) not in _COMMON_DENOMINATORS:
            day, month = self._ordered(int(only[1]), int(only[2]))
            yield from self._dated(text, only.start(1), only.end(2), None, month, day)
        for pattern in self._numeric_patterns:
            for match in pattern.finditer(text):
                yield from self._numeric_pair(text, match)

    def _numeric_pair(self, text: str, match: re.Match[str]) -> Iterator[Day]:
        day, month = self._ordered(int(match["one"]), int(match["two"]))
        yield from self._dated(text, match.start("one"), match.end("two"), None, month, day)
        if match["first"]:
            start, end = match.span("first")
            yield from self._dated(
                text, start, end, None, _month_of(int(match["first"]), day, month), int(match["first"])
            )
        if match["three"]:
            day, month = self._ordered(int(match["three"]), int(match["four"]))
            yield from self._dated(text, match.start("three"), match.end("four"), None, month, day)

    def _ordered(self, first: int, second: int) -> tuple[int, int]:
        """Return day and month."""
        day, month = (first, second) if self._locale.day_first else (second, first)
        return (month, day) if month > 12 >= day else (day, month)

    def with_month(self, text: str) -> Iterator[Day]:
        """Find dates with the name of a month; the text has one."""
        for match in self._day_first.finditer(text):
            yield from self._named(text, match)
        if self._is_month_first_usual:
            for match in self._month_first.finditer(text):
                yield from self._month_first_named(text, match)

    def _named(self, text: str, match: re.Match[str]) -> Iterator[Day]:
        month = self._locale.months.get(match["month"].lower())
        if month is None:
            return
        if (
            match["month"].lower() in self._names_no_number
            and match["day"]
            and not self._free_here.match(text, match.end())
        ):
            written_year = self._year.match(text, match.end())
            if not (written_year and written_year["year"]) and match.end("day") + 1 == match.start("month"):
                return
        year, end = self._year_after(text, match.end())
        day = self._number(match["day"] or match["word"])
        chain = list(self._chain_before(text, match.start()))
        if text[match.start() - 1 : match.start()] in ("-", "/") and not chain:
            return
        yield from self._dated(text, match.start(), end, year, month, day)
        for start, stop, other, is_range in chain:
            shifted = _month_of(other, day, month) if is_range else month
            other_year = year - 1 if year and shifted > month else year
            yield from self._dated(text, start, stop, other_year, shifted, other)

    def _chain_before(self, text: str, start: int) -> Iterator[tuple[int, int, int, bool]]:
        """Yield the days before a date that share its month: start, end, day, whether it begins a range."""
        has_word = False
        for _ in range(_LONGEST_CHAIN):
            start = self._weekday_start(text, start)
            match = self._number_before.search(text, max(0, start - _REACH), start)
            if match is None or (match["link"].strip() == "," and not has_word):
                return
            has_word = has_word or match["link"].strip() != ","
            number = match["number"]
            end = match.end("number") - (1 if number.endswith((".", "º", "ª", "°")) else 0)
            yield match.start("number"), end, self._number(number), bool(self._is_range.fullmatch(match["link"]))
            start = match.start("number")

    def _weekday_start(self, text: str, start: int) -> int:
        match = self._weekday_before.search(text, max(0, start - _REACH), start)
        return match.start() if match else start

    def _month_first_named(self, text: str, match: re.Match[str]) -> Iterator[Day]:
        month = self._locale.months.get(match["month"].lower())
        if month is None or self._counted.match(text, match.end()):
            return
        if match["month"].lower() in self._names_no_number and not self._free_here.match(text, match.end()):
            written_year = self._year.match(text, match.end())
            follows = self._number_after.match(text, match.end())
            is_date = match[0][-1].isalpha() and match["day"]
            if not (written_year and written_year["year"]) and not follows and not is_date:
                return
        day = self._number(match["day"] or match["word"])
        others = list(self._chain_after(text, match.end()))
        year, end = self._year_after(text, others[-1][1] if others else match.end())
        yield from self._dated(text, match.start(), match.end() if others else end, year, month, day)
        for position, (start, stop, other) in enumerate(others):
            yield from self._dated(text, start, end if position == len(others) - 1 else stop, year, month, other)

    def _chain_after(self, text: str, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield the days after a date that share its month: start, end, day."""
        for _ in range(_LONGEST_CHAIN):
            match = self._number_after.match(text, end)
            if match is None:
                return
            is_ordinal = not match["number"][-1].isdigit()
            stands_free = self._free_here.match(text, match.end()) or self._year_after(text, match.end())[0]
            is_dash = match["link"].strip() in ("-", "\u2013", "\u2014")
            if self._counted.match(text, match.end()) or not (is_ordinal or stands_free or is_dash):
                return
            if match["link"].strip() == "," and not (is_ordinal or self._number_after.match(text, match.end())):
                return
            yield match.start("number"), match.end("number"), self._number(match["number"])
            end = match.end()

    def _year_after(self, text: str, position: int) -> tuple[int | None, int]:
        match = self._year.match(text, position)
        written = match and (match["year"] or match["short"] or match["bare"])
        if not match or not written:
            return None, position
        return _full_year(written), match.end()

    def days_of_month(self, text: str) -> Iterator[Day]:
        """Find days without a month: `the 5th`, `am 5.`, `el 5`."""
        for match in self._bare_day.finditer(text):
            for group in ("first", "second"):
                if match[group]:
                    start, end = match.span(group)
                    end -= 1 if match[group].endswith((".", "º", "ª", "°")) else 0
                    number = self._number(match[group])
                    start, end, weekday = self._with_weekday(text, start, end)
                    if 1 <= number <= 31:
                        yield Day(start, end, "day of month", partial(next_day_of_month, number, weekday), weekday)

    def _number(self, written: str) -> int:
        digits = re.match(r"\d+", written)
        return int(digits[0]) if digits else self._ordinals.get(dictionary_form(written), 0)

    def _dated(self, text: str, start: int, end: int, year: int | None, month: int, day: int) -> Iterator[Day]:
        try:
            exact = date(_ANY_LEAP_YEAR if year is None else year, month, day)
        except ValueError:
            return
        start, end, weekday = self._with_weekday(text, start, end)
        kind: DayKind = "date"
        rule: DayRule = partial(next_date, month, day) if year is None else partial(_fixed, exact)
        yield Day(start, end, kind, rule, weekday, is_exact=year is not None)

    def _with_weekday(self, text: str, start: int, end: int) -> tuple[int, int, int | None]:
        before = self._weekday_before.search(text, max(0, start - _REACH), start)
        if before:
            return before.start(), end, self._weekdays.get(before["name"].lower())
        after = self._weekday_after.match(text, end)
        if after:
            return start, after.end(), self._weekdays.get((after["name"] or after["wide"]).lower())
        return start, end, None


def _fixed(day: date, _today: date) -> date:
    return day


def _month_of(first: int, last: int, month: int) -> int:
    """Return the month of a range's first day: `28-3 January` begins in December."""
    return month if first < last else (month - 2) % 12 + 1


def _full_year(written: str) -> int:
    year = int(written)
    if len(written) == 4:
        return year
    return year + (2000 if year < 70 else 1900)


def _numeric_patterns(locale: SystemLocale, free: str, article: str) -> list[re.Pattern[str]]:
    words = locale.days
    weekdays = alternation([*locale.weekdays, *locale.short_weekdays])
    cue = rf"(?:\b(?:{alternation(words.date_cues)})\s{{1,3}}|(?<!\w)(?:{weekdays})\.?,?\s{{1,3}}{article})"
    link = rf"\s?(?:[-\u2013\u2014]|{alternation([*words.until, *words.either])})\s?{article}"
    pair = r"(?P<one>\d{1,2})[/.](?P<two>\d{1,2})(?![\d/-]|\.\d)"
    first = rf"(?:(?P<first>\d{{1,2}})\.?{link})?"
    then = rf"(?:\.?{link}(?P<three>\d{{1,2}})[/.](?P<four>\d{{1,2}})(?![\d/-]|\.\d))?"
    patterns = [compiled(rf"{cue}{first}{pair}{then}")]
    if locale.writes_dots:
        # without a cue, with both dots, and not at the end of a sentence: `das kostet 7.12.`
        first_dotted = rf"(?:(?P<first>\d{{1,2}})\.{link})?"
        dotted = r"(?P<one>\d{1,2})\.(?P<two>\d{1,2})\.(?!\d)"
        then_dotted = rf"(?P<rest>{link}(?P<three>\d{{1,2}})\.(?P<four>\d{{1,2}})\.(?!\d))?"
        patterns.append(
            compiled(
                rf"(?:(?P<alone>\A\W*)|(?<![\w.,:/-])){first_dotted}{dotted}{then_dotted}(?(rest)|(?(alone)|{free}(?!\W*\Z)))"
            )
        )
    return patterns


def _bare_day_pattern(locale: SystemLocale, free: str, ordinal: str, article: str) -> re.Pattern[str]:
    words = locale.days
    weekdays = alternation([*locale.weekdays, *locale.short_weekdays])
    links = alternation([*words.until, *words.either])
    number = r"\d{1,2}(?:[.º°]|er\b)?"
    if locale.language == "en":
        number = r"\d{1,2}\s?(?:st|nd|rd|th)\b"
    elif locale.writes_dots:
        number = r"\d{1,2}(?:\.|(?=\s{0,3}\Z))"
    beside_weekday = r"\d{1,2}\." if locale.writes_dots else number
    cue = (
        rf"(?<!\w)(?:(?:{alternation(words.day_cues)})\s{{1,3}}(?={number})"
        rf"|(?:{alternation(words.ordinal_cues)})\s{{1,3}}(?={ordinal})"
        rf"|(?:{weekdays})\.?,?\s{{1,3}}{article}(?={beside_weekday}))"
    )
    link = rf"(?:\s?[-\u2013\u2014]\s?|\s{{1,3}}(?:{links})\s{{1,3}})"
    return compiled(rf"{cue}(?P<first>{number}|{ordinal})(?:{link}{article}(?P<second>{number}|{ordinal}))?{free}")
