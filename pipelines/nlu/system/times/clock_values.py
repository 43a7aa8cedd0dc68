"""A time as spoken, and as written on the 24-hour clock."""

from typing import NamedTuple

NOON = 12
MINUTES_OF_HALF_DAY = NOON * 60
MINUTES_OF_DAY = 2 * MINUTES_OF_HALF_DAY
_LAST_HOUR_OF_NIGHT = 5


class Clock(NamedTuple):
    """A time in a text: characters `[start, end)`, the hour as spoken, and what is added to it."""

    start: int
    end: int
    hour: int
    minutes: int = 0  # negative in `quarter to 8`
    seconds: str | None = None
    part: str | None = None  # am, pm, or the part of the day
    is_spoken: bool = True  # and not written as `7:30`
    has_cue: bool = False
    shift: int = 0  # minutes: -60 in `an hour before 8`

    @property
    def minute_of_day(self) -> int | None:
        """Minutes since midnight; None for an hour that no clock has."""
        hour = in_24_hours(self.hour, self.part)
        if hour is None:
            return None
        if self.part is None and self.hour == 1 and self.minutes < 0:
            hour = 13  # `quarter to one` is at lunch
        return (hour * 60 + self.minutes + self.shift) % MINUTES_OF_DAY

    @property
    def has_open_half(self) -> bool:
        """Whether the time may be before or after noon, as far as the words beside it tell."""
        return self.part is None and 1 <= self.hour < 12 and (self.minute_of_day or 0) < MINUTES_OF_HALF_DAY


def in_24_hours(hour: int, part: str | None) -> int | None:
    """Return an hour as spoken on the 24-hour clock; None if there is no such hour."""
    if part in ("am", "pm"):
        return hour % NOON + (NOON if part == "pm" else 0) if 1 <= hour <= NOON else None
    if hour > 24:
        return None
    if part == "night" and hour <= _LAST_HOUR_OF_NIGHT:
        return hour
    if part in ("evening", "night") and hour == NOON:
        return 0
    is_later = part in ("afternoon", "evening", "night") and 1 <= hour < NOON
    return hour + NOON if is_later else hour


def written_minute(minute: int, seconds: str | None) -> str:
    """Return the canonical form of a minute of the day."""
    hour, rest = divmod(minute % MINUTES_OF_DAY, 60)
    return f"{hour:02}:{rest:02}" + (f":{int(seconds):02}" if seconds else "")
