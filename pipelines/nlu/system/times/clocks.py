"""Times on the clock: `17:30`, `5 pm`, `half past seven`, `um acht`, `las 8 y media`, `7-8 pm`, `tonight at 8`."""

import re
from collections.abc import Iterator
from itertools import islice

from pipelines.nlu.system.boundaries import begins_word, ends_word
from pipelines.nlu.system.dates.days import compiled, word_before
from pipelines.nlu.system.locale import (
    SystemLocale,
    alternation,
    dictionary_form,
    plain_spellings,
    with_plain_spellings,
)
from pipelines.nlu.system.times.clock_cues import ClockCues
from pipelines.nlu.system.times.clock_distances import ClockDistances
from pipelines.nlu.system.times.clock_parts import PartGrammar
from pipelines.nlu.system.times.clock_values import MINUTES_OF_HALF_DAY, NOON, Clock, written_minute
from pipelines.nlu.system.values import ValueMatch, last_words

# not the end of a longer number, and not the `-05:00` of a time zone
_NOT_INSIDE = r"(?<![\d.,:/+])(?<!\d:\d\d:\d\d-)(?<!T\d\d:\d\d-)"
_NOT_GOING_ON = re.compile(r"(?![\d:]|[.,/]\d)")
_ISO_DATE_BEFORE = re.compile(r"\d[Tt]$")
_ISO_ZONE = re.compile(r"Z\b")
_REACH = 40  # characters that are read back from an hour
_MOST_HOURS = 60  # of a text
_ROUND_MINUTES = (5, 10, 15, 20, 25)
_MINUTES_OF_HOUR = 60
_LEAST_MERE_MINUTES = 10  # `seven ten` is a time, `seven five` is not
_LAST_SHORT_DURATION = 12  # hours


