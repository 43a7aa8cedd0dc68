"""Times of day in a text: `5:30 pm`, `17 Uhr`, `quarter to eight`, `noon`, `in two hours`."""

import re
from collections.abc import Iterator
from datetime import datetime

from pipelines.nlu.system.dates.offsets import OffsetGrammar
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.times.clock_values import written_minute
from pipelines.nlu.system.times.clocks import ClockGrammar
from pipelines.nlu.system.values import ValueMatch, last_words, words_of

_DIGIT = re.compile(r"\d")


class TimeFinder:
    """Finds times of day; the canonical form is `17:30`, or `17:30:05` if seconds are written.

    Clock times are described in `clocks.py`. A time relative to now (`in two hours`) may fall on another day, so its
    canonical form is `2026-05-12T01:30`; without `now`, it is the written one. A part of the day alone (`tonight`) is
    no time.
    """

    def __init__(self, locale: SystemLocale) -> None:
        words = locale.clock
        self._clocks = ClockGrammar(locale)
        self._offsets = OffsetGrammar(locale, ("hour", "minute"))
        self._named = with_plain_spellings(dict.fromkeys(words.noon, 12) | dict.fromkeys(words.midnight, 0))
        self._later = with_plain_spellings(words.later_than_named)
        self._named_pattern = re.compile(
            rf"(?<!\w)(?P<name>{alternation(self._named)})(?:\s{{1,3}}(?P<later>{alternation(self._later)}))?(?!\w)",
            re.IGNORECASE,
        )
        self._named_triggers = last_words(self._named)

    def find(self, text: str, *, now: datetime | None) -> list[ValueMatch]:
        """Find the times of a text; see the class."""
        words = words_of(text)
        found: list[ValueMatch] = []
        if _DIGIT.search(text) or not words.isdisjoint(self._clocks.hour_triggers):
            found += self._clocks.find(text)
        if not words.isdisjoint(self._named_triggers):
            found += self._noon_and_midnight(text)
        if not words.isdisjoint(self._offsets.triggers):
            found += self._distant(text, now)
        return found

    def _noon_and_midnight(self, text: str) -> Iterator[ValueMatch]:
        for match in self._named_pattern.finditer(text):
            hour = self._named.get(dictionary_form(match["name"]))
            if hour is None or not self._clocks.stands_free(text, *match.span()):
                continue
            start, minutes = self._clocks.minutes_before(text, match.start())
            minutes += self._later[dictionary_form(match["later"])] if match["later"] else 0
            yield ValueMatch(start, match.end(), written_minute(hour * 60 + minutes, None))

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
