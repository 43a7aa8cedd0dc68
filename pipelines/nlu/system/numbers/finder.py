"""Numbers in a text: `12`, `1.250,50`, `twenty-five`, `two and a half`, `3-5`, `minus 3`."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from pipelines.nlu.system.boundaries import begins_word, ends_word, stands_alone
from pipelines.nlu.system.locale import SystemLocale, alternation, without_accents
from pipelines.nlu.system.numbers.digits import plain_decimal
from pipelines.nlu.system.numbers.number_words import NUMBER_WORDS, NumberWords
from pipelines.nlu.system.numbers.numerals import numerals
from pipelines.nlu.system.numbers.ranges import DASHES, Joint, range_grammar, with_shared_scale
from pipelines.nlu.system.values import Numeral, Remembered, ValueMatch, last_words

_MINUS = "-\u2212\u2013"
_GOES_ON_BEFORE = re.compile(rf"(?:(?<![^\W\d_])[.,]|\d:|[{DASHES}/@+])$")  # but `people:5` and a sloppy `ok,5`
_GOES_ON_AFTER = re.compile(rf"[{DASHES}:/@.,]\d|[/@]\w|\.[\u00ba\u00aa]")
_TIMES_AFTER = re.compile(r"[xX\u00d7](?![^\W_])")
_TIMES_BEFORE = re.compile(r"(?:^|[\W_])[xX\u00d7]$")
_LAST_LETTERS = re.compile(r"[^\W\d_]+$")
_PERCENT_AFTER = re.compile(
    r"\s?(?:%|percent\b|per cent\b|prozent\b|por ciento\b|pour cent\b|per cento\b|procent\b)", re.I
)
_SIGN_BEFORE = re.compile("[$\u20ac\u00a3\u20b9\u00a5]")
_DAY_OR_SHARE = re.compile(r"\d{1,2}\s?/\s?\d{1,2}")  # and not `2 1/2`
_ANY_WORD = re.compile(r"\s{1,3}([^\W\d_]+)")
_PHONE_GAP = re.compile(r"[\s()/-]{1,2}")
_LONGEST_WORD = 21
_PHONE_DIGITS = 7
_ALSO_WORDS = frozenset(("may", "march", "mar", "sept", "sep", "set", "ago", "dic", "lug", "mag"))
"""Months that are words of another meaning."""


class Count(NamedTuple):
    """A number of its own: characters `[start, end)` with its sign, and its readings, the likeliest first."""

    start: int
    end: int
    values: tuple[Decimal, ...]


class NumberReaders:
    """What the finders of numbers and of money share, so that no text is read twice."""

    def __init__(self, locale: SystemLocale) -> None:
        self.numerals: Remembered[list[Numeral]] = Remembered(partial(numerals, locale=locale))
        self.counts: Remembered[list[Count]] = Remembered(CountReader(locale, self.numerals).read)

    def forget(self) -> None:
        """Drop the last text."""
        self.numerals.forget()
        self.counts.forget()


class NumberFinder:
    """Finds numbers; the canonical form is plain decimal text: `-1250.5`.

    Digits inside a word, a date, a time, a phone number or a version are no number, and neither is an hour (`8 Uhr`).
    `one` is none where it is an article or a pronoun (`the last one`). Both ends of a range are numbers. A percentage
    is the number before its sign, but `yes, 100%` is none.
    """

    def __init__(
        self, locale: SystemLocale, *, integers_only: bool, read: Callable[[str], list[Count]] | None = None
    ) -> None:
        self._read = read or CountReader(locale).read
        self._integers_only = integers_only

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the numbers of a text; `now` is unused."""
        found = []
        for count in self._read(text):
            values = [one for one in count.values if not self._integers_only or one == one.to_integral_value()]
            if values:
                first, *others = map(plain_decimal, values)
                found.append(ValueMatch(count.start, count.end, first, tuple(others)))
        return found