class ClockGrammar:
    """Finds clock times of one language.

    A bare number is no time: it needs minutes, `am` or `pm`, or a word of the language (`Uhr`, `a las`); after a mere
    `at` nothing may follow that it could count (`at 4 people`). A part of the day elsewhere in the sentence decides
    between morning and evening; if nothing does, and the language has a 12-hour clock, the other half is an
    alternative.
    """

    def __init__(self, locale: SystemLocale) -> None:
        words = locale.clock
        self._locale = locale
        self._hours = with_plain_spellings(words.hours)
        self._minutes = with_plain_spellings(words.minutes)
        self.hour_triggers = last_words(self._hours)
        self._cues = ClockCues(locale)
        self._parts = PartGrammar(locale)
        self._distances = ClockDistances(locale)
        number = rf"{_NOT_INSIDE}(?P<hour>\d{{1,2}})(?!\d)"
        minutes = r"(?:(?P<sign>[:.h])(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?!\d))?"
        self._word = alternation(self._hours)
        self._anchor = compiled(rf"{number}{minutes}|(?<!\w)(?P<word>{self._word})(?!\w)")
        self._hour_before = compiled(
            rf"(?:(?<![\w.,:/+-])(?P<hour>\d{{1,2}})(?:[:.](?P<minute>[0-5]\d))?|(?<!\w)(?P<word>{self._word}))$"
        )
        self._before_forms = [form for form in words.forms if form.before]
        self._after_forms = [form for form in words.forms if form.after]
        before = self._numbered([form.before for form in self._before_forms])
        self._before_triggers = {word for form in self._before_forms for word in _ending_words(form.before)}
        self._before = compiled(rf"(?<!\w)(?:{before})\s{{1,3}}$")
        self._after = compiled(rf"(?:{self._numbered([form.after for form in self._after_forms])})(?!\w|[.:]\d)")
        self._mark = compiled(rf"\s?(?P<mark>{alternation(words.hour_words)})(?![^\W\d_])")
        links = alternation([*words.until, *words.either, *words.both])
        link = rf"(?P<link>\s?[-\u2013\u2014]\s?|\s{{1,3}}(?:{links})\s{{1,3}})"
        article = rf"(?:(?:{alternation(words.hour_articles)})\s{{1,3}})?"
        self._link = compiled(rf"{link}{article}$")
        self._hour_after = compiled(rf"{link}{article}(?:(?P<hour>\d{{1,2}})(?!\d)|(?P<word>{self._word})(?!\w))")
        self._both = words.both
        self._counted = compiled(rf"\s{{0,3}}(?:{alternation(locale.days.counted)})(?!\w)|\s?[%€$£]")

    def _numbered(self, patterns: list[str]) -> str:
        """Join patterns by `|` and number their groups, so that one search tells which of them matched."""
        numbered = []
        for position, pattern in enumerate(patterns):
            minutes = {
                "minutes": rf"(?P<m{position}>\d{{2}}(?!\d)|(?<!\d)\d(?!\d)|{alternation(self._minutes)})",
                "two_digits": rf"(?P<m{position}>[0-5]\d(?!\d)|{alternation(self._minutes)})",
                "minute_words": rf"(?P<m{position}>{alternation(self._minutes)})",
            }
            spelled = pattern.replace(" ", r"\s{1,3}")
            for name, numbers in minutes.items():
                spelled = spelled.replace(f"{{{name}}}", numbers)
            numbered.append(rf"(?P<f{position}>{spelled})")
        return "|".join(numbered) or "(?!)"

    def find(self, text: str) -> list[ValueMatch]:
        """Find the times of a text that has digits or a word for an hour."""
        clocks: list[Clock] = []
        for match in islice(self._anchor.finditer(text), _MOST_HOURS):
            clock = self._clock(text, match, clocks)
            if clock:
                clocks = [*self._with_begin(text, clocks, clock), clock, *self._after_it(text, clock)]
        clocks = _longest(clocks)
        if any(clock.has_open_half for clock in clocks):
            clocks = self._parts.decided(text, clocks)
        counted = [self._distances.counted(text, clock) for clock in clocks]
        return [match for match in map(self._match, counted) if match]

    def _match(self, clock: Clock) -> ValueMatch | None:
        minute = clock.minute_of_day
        if minute is None:
            return None
        is_open = clock.is_spoken and clock.has_open_half and self._locale.has_two_halves
        others = (written_minute(minute + MINUTES_OF_HALF_DAY, None),) if is_open else ()
        return ValueMatch(clock.start, clock.end, written_minute(minute, clock.seconds), others)

    def _clock(self, text: str, match: re.Match[str], before: list[Clock]) -> Clock | None:
        """Return the time at an hour, or None if the hour is only a number."""
        start, end = match.span()
        if not begins_word(text, start) and not _ISO_DATE_BEFORE.search(text[max(0, start - 2) : start]):
            return None
        hour = int(match["hour"]) if match["hour"] else self._hours[dictionary_form(match["word"])]
        clock = Clock(start, end, hour, int(match["minute"] or 0), match["second"], is_spoken=not match["minute"])
        is_certain = match["sign"] in (":", "h", "H") and bool(_NOT_GOING_ON.match(text, end))
        needs_cue = match["sign"] is not None
        if clock.is_spoken:
            clock, is_certain, needs_cue = self._with_spoken_minutes(text, clock)
        clock = clock._replace(has_cue=self._cues.is_before(text, clock.start, hour, is_word=bool(match["word"])))
        mark = self._mark.match(text, clock.end)
        if mark and self._is_hour_word(text, clock, mark["mark"], before):
            clock, is_certain = clock._replace(end=mark.end()), True
        clock = self._parts.beside(text, clock, self._cues)
        if clock.part is None and not is_certain:
            is_free = self._cues.is_free(text, clock.end) and _NOT_GOING_ON.match(text, clock.end)
            has_cue = clock.has_cue and not (self._locale.clock.cue_needs_hour_word and clock.minutes == 0)
            if not is_free or (needs_cue and not has_cue):
                return None
        return clock if ends_word(text, clock.end) or _ISO_ZONE.match(text, clock.end) else None

    def _is_hour_word(self, text: str, clock: Clock, word: str, others: list[Clock]) -> bool:
        """Whether a word after the hour makes it a time; `2 horas` is a duration, `a las 20 horas` a time."""
        if clock.has_cue or not clock.is_spoken or dictionary_form(word) not in self._locale.clock.duration_words:
            return True
        before = self._linked_hour(text, clock, others)
        return before is not None and clock.hour > _LAST_SHORT_DURATION and self._cues.allows_and(text, before.start())

    def _with_spoken_minutes(self, text: str, clock: Clock) -> tuple[Clock, bool, bool]:
        """Add minutes in words; also return whether it is surely a time, and whether it needs a cue to be one."""
        match = self._after.match(text, clock.end)
        position = _position(match)
        is_range = (
            position is not None
            and "{minutes}" in self._after_forms[position].after
            and self._cues.begins_range(text, clock.start)
        )
        if match and position is not None and not is_range and not self._counted.match(text, match.end()):
            form = self._after_forms[position]
            minutes = self._minutes_named(match, position)
            is_mere_number = form.after.endswith("{minute_words}")
            if minutes is not None and not (is_mere_number and minutes < _LEAST_MERE_MINUTES):
                added = clock._replace(end=match.end(), minutes=form.shift + form.direction * minutes)
                is_clear = is_mere_number and (
                    clock.start == 0 or self._cues.is_beside_day(text, clock.start, match.end())
                )
                return added, form.is_certain, not is_clear
        start, added_minutes = self.minutes_before(text, clock.start)
        if start < clock.start:
            return clock._replace(start=start, minutes=added_minutes), False, False
        return clock, False, True

    def minutes_before(self, text: str, hour_start: int) -> tuple[int, int]:
        """Return where a time begins and what is added to its hour: `quarter to` before `8` or before `midnight`."""
        if word_before(text, hour_start) not in self._before_triggers:
            return hour_start, 0
        match = self._before.search(text, max(0, hour_start - _REACH), hour_start)
        position = _position(match)
        if match and position is not None:
            form = self._before_forms[position]
            minutes = self._minutes_named(match, position)
            if minutes is not None and self._are_minutes(text, match, position, minutes):
                return match.start(), form.shift + form.direction * minutes
        return hour_start, 0

    def stands_free(self, text: str, start: int, end: int) -> bool:
        """Whether `noon` or the like is a time, and not part of another thing: `the midnight show`."""
        return self._cues.is_free(text, end) or self._cues.is_before(text, start, NOON, is_word=False)

    def _minutes_named(self, match: re.Match[str], position: int) -> int | None:
        """Return the minutes of a form; 0 if it names none, None if they are no minutes."""
        written = match.groupdict().get(f"m{position}")
        if written is None:
            return 0
        minutes = int(written) if written.isdecimal() else self._minutes[dictionary_form(written)]
        return minutes if minutes < _MINUTES_OF_HOUR else None

    def _are_minutes(self, text: str, match: re.Match[str], position: int, minutes: int) -> bool:
        """Whether the number of `10 to 9` counts minutes, and is not the begin of a range."""
        written = match.groupdict().get(f"m{position}")
        if written is None:
            return True
        if match[f"f{position}"].split()[1][:3].lower() == "min":
            return True
        if minutes not in _ROUND_MINUTES or self._cues.begins_range(text, match.start()):
            return False
        is_range = self._link.search(text, match.start(), match.end()) is not None
        has_cue = self._cues.is_before(text, match.start(), 0, is_word=False)
        return not (is_range and written.isdecimal() and minutes <= 12) or has_cue

    def _linked_hour(self, text: str, clock: Clock, others: list[Clock]) -> re.Match[str] | None:
        """Return the hour before a time that is joined to it: the 7 of `7-8 pm`."""
        link = self._link.search(text, max(0, clock.start - _REACH), clock.start)
        if link is None:
            return None
        hour = self._hour_before.search(text, max(0, link.start() - _REACH), link.start())
        if hour is None:
            return None
        known = next((other for other in others if other.end == hour.end()), None)
        has_between = self._cues.allows_and(text, known.start if known else hour.start())
        is_and = dictionary_form(link["link"]).strip() in self._both
        is_spaced_dash = link["link"].startswith(" ") and link["link"].strip() in "-\u2013\u2014"
        is_doubtful = is_and or (is_spaced_dash and self._cues.is_for_people(text, hour.start()))
        is_doubtful = is_doubtful or self._is_rather_at(text, link.start(), clock.start, known, hour.start())
        return hour if has_between or not is_doubtful else None

    def _is_rather_at(self, text: str, link_start: int, hour_start: int, before: Clock | None, start: int) -> bool:
        """Whether `a las` means at: in `para 5 a las 8`, but not in `de 5 a las 8` and `a las 5 a las 8`."""
        is_at = " ".join(text[link_start:hour_start].lower().split()) in self._locale.clock.cues
        begins = (before is not None and before.has_cue) or self._cues.begins_range(text, start)
        return is_at and not begins

    def _with_begin(self, text: str, clocks: list[Clock], end: Clock) -> list[Clock]:
        """Return the times before one, of which the begin of its range has the same part of the day: `7-8 pm`."""
        match = self._linked_hour(text, end, clocks)
        if match is None:
            return clocks
        known = next((clock for clock in clocks if clock.end == match.end()), None)
        if known:
            return [_earlier(clock, end) if clock is known and clock.part is None else clock for clock in clocks]
        hour = int(match["hour"]) if match["hour"] else self._hours[dictionary_form(match["word"])]
        first = Clock(*match.span(), hour, int(match["minute"] or 0), is_spoken=not match["minute"])
        return [*clocks, _earlier(first, end)]

    def _after_it(self, text: str, clock: Clock) -> Iterator[Clock]:
        """Yield the bare hour that is joined to a time with a cue: `um 8 oder 9`."""
        match = self._hour_after.match(text, clock.end)
        if match and clock.has_cue and clock.part is None and clock.is_spoken:
            hour = int(match["hour"]) if match["hour"] else self._hours[dictionary_form(match["word"])]
            start, end = match.span("hour") if match["hour"] else match.span("word")
            if self._cues.is_free(text, end) and _NOT_GOING_ON.match(text, end):
                yield Clock(start, end, hour)


