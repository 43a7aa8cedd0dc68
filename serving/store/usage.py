"""Each bot's use of the language model: one small counter per hour and one per month, shared by all processes.

Tokens are reserved before a request by an update that only matches while there is room, so that concurrent processes
cannot spend the same remainder twice; afterwards the reservation is corrected.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.schemas.keys import LLM_USAGE, usage_key
from serving.store.client import Collection, Database, DuplicateKeyError

KEPT = timedelta(days=7)
"""How long a counter is kept after the end of its period."""


@dataclass(frozen=True, slots=True)
class Period:
    """A bot's hour or month: the `_id` of its counter, its budget, and its end."""

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
    tokens_per_hour
        Budget per hour of the clock; 0 allows nothing.
    tokens_per_month
        Budget per calendar month, in UTC; 0 allows nothing.
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
        """Reserve the most tokens that a request may use, or return the period whose budget has no room for them."""
        reserved = Reservation(tokens, ())
        for period in self._periods(bot):
            if not await self._take(period, tokens):
                await self.settle(reserved, 0)
                return period
            reserved = Reservation(tokens, (*reserved.periods, period))
        return reserved

    async def settle(self, reservation: Reservation, used: int) -> None:
        """Count the tokens actually used, possibly more, instead of those reserved.

        Raise `StoreUnavailable` if the database does not respond; the reserved tokens then count as used.
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
            # It exists and is full, or was just created by another process.
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