class CountReader:
    """Reads the numbers of a text that are numbers of their own."""

    def __init__(self, locale: SystemLocale, read: Callable[[str], list[Numeral]] | None = None) -> None:
        self._read = read or partial(numerals, locale=locale)
        self._words = words = NUMBER_WORDS.get(locale.language, NumberWords())
        self._ranges = range_grammar(locale.language)
        self._clock_before = re.compile(rf"(?<!\w)(?:{alternation(words.clock_before)})\s{{1,3}}$", re.IGNORECASE)
        self._clock_words = last_words(words.clock_before)
        self._clock_after = re.compile(rf"\s{{0,3}}(?:{alternation(words.clock_after)})(?!\w)", re.IGNORECASE)
        self._hour_words = last_words(words.hour_cues)
        self._hour_cue = re.compile(rf"(?<!\w)(?:{alternation(words.hour_cues)})\s{{1,3}}$", re.IGNORECASE)
        self._date_cue = re.compile(rf"(?<!\w)(?:{alternation(locale.days.date_cues)})\s{{1,3}}$", re.IGNORECASE)
        between = alternation(locale.days.between_day_and_month)
        self._word_after = re.compile(rf"[\s.]{{0,3}}(?:(?:{between})\s{{1,3}})?([^\W\d_]+)", re.IGNORECASE)
        self._months = {
            spelling
            for name in locale.months
            if name not in _ALSO_WORDS and name not in locale.days.words_like_months
            for spelling in (name, without_accents(name))
        }

    def read(self, text: str) -> list[Count]:
        """Return the counts of a text in its order."""
        written = self._read(text)
        if not written:
            return []
        joints = self._ranges.joints(text, written)
        dropped = self._not_counts(text, written, joints)
        found = []
        for place, numeral in enumerate(with_shared_scale(written, joints)):
            if place in dropped:
                continue
            is_end = place > 0 and joints[place - 1] == "dash"
            begin = numeral.start - 1 if _SIGN_BEFORE.match(text, numeral.start - 1) else numeral.start
            start = begin if is_end else sign_start(text, begin, self._words)  # also of `-$5`
            sign, start = (-1, start) if start < begin else (1, numeral.start)
            values = [numeral.value, *([numeral.other] if numeral.other is not None else [])]
            found.append(Count(start, numeral.end, tuple(sign * value for value in values)))
        return found

    def _not_counts(self, text: str, written: Sequence[Numeral], joints: Sequence[Joint | None]) -> set[int]:
        """Return the places of numbers that are part of something else: an hour, a day, a phone number."""
        dropped = _phone_parts(text, written, joints) if len(written) > 1 else set()
        for place, numeral in enumerate(written):
            if place in dropped:
                continue
            around, word = _around(joints, place), word_before(text, numeral.start)[0]
            clock_start = self._clock_start(text, numeral.start) if word in self._clock_words else None
            if clock_start is not None:
                dropped.add(place)
                if place and written[place - 1].end > clock_start:
                    dropped.add(place - 1)  # `drei Viertel acht`
            elif (
                self._is_moment(text, numeral, word=word)
                or self._is_label(text, numeral, word=word, joints=around)
                or _is_emphasis(text, numeral)
                or not _is_free(text, numeral, joints=around)
            ):
                dropped.add(place)
        for place in range(len(written) - 2, -1, -1):
            joint, both = joints[place], {place, place + 1}
            gap = text[written[place].end : written[place + 1].start]
            is_difference = gap.strip().lower() in self._words.minus
            # the same holds for both ends: `7 to 8 pm`
            is_same = joint in ("to", "or") and place + 1 in dropped
            if is_difference or is_same or (joint == "dash" and both & dropped):
                dropped |= both
        return dropped

    def _clock_start(self, text: str, position: int) -> int | None:
        """Return where `half past` before an hour begins."""
        nearby = text[max(0, position - _LONGEST_WORD) : position]
        clock = self._clock_before.search(nearby)
        return None if clock is None else position - len(nearby) + clock.start()

    def _is_moment(self, text: str, numeral: Numeral, *, word: str) -> bool:
        """Whether the number is an hour or a day of a month; `word` is the one before it."""
        if self._clock_after.match(text, numeral.end):
            return True
        if word in self._words.ordinal_cues and text[numeral.end : numeral.end + 1] == ".":
            return True
        if word in self._hour_words and self._is_hour(text, numeral):
            return True
        if not text[numeral.end - 1].isdecimal() or not 1 <= numeral.value <= 31:
            return False
        month = self._word_after.match(text, numeral.end)
        return month is not None and month[1].lower() in self._months

    def _is_hour(self, text: str, numeral: Numeral) -> bool:
        """Whether the number is the hour of `a las 3`."""
        if numeral.value > 24 or numeral.value != numeral.value.to_integral_value():
            return False
        if not self._hour_cue.search(text[max(0, numeral.start - _LONGEST_WORD) : numeral.start]):
            return False
        thing = _ANY_WORD.match(text, numeral.end)
        return thing is None or thing[1].lower() in self._words.closers

    def _is_label(self, text: str, numeral: Numeral, *, word: str, joints: tuple[Joint | None, Joint | None]) -> bool:
        """Whether a range or a fraction names a room, a page or a day; `word` is the one before it."""
        is_share = _DAY_OR_SHARE.fullmatch(text, numeral.start, numeral.end) is not None
        if not is_share and joints[1] != "dash":
            return False
        if is_share and self._date_cue.search(text[max(0, numeral.start - _LONGEST_WORD) : numeral.start]):
            measure = _ANY_WORD.match(text, numeral.end)
            return measure is None or not measure[1].lower().startswith(tuple(self._words.measures))
        return word in self._words.labels or word.endswith(self._words.label_endings)


