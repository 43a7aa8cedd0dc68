"""Times counted from a time: `an hour before 8 pm`, `eine halbe Stunde nach acht`."""

from pipelines.nlu.system.dates.days import compiled
from pipelines.nlu.system.dates.offsets import COUNT, count_of, unit_names
from pipelines.nlu.system.locale import SystemLocale, alternation, dictionary_form, with_plain_spellings
from pipelines.nlu.system.times.clock_values import Clock

_REACH = 50  # characters that are read back from a time
_MINUTES = {"minute": 1, "hour": 60}


class ClockDistances:
    """Reads distances before the times of one language."""

    def __init__(self, locale: SystemLocale) -> None:
        words = locale.days
        self._locale = locale
        self._units = {name: unit for name, unit in unit_names(locale).items() if unit in _MINUTES}
        fixed = {phrase: steps for phrase, (steps, unit) in words.distances.items() if unit == "minute"}
        self._fixed = with_plain_spellings(fixed)
        self._before = set(with_plain_spellings(dict.fromkeys(words.before, 0)))
        distance = (
            rf"(?P<fixed>{alternation(self._fixed)})|(?P<count>{COUNT})\s{{1,3}}(?P<unit>{alternation(self._units)})"
        )
        relation = alternation([*words.after, *words.before])
        article = rf"(?:(?:{alternation(locale.clock.hour_articles)})\s{{1,3}})?"
        self._pattern = compiled(rf"(?<!\w)(?:{distance})\s{{1,3}}(?P<relation>{relation})\s{{1,3}}{article}$")

    def counted(self, text: str, clock: Clock) -> Clock:
        """Return a time with the distance before it, if any."""
        match = self._pattern.search(text, max(0, clock.start - _REACH), clock.start)
        if match is None:
            return clock
        count = 1 if match["fixed"] else count_of(match["count"], self._locale)
        if count is None:
            return clock
        if match["fixed"]:
            minutes = self._fixed[dictionary_form(match["fixed"])]
        else:
            minutes = count * _MINUTES[self._units[dictionary_form(match["unit"])]]
        is_before = dictionary_form(match["relation"]) in self._before
        return clock._replace(start=match.start(), shift=-minutes if is_before else minutes)
