"""What the database knows of the time, and whether this process's clock agrees with it.

    health  {_id: "clock", at, watched_seconds, checked_at}

Two things speak against a clock: the time that the last sweeps went by, stored in the database, and the clock of the
database's own machine. A process whose clock they contradict deletes nothing, and goes by them when it says for how
long what it writes is kept.
"""

import logging
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.schemas.keys import HEALTH
from pipelines.schemas.stored import UNREADABLE, describe_fault, usable_moment
from serving.store.client import Database, Document

BELIEVED = timedelta(days=3)
"""How far the clock may be from the last sweep: a long weekend without the platform."""
ACCEPTED_AFTER = timedelta(days=1)
AGREED = timedelta(minutes=5)
"""How far the clocks of this machine and of the database's may be apart."""
_CLOCK = "clock"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClockRecord:
    """The clock as the database knows it.

    Attributes
    ----------
    at
        The time of the last sweep whose clock was believed.
    watched_seconds
        How long a clock that is too far from that was seen to run on.
    checked_at
        The time of the last sweep by such a clock; None without doubt.
    """

    at: datetime
    watched_seconds: float = 0.0
    checked_at: datetime | None = None

    @property
    def is_doubted(self) -> bool:
        """Whether nothing may be deleted by the clock that was seen last."""
        return self.checked_at is not None


def judge_clock(known: ClockRecord | None, *, now: datetime, elapsed_seconds: float) -> ClockRecord:
    """Return what to believe of the clock; `elapsed_seconds` is for how long this process has run since its last check.

    Without a record, `now` is believed. So is a clock near the last sweep, which the slower of two does not set back.
    """
    if known is None:
        return ClockRecord(at=now)
    if abs(now - known.at) <= BELIEVED:
        return ClockRecord(at=max(now, known.at))
    watched = 0.0
    if known.checked_at is not None and now >= known.checked_at and (known.checked_at > known.at) == (now > known.at):
        # no more than has passed by the clock itself: several processes watch the same hours
        watched = known.watched_seconds + min(elapsed_seconds, (now - known.checked_at).total_seconds())
    if watched >= ACCEPTED_AFTER.total_seconds():
        return ClockRecord(at=now)
    return ClockRecord(at=known.at, watched_seconds=watched, checked_at=now)


def describe_jump(known: ClockRecord, *, now: datetime) -> str:
    """Return a sentence about a clock that is not believed."""
    days, side = round(abs(now - known.at) / timedelta(days=1)), "after" if now > known.at else "before"
    return (
        f"the clock says {now:%Y-%m-%d %H:%M}, {days} days {side} the newest time in the database, "
        f"{known.at:%Y-%m-%d %H:%M}: nothing that has expired is deleted until it has run on for "
        f"{ACCEPTED_AFTER.total_seconds() / 3600:.0f} hours"
    )


def describe_disagreement(error: timedelta) -> str:
    """Return a sentence about a clock that differs from that of the database's machine; `error` is positive ahead."""
    side = "ahead of" if error > timedelta() else "behind"
    return (
        f"this machine's clock is {_in_words(abs(error))} {side} that of the database's machine; nothing that has "
        f"expired is deleted by it"
    )


def _in_words(gap: timedelta) -> str:
    if gap >= timedelta(days=2):
        return f"{gap / timedelta(days=1):.0f} days"
    if gap >= timedelta(hours=2):
        return f"{gap.total_seconds() / 3600:.0f} hours"
    return f"{gap.total_seconds() / 60:.0f} minutes"


@dataclass(frozen=True)
class ClockCheck:
    """A clock beside what the database knows.

    Attributes
    ----------
    now
        This process's clock.
    server
        The clock of the database's machine; None if it does not tell.
    known
        The time of the last sweeps; None before the first.
    """

    now: datetime
    server: datetime | None
    known: ClockRecord | None

    @property
    def server_error(self) -> timedelta:
        """How far the clock is ahead of that of the database's machine; zero if they agree."""
        error = timedelta() if self.server is None else self.now - self.server
        return error if abs(error) > AGREED else timedelta()

    @property
    def error(self) -> timedelta:
        """How far the clock is ahead of what is to be believed.

        If the database's machine contradicts it, that is believed: a database that deletes by itself goes by its own
        clock. If both have the same clock, the last sweeps say more.
        """
        if self.server_error or self.known is None or abs(self.now - self.known.at) <= BELIEVED:
            return self.server_error
        return self.now - self.known.at

    @property
    def problem(self) -> str | None:
        """A sentence about a clock that is not believed."""
        if self.server_error:
            return describe_disagreement(self.server_error)
        return describe_jump(self.known, now=self.now) if self.known is not None and self.error else None


async def read_clock(database: Database) -> ClockRecord | None:
    """Return what the last sweeps have stored of the time; None if that is nothing, or cannot be read."""
    reading = database.collection(HEALTH).find_one({"_id": _CLOCK})
    document = await database.call("read the clock", reading)
    if document is None:
        return None
    try:
        return _clock_record(document)
    except UNREADABLE as error:
        _log.error("what the database knows of the clock cannot be read: %s", describe_fault(error))
        return None


def _clock_record(document: Document) -> ClockRecord:
    at, checked_at = document["at"], document["checked_at"]
    watched_seconds = float(document["watched_seconds"])
    if (
        not isinstance(at, datetime)
        or not isinstance(checked_at, datetime | None)
        or not math.isfinite(watched_seconds)
    ):
        raise TypeError("not a clock's record")
    return ClockRecord(usable_moment(at), watched_seconds, checked_at)


async def store_clock(database: Database, record: ClockRecord) -> None:
    """Store what a sweep believes of the time."""
    fields = {"at": record.at, "watched_seconds": record.watched_seconds, "checked_at": record.checked_at}
    writing = database.collection(HEALTH).replace_one({"_id": _CLOCK}, {"_id": _CLOCK, **fields}, upsert=True)
    await database.call("write the clock", writing)


async def set_clock_error(database: Database, now: datetime) -> None:
    """Let what is written be kept by the right time, whatever this process's clock says; log a new disagreement."""
    check = ClockCheck(now, await database.server_time(), await read_clock(database))
    if check.problem is not None and not database.clock_error:
        _log.warning("%s", check.problem)
    database.clock_error = check.error