def _longest(clocks: list[Clock]) -> list[Clock]:
    """Return the times that do not overlap, in text order; of overlapping ones the longest."""
    kept: list[Clock] = []
    for clock in sorted(clocks, key=lambda one: (one.start - one.end, one.part is None, one.start)):
        if all(clock.end <= other.start or other.end <= clock.start for other in kept):
            kept.append(clock)
    return sorted(kept, key=lambda one: one.start)


def _earlier(first: Clock, second: Clock) -> Clock:
    """Return the begin of a range in the half of the day that puts it before the end: `10 to 2 pm`."""
    if second.part is None or not 1 <= first.hour <= 12:
        return first
    same = first._replace(part=second.part)
    is_later = (same.minute_of_day or 0) > (second.minute_of_day or 0)
    return first._replace(part={"pm": "am", "am": "pm"}.get(second.part, "morning")) if is_later else same


def _ending_words(pattern: str) -> set[str]:
    """Return the words that may stand right before the hour: `past` and `after` of `quarter (?:past|after)`."""
    words = re.findall(r"\w+", pattern.rsplit(" ", 1)[-1])
    return {spelling for word in words for spelling in plain_spellings(word)}


def _position(match: re.Match[str] | None) -> int | None:
    """Return which of several numbered forms matched."""
    if match is None:
        return None
    return next(int(name[1:]) for name, found in match.groupdict().items() if name[0] == "f" and found is not None)
