"""Each bot's use of the language model: one small counter per hour and one per month, shared by all processes.

Tokens are reserved before a request by an update that only matches while there is room, so that concurrent processes
cannot spend the same remainder twice; afterwards the reservation is corrected.

So that nobody uses up what others need, each thread and each client address has a share of a bot's hour, and a part of
every budget is kept for customers in the middle of a form.

A counter that is no number of tokens is put aside and begins anew: the budgets of the other periods still count.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import TypeGuard

from cachetools import TTLCache

from pipelines.errors import StoreRefused
from pipelines.schemas.keys import LLM_USAGE, sender_usage_key, usage_key
from serving.clock import utc_now
from serving.store.client import Collection, Database, Document, DuplicateKeyError
from serving.store.upkeep.quarantine import Quarantine

KEPT = timedelta(days=7)
"""How long a counter is kept after the end of its period. A sender's goes with the period."""
_KNOWN_FULL, _KNOWN_FULL_SECONDS = 10_000, 10.0
"""Senders whose share is used up are not looked up again at once: a flood must not become one on the database."""
_MOST_COUNTED = 2**53

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sends the message that is asked about; an empty address is not known.

    `is_in_form`: a form waits for the customer's answer.
    """

    thread: str
    address: str = ""
    is_in_form: bool = False


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of a bot's budgets: of one thread and one address in each hour, and of customers in a form."""

    thread: float = 1.0
    address: float = 1.0
    forms: float = 0.0


