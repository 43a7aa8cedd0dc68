"""Times of day in a text: `5:30 pm`, `17 Uhr`, `noon`, `in two hours`."""

import re
from collections.abc import Iterator
from datetime import datetime

from pipelines.nlu.system.boundaries import begins_word, ends_word
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.offsets import OffsetGrammar
from pipelines.nlu.system.values import ValueMatch, last_words, words_of

_DIGIT = re.compile(r"\d")
_HALF_DAY = r"(?P<am>a\.m\.?|am\b)|(?P<pm>p\.m\.?|pm\b)"
_CLOCK = r"(?P<hour>\d{1,2})[:.](?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
_COLON_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
_HOUR = r"(?P<hour>\d{1,2})"
# not the end of a longer number, and not the `-05:00` of a time zone
_NOT_INSIDE = r"(?<![\d.,:/+])(?<!\d:\d\d-)"
_ISO_DATE_BEFORE = re.compile(r"\d[Tt]$")
_ISO_ZONE = re.compile(r"Z\b")
_AFTER = r"(?![\d:]|[.,/]\d)"


class TimeFinder:
    """Finds times of day; the canonical form is `17:30`, or `17:30:05` if seconds are written.

    A bare number is no time: it needs minutes, `am` or `pm`, or a word of the language (`Uhr`, `a las`). A time
    relative to now (`in two hours`) may fall on another day, so its canonical form is `2026-05-12T01:30`; without
    `now`, it is the written one.
    """

    def __init__(self, locale: SystemLocale) -> None:
        spoken = locale.spoken
        self._offsets = OffsetGrammar(locale, ("hour", "minute"))
        self._named = with_plain_spellings(dict.fromkeys(spoken.noon, 12) | dict.fromkeys(spoken.midnight, 0))
        self._named_pattern = re.compile(rf"(?<!\w)(?:{alternation(self._named)})(?!\w)", re.IGNORECASE)
        self._named_triggers = last_words(self._named)
        self._patterns = [re.compile(_NOT_INSIDE + pattern, re.IGNORECASE) for pattern in _clock_patterns(locale)]

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the times of a text; see the class."""
        words = words_of(text)
        found: list[ValueMatch] = []
        if _DIGIT.search(text):
            found += self._clocks(text)
        if not words.isdisjoint(self._named_triggers):
            for match in self._named_pattern.finditer(text):
                hour = self._named.get(dictionary_form(match[0]))
                if hour is not None:
                    found.append(ValueMatch(match.start(), match.end(), f"{hour:02}:00"))
        if not words.isdisjoint(self._offsets.triggers):
            found += self._distant(text, now)
        return found

    def _clocks(self, text: str) -> Iterator[ValueMatch]:
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                value = _canonical(match)
                start, end = match.start("hour"), match.end()
                begins = begins_word(text, start) or _ISO_DATE_BEFORE.search(text[max(0, start - 2) : start])
                if value and begins and (ends_word(text, end) or _ISO_ZONE.match(text, end)):
                    yield ValueMatch(start, end, value)

    def _distant(self, text: str, now: datetime | None) -> Iterator[ValueMatch]:
        for offset in self._offsets.find(text):
            if now is None:
                yield ValueMatch(offset.start, offset.end, text[offset.start : offset.end])
                continue
            try:
                value = offset.after(now).isoformat(timespec="minutes")
            except (ValueError, OverflowError):
                continue
            yield ValueMatch(offset.start, offset.end, value)


def _clock_patterns(locale: SystemLocale) -> Iterator[str]:
    spoken = locale.spoken
    half_day = (
        rf"(?:{_HALF_DAY}|(?P<morning>{alternation(spoken.morning)})(?!\w)"
        rf"|(?P<evening>{alternation(spoken.evening)})(?!\w))"
    )
    hour_word = rf"(?:{alternation(spoken.hour_words)})"
    yield rf"{_COLON_CLOCK}(?:\s{{0,2}}{half_day}|{_AFTER})"
    yield rf"{_CLOCK}\s{{0,2}}{half_day}"
    yield rf"{_HOUR}\s{{0,2}}{half_day}"
    yield rf"{_HOUR}\s?{hour_word}(?![^\W\d_])(?:\s?(?P<minute>[0-5]\d){_AFTER})?(?:\s{{1,3}}{half_day})?"
    yield rf"{_CLOCK}\s?{hour_word}(?!\w)(?:\s{{1,3}}{half_day})?"
    if spoken.hour_prefixes:
        yield rf"(?:{alternation(spoken.hour_prefixes)})\s{{1,3}}{_HOUR}(?:\s?h)?{_AFTER}(?:\s{{1,3}}{half_day})?"


def _canonical(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    hour = int(groups["hour"])
    minute, second = groups.get("minute") or "00", groups.get("second")
    if groups.get("am") or groups.get("pm"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if groups.get("pm") else 0)
    elif groups.get("evening") and 1 <= hour < 12:
        hour += 12
    if hour > 23:
        return None
    return f"{hour:02}:{int(minute):02}" + (f":{int(second):02}" if second else "")
