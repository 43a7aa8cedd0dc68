"""Days counted from other days: `two weeks from today`, `the day after Friday`, `Friday next week`."""

from datetime import date, timedelta
from functools import partial

from pipelines.nlu.system.dates.days import Day, DayRule, compiled, longest
from pipelines.nlu.system.dates.offsets import COUNT, Offset, count_of
from pipelines.nlu.system.dates.spoken_days import SpokenDayGrammar
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.words.vocabulary import DayUnit

_SHORT_KINDS = ("weekday", "relative")
_REACH = 50  # characters that are read back from a day


class DaySums:
    """Joins the days of a text that are one: each is part of how the other is computed."""

    def __init__(self, locale: SystemLocale, spoken: SpokenDayGrammar) -> None:
        words = locale.days
        self._locale = locale
        self._words = words
        self._spoken = spoken
        self._units = with_plain_spellings(words.units)
        self._since = set(with_plain_spellings(dict.fromkeys(words.since, 0)))
        self._before = set(with_plain_spellings(dict.fromkeys(words.before, 0)))
        unit = alternation(self._units)
        relation = alternation([*words.after, *words.before])
        article = rf"(?:(?:{alternation(words.articles)})\s{{1,3}})?"
        self._distance = compiled(
            rf"(?<!\w)(?:(?P<one>{alternation(words.the_day)})|(?:(?P<count>{COUNT})\s{{1,3}})?(?P<unit>{unit}))\s{{1,3}}"
            rf"(?P<relation>{relation})\s{{1,3}}{article}$"
        )
        self._a_week = compiled(
            rf"(?<!\w)(?:{alternation(words.ones)})\s{{1,3}}(?:{alternation(words.week_later)})\s{{1,3}}"
            rf"(?:(?:{alternation(words.week_on)})\s{{1,3}})?$"
        )
        self._lasting = compiled(rf"(?<!\w)(?:{alternation(words.lasting)})\s{{1,3}}$")
        self._starting = compiled(rf"\s{{1,3}}(?:{alternation(words.starting)})\s{{1,3}}{article}")
        self._week_later = compiled(rf"\s{{1,3}}(?:{alternation(words.week_later)})(?!\w)")
        self._of = compiled(rf",?\s{{1,3}}(?:(?:{alternation(words.in_period)})\s{{1,3}})?{article}")
        self._blank = compiled(r",?\s{1,3}")
        self._years = with_plain_spellings(words.years)
        self._year_later = compiled(rf",?\s{{1,3}}(?P<year>{alternation(self._years)})(?!\w)")
        self._until = compiled(
            rf"\s{{0,3}}(?:[-\u2013\u2014]|{alternation(words.until)})\s{{1,3}}{article}|[-\u2013\u2014]"
        )

    def join(self, text: str, days: list[Day]) -> list[Day]:
        """Return days that do not overlap, in text order, after joining those that belong together."""
        joined: list[Day] = []
        for day in longest(days):
            before = joined[-1] if joined else None
            both = self._both(text, before, day) if before else None
            if both:
                joined[-1] = both
            else:
                joined.append(self._after_range_begin(text, before, day))
        with_distance = [self._with_distance(text, day) for day in joined]
        return [day for day in with_distance if day and not self._spoken.is_this_week(text, day)]

    def _both(self, text: str, first: Day, second: Day) -> Day | None:
        """Return the day that two neighbours are together."""
        between = text[first.end : second.start]
        if len(between) > _REACH:
            return None
        rule: DayRule | None = None
        if self._of.fullmatch(between) and self._is_week(text, first) and second.kind == "weekday":
            rule = _in_week(second.weekday, first.rule)
        elif self._of.fullmatch(between) and self._spoken.is_week(text, second) and first.kind == "weekday":
            rule = _in_week(first.weekday, second.rule)
        elif second.kind == "offset" and first.kind in _SHORT_KINDS and self._blank.fullmatch(between):
            is_a_week = first.kind == "weekday" and self._is_about_a_week(text, second)
            rule = partial(_chained, first.rule, _week_from if is_a_week else second.rule)
        elif first.kind == "offset" and self._starting.fullmatch(between):
            rule = partial(_chained, second.rule, first.rule)
        return Day(first.start, second.end, "relative", rule) if rule else None

    def _is_week(self, text: str, day: Day) -> bool:
        """Whether a weekday beside it is a day in it: `next week`, `in two weeks`."""
        return self._spoken.is_week(text, day) or (day.kind == "offset" and self._is_weeks(text, day))

    def _is_weeks(self, text: str, day: Day) -> bool:
        written = dictionary_form(text[day.start : day.end]).split()
        return any(self._units.get(word, (0, "day"))[1] == "week" for word in written)

    def _is_about_a_week(self, text: str, day: Day) -> bool:
        written = dictionary_form(text[day.start : day.end]).split()
        has_days = any(self._units.get(word) == (1, "day") for word in written)
        counts = {count_of(word, self._locale) for word in written}
        return has_days and not counts.isdisjoint(self._words.about_a_week)

    def _after_range_begin(self, text: str, before: Day | None, day: Day) -> Day:
        """Let the weekday that ends a range come after its begin: `Friday to Monday`."""
        if before and day.kind == "weekday" and day.weekday is not None and before.kind in ("weekday", "relative"):
            between = text[before.end : day.start]
            if len(between) < _REACH and self._until.fullmatch(between):
                return day._replace(rule=partial(_weekday_after, day.weekday, before.rule))
        return day

    def _with_distance(self, text: str, day: Day) -> Day | None:
        """Count a distance named before or behind a day; None if the day is only part of something longer."""
        match = self._distance.search(text, max(0, day.start - _REACH), day.start)
        if match and day.kind != "offset":
            return self._counted_from(text, day, match.start(), match["count"] or "", match["unit"], match["relation"])
        year = self._year_later.match(text, day.end)
        if year and day.kind in ("date", "holiday") and not day.is_exact:
            steps = self._years[dictionary_form(year["year"])]
            return day._replace(end=year.end(), rule=partial(_in_year, day.rule, steps))
        later = self._week_later.match(text, day.end)
        if later and day.kind in _SHORT_KINDS:
            return Day(day.start, later.end(), "relative", partial(_chained, day.rule, _week_from))
        week = self._a_week.search(text, max(0, day.start - _REACH), day.start)
        if week and day.kind in _SHORT_KINDS and not self._lasting.search(text, 0, week.start()):
            return Day(week.start(), day.end, "relative", partial(_chained, day.rule, _week_from))
        return day

    def _counted_from(self, text: str, day: Day, start: int, count: str, unit: str | None, relation: str) -> Day | None:
        is_before = dictionary_form(relation) in self._before
        one_day: tuple[int, DayUnit] = (1, "day")
        steps, name = one_day if unit is None else self._units[dictionary_form(unit)]
        number = 1 if unit is None else count_of(count, self._locale)
        if number is None:
            # `the week after Christmas` is no day, and `Tage vor Freitag` neither
            return None if unit and name != "day" else day
        is_since = dictionary_form(relation) in self._since and day.kind != "relative"
        if is_since or self._lasting.search(text, max(0, start - _REACH), start):
            return day
        distance = Offset(start, day.end, (-1 if is_before else 1) * number * steps, name)
        return Day(start, day.end, "relative", partial(_chained, day.rule, distance.after))


def _in_week(weekday: int | None, week: DayRule) -> DayRule | None:
    return None if weekday is None else partial(_weekday_in, weekday, week)


def _weekday_in(weekday: int, week: DayRule, today: date) -> date:
    day = week(today)
    return day + timedelta(days=weekday - day.weekday())


def _week_from(day: date) -> date:
    return day + timedelta(days=7)


def _in_year(day: DayRule, years_on: int, today: date) -> date:
    # the rule gives the first such day from the beginning of that year
    return day(today.replace(year=today.year + years_on, month=1, day=1))


def _chained(first: DayRule, then: DayRule, today: date) -> date:
    return then(first(today))


def _weekday_after(weekday: int, first: DayRule, today: date) -> date:
    begin = first(today)
    return begin + timedelta(days=(weekday - begin.weekday() - 1) % 7 + 1)