@dataclass(frozen=True, slots=True)
class Period:
    """A bot's or a sender's hour or month: the `_id` of its counter, its budget, and its end.

    `sender` is `thread` or `address` in a counter of a sender's, and `reserved` is the part of the budget that is kept
    for others.
    """

    name: str
    key: str
    limit: int
    ends_at: datetime
    sender: str = ""
    reserved: int = 0

    @property
    def used_up(self) -> str:
        """The sentence for when nothing is left."""
        if self.sender:
            return f"the share of this {self.sender}, {self.limit} of the bot's tokens for this hour, is used up"
        kept = f", apart from {self.reserved} kept for forms" if self.reserved else ""
        return f"the bot's budget of {self.limit} tokens for this {self.name} is used up{kept}"


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
    shares
        Nobody's by default.
    now
        The current time, with its zone.
    """

    def __init__(
        self,
        database: Database,
        *,
        tokens_per_hour: int,
        tokens_per_month: int,
        now: Callable[[], datetime],
        shares: Shares = Shares(),
    ) -> None:
        self._database = database
        self._usage: Collection = database.collection(LLM_USAGE)
        self._quarantine = Quarantine(database)
        self._limits = (tokens_per_hour, tokens_per_month)
        self._now = now
        self._shares = shares
        self._full: TTLCache[str, None] = TTLCache(_KNOWN_FULL, _KNOWN_FULL_SECONDS, timer=time.monotonic)

    async def used(self, bot: str) -> tuple[tuple[Period, int], ...]:
        """Return a bot's hour and month, each with the tokens that are used or reserved."""
        periods = self._periods(bot, None)
        query = self._usage.find({"_id": {"$in": [period.key for period in periods]}})
        counted = {
            row["_id"]: row.get("tokens") for row in await self._database.call("read usage", query.to_list(None))
        }
        return tuple((period, tokens if _is_count(tokens := counted.get(period.key)) else 0) for period in periods)

    async def reserve(self, bot: str, tokens: int, *, asker: Asker | None = None) -> Reservation | Period:
        """Reserve the most tokens that a request may use, or return the period whose budget has no room for them.

        Each sender may ask once an hour, however small its share is. Without an asker, only the bot's budgets count.
        """
        reserved = Reservation(tokens, ())
        for period in (*self._senders(bot, asker, tokens), *self._periods(bot, asker)):
            if not await self._take(period, tokens):
                await self.settle(reserved, 0)
                return period
            reserved = Reservation(tokens, (*reserved.periods, period))
        return reserved

    async def settle(self, reservation: Reservation, used: int) -> None:
        """Count the tokens actually used instead of those reserved; never more, whatever the caller was told.

        Raise `StoreUnavailable` if the database does not respond; the reserved tokens then count as used.
        """
        change = max(0, min(used, reservation.tokens)) - reservation.tokens
        for period in reservation.periods if change else ():
            await self._database.call(
                "settle usage", self._usage.update_one({"_id": period.key}, {"$inc": {"tokens": change}})
            )

    async def _take(self, period: Period, tokens: int) -> bool:
        if tokens > period.limit - period.reserved or period.key in self._full:
            return False
        with suppress(StoreRefused):  # some engines refuse to add to what is no number
            if await self._add(period, tokens):
                return True
        kept = timedelta() if period.sender else KEPT
        expiry = period.ends_at + kept - self._database.clock_error
        document = {"_id": period.key, "tokens": tokens, "expires_at": expiry}
        try:
            await self._database.call("begin usage", self._usage.insert_one(document))
        except DuplicateKeyError:
            # It exists and is full, or was just created by another process.
            is_taken = await self._begin_anew(period, document) or await self._add(period, tokens)
            if period.sender and not is_taken:
                self._full[period.key] = None
            return is_taken
        return True

    async def _begin_anew(self, period: Period, fresh: Document) -> bool:
        """Replace a counter that counts nothing, so that the budget is not used up for a month; False if it counts."""
        stored = await self._database.call("read usage", self._usage.find_one({"_id": period.key}))
        if stored is None or _is_count(stored.get("tokens")):
            return False
        _log.error("%s: the counter %r is no number of tokens and begins anew", LLM_USAGE, period.key)
        reason = "tokens cannot be read"
        return await self._quarantine.heal(LLM_USAGE, stored, fresh, reason=reason, now=utc_now())

    async def _add(self, period: Period, tokens: int) -> bool:
        has_room = {"_id": period.key, "tokens": {"$gte": 0, "$lte": period.limit - period.reserved - tokens}}
        update = self._usage.update_one(has_room, {"$inc": {"tokens": tokens}})
        return (await self._database.call("reserve usage", update)).matched_count == 1

    def _senders(self, bot: str, asker: Asker | None, tokens: int) -> list[Period]:
        if asker is None:
            return []
        hour = self._now().replace(minute=0, second=0, microsecond=0)
        senders = (
            ("thread", asker.thread, self._shares.thread),
            ("address", network_of(asker.address), self._shares.address),
        )
        return [
            Period(
                "hour",
                sender_usage_key(bot, f"{hour:%Y-%m-%dT%H}", kind=kind, sender=sender),
                max(int(self._limits[0] * share), tokens),
                hour + timedelta(hours=1),
                sender=kind,
            )
            for kind, sender, share in senders
            if sender and share < 1
        ]

    def _periods(self, bot: str, asker: Asker | None) -> tuple[Period, Period]:
        hour = self._now().replace(minute=0, second=0, microsecond=0)
        month = hour.replace(day=1, hour=0)
        hour_key, month_key = usage_key(bot, f"{hour:%Y-%m-%dT%H}"), usage_key(bot, f"{month:%Y-%m}")
        next_month = (month + timedelta(days=32)).replace(day=1)
        hourly, monthly = self._limits
        kept = 0.0 if asker is None or asker.is_in_form else self._shares.forms
        return (
            Period("hour", hour_key, hourly, hour + timedelta(hours=1), reserved=int(hourly * kept)),
            Period("month", month_key, monthly, next_month, reserved=int(monthly * kept)),
        )


def _is_count(tokens: object) -> TypeGuard[int]:
    return isinstance(tokens, int) and not isinstance(tokens, bool) and 0 <= tokens <= _MOST_COUNTED


def network_of(address: str) -> str:
    """Return what stands for one sender: an IPv4 address, or the network of an IPv6 address, which has very many."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or found.exploded[:19])
    return str(found)
