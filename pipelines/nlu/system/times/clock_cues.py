"""What tells a time from a number: the words before an hour (`at`), and what follows it."""

import re

from pipelines.nlu.system.dates.days import compiled, number_stands_free, word_before
from pipelines.nlu.system.locale import SystemLocale, alternation, with_plain_spellings
from pipelines.nlu.system.values import last_words

_WORDS_BEFORE = re.compile(r"(?:([^\W\d_]+(?:['\u2019][^\W\d_]+)?)\s{1,3})?([^\W\d_]+(?:['\u2019][^\W\d_]+)?)\s{1,3}$")
_REACH = 40  # characters that are read back from an hour
_A_NUMBER_TOO = 5  # `las dos` are two things; nobody means five things by `las cinco`


class ClockCues:
    """Reads the surroundings of hours in one language."""

    def __init__(self, locale: SystemLocale) -> None:
        words = locale.clock
        self._words = words
        self._cue = compiled(rf"(?<!\w)(?P<cue>{alternation(words.cues)})\s{{1,3}}$|(?<!\w)@\s{{0,2}}$")
        days = alternation([*locale.days.days, *locale.weekdays, *words.parts_elsewhere])
        # `Freitagabend ab 8`
        beside = alternation([*locale.days.short_cues, *locale.days.articles])
        self._day_before = compiled(rf"(?<!\w)(?:{days}),?\s{{1,3}}$")
        self._day_after = compiled(rf",?\s{{1,3}}(?:(?:{beside})\s{{1,3}})?(?:{days})(?!\w)")
        self._weak_cue = compiled(rf"(?:{days})\s{{1,3}}(?:{alternation(words.weak_cues)})\s{{1,3}}$")
        self._last_words = last_words(with_plain_spellings(dict.fromkeys((*words.cues, *words.weak_cues), 0)))
        self._between = compiled(rf"(?<!\w)(?:{alternation(words.between)})\s{{1,3}}$")
        self._range = compiled(rf"(?<!\w)(?:{alternation(words.range_begins)})\s{{1,3}}$")
        self._for_people = compiled(rf"(?<!\w)(?:{alternation(words.for_people)})\s{{1,3}}$")
        self._free = compiled(number_stands_free(locale))

    def is_before(self, text: str, position: int, hour: int, *, is_word: bool) -> bool:
        """Whether a cue stands before an hour: `at`, but not the one of `leave it at 4`."""
        if word_before(text, position) not in self._last_words and "@" not in text[max(0, position - 3) : position]:
            return False
        match = self._cue.search(text, max(0, position - _REACH), position)
        if match is None:
            return self._weak_cue.search(text, max(0, position - _REACH), position) is not None
        cue = (match["cue"] or "").lower().split()
        if cue and cue[-1] in self._words.cues_of_one:
            return hour == 1 and (len(cue) > 1 or not is_word)
        if cue and is_word and hour < _A_NUMBER_TOO and cue[0] in self._words.doubtful_cues:
            return False
        before = _WORDS_BEFORE.search(text, max(0, match.start() - _REACH), match.start())
        if before is None:
            return True
        last, other = before[2].lower(), (before[1] or "").lower()
        denied = self._words.not_a_cue_after
        return last not in denied and not (last in self._words.pronouns and other in denied)

    def is_beside_day(self, text: str, start: int, end: int) -> bool:
        """Whether a day or a part of it stands beside a number: `five thirty on Thursday`."""
        return (
            self._day_before.search(text, max(0, start - _REACH), start) is not None
            or self._day_after.match(text, end) is not None
        )

    def allows_and(self, text: str, position: int) -> bool:
        """Whether two hours from here on may be joined by `and`: `between 7 and 8 pm`."""
        return self._between.search(text, max(0, position - _REACH), position) is not None

    def begins_range(self, text: str, position: int) -> bool:
        """Whether a range begins here: `from ten to nine` are no ten minutes."""
        return self._range.search(text, max(0, position - _REACH), position) is not None

    def is_for_people(self, text: str, position: int) -> bool:
        """Whether a number here may count people: `a table for 4 in the evening`."""
        match = self._for_people.search(text, max(0, position - _REACH), position)
        before = _WORDS_BEFORE.search(text, max(0, match.start() - _REACH), match.start()) if match else None
        return match is not None and not (before and before[2].lower() in self._words.not_people_after)

    def is_free(self, text: str, position: int) -> bool:
        """Whether nothing follows that a number could count."""
        return self._free.match(text, position) is not None