def _is_free(text: str, numeral: Numeral, *, joints: tuple[Joint | None, Joint | None]) -> bool:
    """Whether a number is not cut out of a longer token; in `2x` and `x2` it is not."""
    start, end = numeral.start, numeral.end
    before, after = joints
    if before != "dash" and goes_on_before(text, _sign_start(text, start)):
        return False
    if after != "dash" and _GOES_ON_AFTER.match(text, end):
        return False
    if stands_alone(text, start, end):
        return True
    times_before = _TIMES_BEFORE.search(text[max(0, start - 2) : start]) and ends_word(text, end)
    times_after = _TIMES_AFTER.match(text, end) and begins_word(text, start)
    return bool(times_before or times_after)


def goes_on_before(text: str, start: int) -> bool:
    """Whether what begins at `start` continues a number, an id or a path."""
    return _GOES_ON_BEFORE.search(text[max(0, start - 3) : start]) is not None


def sign_start(text: str, start: int, words: NumberWords) -> int:
    """Return where the minus before a number begins, in a sign or a word; `start` itself if there is none."""
    signed = _sign_start(text, start)
    word, begin = word_before(text, start)
    if signed < start or word not in words.minus or not text[begin + len(word) : start].isspace():
        return signed
    return start if word_before(text, begin)[0] in words.not_minus_after else begin


def word_before(text: str, position: int) -> tuple[str, int]:
    """Return the word that ends before a position in lower case, and its start; empty if there is none."""
    nearby = text[max(0, position - _LONGEST_WORD) : position]
    word = _LAST_LETTERS.search(nearby.rstrip(" \t\u00a0.:#\u00ba"))
    return (word[0].lower(), position - len(nearby) + word.start()) if word else ("", position)


def _sign_start(text: str, start: int) -> int:
    has_sign = start > 0 and text[start - 1] in _MINUS and (start == 1 or text[start - 2].isspace())
    return start - 1 if has_sign else start


def _around(joints: Sequence[Joint | None], place: int) -> tuple[Joint | None, Joint | None]:
    return (joints[place - 1] if place else None), (joints[place] if place < len(joints) else None)


def _is_emphasis(text: str, numeral: Numeral) -> bool:
    """Whether the number is the 100 of `yes, 100%`: only as the whole message it is a percentage."""
    if numeral.value != Decimal(100):
        return False
    percent = _PERCENT_AFTER.match(text, numeral.end)
    return percent is not None and any(sign.isalnum() for sign in text[: numeral.start] + text[percent.end() :])


def _phone_parts(text: str, written: Sequence[Numeral], joints: Sequence[Joint | None]) -> set[int]:
    """Return the places of digits that look like a phone or card number: groups without a word between them."""
    parts: set[int] = set()
    run: list[int] = []
    digits = 0
    for place, numeral in enumerate(written):
        in_digits = text[numeral.start : numeral.end].replace(" ", "").isdecimal()
        is_next = run and in_digits and _PHONE_GAP.fullmatch(text, written[run[-1]].end, numeral.start)
        if not is_next or joints[place - 1]:
            run, digits = [], 0
        if in_digits:
            run.append(place)
            digits += numeral.end - numeral.start
        if len(run) > 1 and digits >= _PHONE_DIGITS:
            parts.update(run[-_PHONE_DIGITS:])
    return parts
