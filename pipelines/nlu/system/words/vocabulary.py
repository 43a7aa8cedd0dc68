"""What the tables of date and time words hold; `english.py` and the like fill them, one file per language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

DayUnit = Literal["day", "week", "month", "year"]
OffsetUnit = Literal["minute", "hour", "day", "week", "month", "year"]
PeriodName = Literal["week", "month", "month end", "year end", "weekend"]
PartOfDay = Literal["morning", "afternoon", "evening", "night"]


@dataclass(frozen=True)
class DayWords:
    """How one language speaks of days."""

    days: Mapping[str, int] = field(default_factory=dict)  # phrase → days from today
    not_after: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Word → preceding words that make it no date (`guten` before `morgen`)."""
    day_parts: tuple[str, ...] = ()  # after a day, they belong to it: `tomorrow evening`, `mañana por la mañana`
    has_compounds: bool = False  # `Freitagabend`
    more_months: Mapping[str, int] = field(default_factory=dict)  # spellings that the CLDR does not list
    more_weekdays: Mapping[str, int] = field(default_factory=dict)
    more_short_weekdays: Mapping[str, int] = field(default_factory=dict)
    words_like_weekdays: frozenset[str] = frozenset()  # short weekdays that are a weekday only beside a date
    words_like_months: frozenset[str] = frozenset()  # months that need a number of their own: `may 5 people come`
    ordinals: Mapping[str, int] = field(default_factory=dict)  # word → day of the month: `fifth of May`
    cardinals: Mapping[str, int] = field(default_factory=dict)  # the same, only beside a month: `march seven`
    late_ordinals: frozenset[str] = frozenset()  # these need only a day cue: `the twentieth`
    ones: frozenset[str] = frozenset()  # articles that count as one: `in a week`
    coming: tuple[str, ...] = ()  # markers beside a weekday: the next one
    gone: tuple[str, ...] = ()  # the last one
    after_next: tuple[str, ...] = ()  # before a weekday: the one after the next
    then_after_next: tuple[str, ...] = ()  # behind a weekday: the one after the next
    repeated: frozenset[str] = frozenset()  # before a weekday, they make it no single day: `every Friday`
    date_cues: tuple[str, ...] = ()  # after these, `12/5` is a date and not a fraction
    short_cues: tuple[str, ...] = ()  # after these, `sat` is a weekday
    since_cues: tuple[str, ...] = ()  # of those, they mean the last weekday: `since Monday`
    day_cues: tuple[str, ...] = ()  # after these, `5` (in English: `5th`) is a day of the month
    ordinal_cues: tuple[str, ...] = ()  # after these, `fifth` is a day of the month
    articles: tuple[str, ...] = ()  # between a weekday and its date, or before a day of the month
    between_day_and_month: tuple[str, ...] = ()  # `5th of May`
    until: tuple[str, ...] = ()  # between the ends of a range: `3 to 5 May`
    either: tuple[str, ...] = ()  # between the items of a list: `3 and 5 May`
    units: Mapping[str, tuple[int, DayUnit]] = field(default_factory=dict)  # `fortnight` → 14 days
    the_day: tuple[str, ...] = ()  # counts as one day: `the day after Friday`
    after: tuple[str, ...] = ()  # `two days after Friday`
    before: tuple[str, ...] = ()
    since: tuple[str, ...] = ()  # of those after: `3 días desde el viernes` may last three days
    starting: tuple[str, ...] = ()  # `in two weeks from tomorrow`
    lasting: frozenset[str] = frozenset()  # `for two weeks from Monday` is no distance
    week_later: tuple[str, ...] = ()  # behind a day: `friday week`
    week_on: tuple[str, ...] = ()  # `a week on Friday`
    about_a_week: frozenset[int] = frozenset()  # `Freitag in acht Tagen` is a week later
    periods: Mapping[str, tuple[PeriodName, int]] = field(default_factory=dict)  # phrase → period, steps from now
    not_before_period: frozenset[str] = frozenset()  # `over the next week`
    in_period: tuple[str, ...] = ()  # between a weekday and its week: `Friday of next week`
    any_month: tuple[str, ...] = ()  # behind a day or a counted weekday: `the last Friday of the month`
    this_month: tuple[str, ...] = ()
    next_month: tuple[str, ...] = ()
    years: Mapping[str, int] = field(default_factory=dict)  # behind a date: `Christmas next year`
    nth: Mapping[str, int] = field(default_factory=dict)  # `the last Friday of May`; the last is -1
    holidays: Mapping[str, str] = field(default_factory=dict)  # name → its rule in `holidays.py`
    loose_holidays: Mapping[str, str] = field(default_factory=dict)
    """Names that are often only part of another thing (`Christmas menu`)."""
    greetings: frozenset[str] = frozenset()  # before a holiday or a part of the day: `merry Christmas`
    holiday_links: tuple[str, ...] = ()  # `cena de Navidad` is no day, `después de Navidad` is
    about: tuple[str, ...] = ()  # before a count: `in about two hours`
    distances: Mapping[str, tuple[int, OffsetUnit]] = field(default_factory=dict)  # `half an hour` → 30 minutes
    and_a_half: tuple[str, ...] = ()  # `{n}` is a number: `{n} and a half`
    offset_prefixes: Mapping[str, str] = field(default_factory=dict)  # colloquial → as in the CLDR's `in 3 days`
    more_offsets: tuple[tuple[str, OffsetUnit, int], ...] = ()  # templates that the CLDR does not list, direction
    no_days: tuple[str, ...] = ()  # phrases in which a weekday is none: `casual Friday`
    may_follow: frozenset[str] = frozenset()  # after these, a number counted nothing: `on the 5th please`
    counted: frozenset[str] = frozenset()  # things that are counted: `December 5 people`


