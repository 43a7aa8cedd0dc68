"""The part of the day that an hour is in: `5 pm`, `8 in the evening`, and `tonight` elsewhere in the sentence."""

import re

from pipelines.nlu.system.dates.days import compiled
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.times.clock_cues import ClockCues
from pipelines.nlu.system.times.clock_values import NOON, Clock

_SENTENCE_END = re.compile(r"[!?;\n]|\.\s")
_LAST_WORD = re.compile(r"([^\W\d_]+)\s{1,3}$")
_LONGEST_WORD = 20


class PartGrammar:
    """Finds parts of the day in one language."""

    def __init__(self, locale: SystemLocale) -> None:
        words = locale.clock
        self._words = words
        self._greetings = locale.days.greetings
        self._beside = with_plain_spellings(words.parts)
        self._weak = set(with_plain_spellings(dict.fromkeys(words.weak_parts, 0)))
        self._elsewhere = with_plain_spellings(words.parts_elsewhere)
        # `um 8 am Freitag`
        am = r"\s{0,2}(?P<am>a\.\s?m\.?|am\b)" if not words.am_is_a_word else r"(?P<am>\s{0,2}a\.m\.?|am\b)"
        parts = rf"\s{{0,3}},?\s{{0,3}}(?P<part>{alternation(self._beside)})(?!\w)"
        self._beside_pattern = compiled(rf"{am}|\s{{0,2}}(?P<pm>p\.\s?m\.?|pm\b)|{parts}")
        self._days = alternation([*locale.days.days, *locale.weekdays])
        self._day = compiled(rf"(?<!\w)(?:{self._days})(?!\w)")
        # `Freitagabend`, `tomorrow evening`
        self._elsewhere_pattern = compiled(
            rf"(?<!\w)(?:(?:{self._days})\s{{0,3}})?(?P<part>{alternation(self._elsewhere)})(?!\w)"
        )

    def beside(self, text: str, clock: Clock, cues: ClockCues) -> Clock:
        """Return a time with the part of the day that follows it, if any."""
        match = self._beside_pattern.match(text, clock.end)
        if match is None:
            return clock
        if match["am"] or match["pm"]:
            is_hour = 1 <= clock.hour <= NOON
            return clock._replace(end=match.end(), part="am" if match["am"] else "pm") if is_hour else clock
        phrase = dictionary_form(match["part"])
        # `a table for 8 tonight`
        is_bare = not clock.has_cue and clock.is_spoken and clock.minutes == 0
        if is_bare and (phrase in self._weak or cues.is_for_people(text, clock.start)):
            return clock
        return clock._replace(end=match.end(), part=self._beside[phrase])

    def decided(self, text: str, clocks: list[Clock]) -> list[Clock]:
        """Return times with the part of the day that the same sentence names nearest to each."""
        found = self._elsewhere_pattern.finditer(text)
        parts = [match for match in found if not self._is_greeting(text, match.start())]
        return [self._decide(text, clock, parts, clocks) for clock in clocks] if parts else clocks

    def _decide(self, text: str, clock: Clock, parts: list[re.Match[str]], clocks: list[Clock]) -> Clock:
        is_written_in_24 = not clock.is_spoken and text[clock.start] == "0"
        if not clock.has_open_half or is_written_in_24:
            return clock
        for part in sorted(parts, key=lambda one: max(one.start() - clock.end, clock.start - one.end())):
            start, end = (part.end(), clock.start) if part.start() < clock.start else (clock.end, part.start())
            between = text[start:end]
            has_other = any(start <= other.start < end for other in clocks)
            if not (has_other or _SENTENCE_END.search(between) or self._day.search(between)):
                return clock._replace(part=self._elsewhere[dictionary_form(part["part"])])
        return clock

    def _is_greeting(self, text: str, position: int) -> bool:
        match = _LAST_WORD.search(text[max(0, position - _LONGEST_WORD) : position])
        return match is not None and match[1].lower() in self._greetings
