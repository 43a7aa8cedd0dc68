"""Holidays: fixed days of the year, and those that move with Easter or with Thanksgiving."""

from datetime import date, timedelta


def holiday(rule: str, year: int) -> date:
    """Return a holiday of a year; `12-24` is a month and day, `easter-2` two days before Easter.

    `black friday+0` is the day after the fourth Thursday of November. Raises ValueError or OverflowError outside the
    calendar.
    """
    if rule[0].isdigit():
        return date(year, int(rule[:2]), int(rule[3:]))
    if rule.startswith("easter"):
        return _easter(year) + timedelta(days=int(rule.removeprefix("easter")))
    first = date(year, 11, 1)
    thanksgiving = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    return thanksgiving + timedelta(days=1 + int(rule.removeprefix("black friday")))


def next_holiday(rule: str, today: date) -> date:
    """Return the first such day that is not over."""
    this_year = holiday(rule, today.year)
    return this_year if this_year >= today else holiday(rule, today.year + 1)


def _easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar.

    References
    ----------
    Meeus, 1991, "Astronomical Algorithms", chapter 8.
    """
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - correction + 15) % 30
    to_sunday = (32 + 2 * century_rest + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