@dataclass(frozen=True)
class ClockForm:
    """A way to say minutes, `before` or `after` the hour.

    Both are regular expressions in which `{minutes}` is a number, `{two_digits}` one of two digits or in words, and
    `{minute_words}` one in words. The time is the hour plus `shift` minutes, plus (`direction` 1) or minus (-1) the
    minutes named.
    """

    before: str = ""
    after: str = ""
    shift: int = 0
    direction: int = 1
    is_certain: bool = True  # whether it is a time without `at`, `pm` or the like


@dataclass(frozen=True)
class ClockWords:
    """How one language tells the time."""

    hours: Mapping[str, int] = field(default_factory=dict)
    minutes: Mapping[str, int] = field(default_factory=dict)
    forms: tuple[ClockForm, ...] = ()
    noon: tuple[str, ...] = ()
    midnight: tuple[str, ...] = ()
    later_than_named: Mapping[str, int] = field(default_factory=dict)  # `midi et demi`
    hour_words: tuple[str, ...] = ()  # after the hour: `17 Uhr`
    cues: tuple[str, ...] = ()  # before the hour: `at 5`, `a las 5`
    duration_words: frozenset[str] = frozenset()  # of those, they need a cue: `2 horas` last
    cues_of_one: frozenset[str] = frozenset()  # `a la una`
    weak_cues: tuple[str, ...] = ()  # the same, only behind a day: `tonight around 8`
    doubtful_cues: frozenset[str] = frozenset()  # before a small number in words they mean another thing: `las dos`
    cue_needs_hour_word: bool = False  # `à 8 heures`, and not `à 8`
    not_a_cue_after: frozenset[str] = frozenset()  # `leave it at 4`
    not_people_after: frozenset[str] = frozenset()  # `an alarm for 6 in the morning`
    pronouns: frozenset[str] = frozenset()  # may stand between
    for_people: tuple[str, ...] = ()  # `a table for 8 tonight`
    parts: Mapping[str, PartOfDay] = field(default_factory=dict)  # beside the hour: `5 in the afternoon`
    weak_parts: tuple[str, ...] = ()  # of those, they need a cue: `8 tonight`
    parts_elsewhere: Mapping[str, PartOfDay] = field(default_factory=dict)  # in the sentence: `tonight at 8`
    am_is_a_word: bool = False  # `um 8 am Freitag`
    between: tuple[str, ...] = ()  # before the first hour, they allow `and`: `between 7 and 8 pm`
    range_begins: tuple[str, ...] = ()  # `from ten to nine` are no ten minutes
    until: tuple[str, ...] = ()  # `7 to 8 pm`
    either: tuple[str, ...] = ()
    both: tuple[str, ...] = ()
    hour_articles: tuple[str, ...] = ()  # before the second hour: `entre las 7 y las 8`


def words(text: str) -> frozenset[str]:
    """Return the words of a table's line."""
    return frozenset(text.split())


def inflected(stems: str, endings: Iterable[str] = ("e", "en", "er", "em", "es")) -> tuple[str, ...]:
    """Return every stem with every ending."""
    return tuple(stem + ending for stem in stems.split() for ending in endings)


def numbered(text: str, first: int = 1) -> dict[str, int]:
    """Return words with their numbers; `|` joins the spellings of one number, and `_` is a blank in a word."""
    return {
        spelling.replace("_", " "): number
        for number, spellings in enumerate(text.split(), first)
        for spelling in spellings.split("|")
    }
