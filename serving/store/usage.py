"""What each bot has used of the language model: one small counter an hour and one a month, shared by all processes.

Tokens are reserved before a question goes out, by an update that only matches while there is room, so that processes
that ask at once cannot spend the same rest twice; afterwards the reservation is put right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.schemas.keys import LLM_USAGE, usage_key
from serving.store.client import Collection, Database, DuplicateKeyError

KEPT = timedelta(days=7)
"""How long a counter stays after its period has ended."""


@dataclass(frozen=True, slots=True)
class Period:
    """An hour or a month of a bot: the `_id` of its counter, what may be used in it, and when it ends."""

    name: str
    key: str
    limit: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Reservation:
    """Tokens that nobody else can spend."""

    tokens: int
    periods: tuple[Period, ...]


class TokenBudget:
    """Reserves tokens of a bot's budgets.

    Parameters
    ----------
    database
        An open connection.
    tokens_per_hour
        What each bot may use in an hour of the clock; 0 allows nothing.
    tokens_per_month
        What each bot may use in a month of the calendar, in UTC; 0 allows nothing.
    now
        The current time, with its zone.
    """

    def __init__(
        self, database: Database, *, tokens_per_hour: int, tokens_per_month: int, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._usage: Collection = database.collection(LLM_USAGE)
        self._limits = (tokens_per_hour, tokens_per_month)
        self._now = now

    async def reserve(self, bot: str, tokens: int) -> Reservation | Period:
        """Set tokens aside before they are used.

        Parameters
        ----------
        bot
            Whose budget it is.
        tokens
            How many, at the most, will be used.

        Returns
        -------
        Reservation | Period
            What was set aside, to be settled; or the period whose budget has no room for it.

        Raises
        ------
        StoreUnavailable
            The database does not answer.
        """
        reserved = Reservation(tokens, ())
        for period in self._periods(bot):
            if not await self._take(period, tokens):
                await self.settle(reserved, 0)
                return period
            reserved = Reservation(tokens, (*reserved.periods, period))
        return reserved

    async def settle(self, reservation: Reservation, used: int) -> None:
        """Count what was really used in place of what was set aside.

        Parameters
        ----------
        reservation
            What `reserve` gave.
        used
            Tokens, also more than were reserved.

        Raises
        ------
        StoreUnavailable
            The database does not answer; what was set aside counts as used.
        """
        change = used - reservation.tokens
        for period in reservation.periods if change else ():
            await self._database.call(
                "settle usage", self._usage.update_one({"_id": period.key}, {"$inc": {"tokens": change}})
            )

    async def _take(self, period: Period, tokens: int) -> bool:
        if tokens > period.limit:
            return False
        if await self._add(period, tokens):
            return True
        document = {"_id": period.key, "tokens": tokens, "expires_at": period.ends_at + KEPT}
        try:
            await self._database.call("begin usage", self._usage.insert_one(document))
        except DuplicateKeyError:
            # It was there and full, or somebody has just begun it.
            return await self._add(period, tokens)
        return True

    async def _add(self, period: Period, tokens: int) -> bool:
        has_room = {"_id": period.key, "tokens": {"$lte": period.limit - tokens}}
        update = self._usage.update_one(has_room, {"$inc": {"tokens": tokens}})
        return (await self._database.call("reserve usage", update)).matched_count == 1

    def _periods(self, bot: str) -> tuple[Period, Period]:
        hour = self._now().replace(minute=0, second=0, microsecond=0)
        month = hour.replace(day=1, hour=0)
        hour_key, month_key = usage_key(bot, f"{hour:%Y-%m-%dT%H}"), usage_key(bot, f"{month:%Y-%m}")
        next_month = (month + timedelta(days=32)).replace(day=1)
        return (
            Period("hour", hour_key, self._limits[0], hour + timedelta(hours=1)),
            Period("month", month_key, self._limits[1], next_month),
        )
