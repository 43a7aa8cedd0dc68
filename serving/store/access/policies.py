"""The policies of all bots, known to every process without a round trip per message.

    policies   {_id: bot, revision, policy: JSON text}

A process reads them every two seconds, and before a message if its last read is older than `STALE_SECONDS`: a change
counts everywhere within seconds. An edit is a compare-and-set on the revision.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import timedelta

from pydantic import ValidationError

from pipelines.errors import StateConflict, StoreUnavailable
from pipelines.schemas.keys import POLICIES
from pipelines.schemas.policy import PERSONAL_KINDS, BotPolicy, PrivacyPolicy
from serving.clock import MonotonicClock
from serving.store.client import Collection, Database, Document, DuplicateKeyError

POLICY_SECONDS = 2.0
STALE_SECONDS = 6.0
_TRIES = 20
_NONE = BotPolicy()
_CLOSED = BotPolicy(
    require_widget_key=True, visitors="required", privacy=PrivacyPolicy(redact=PERSONAL_KINDS, form_hours=1)
)
"""Of a bot whose policy cannot be read: nobody gets in from a page."""

_log = logging.getLogger(__name__)


class Policies:
    """Reads, caches and edits policies; `clock` is monotonic, in seconds."""

    def __init__(self, database: Database, *, clock: MonotonicClock = time.monotonic) -> None:
        self._database = database
        self._collection: Collection = database.collection(POLICIES)
        self._clock = clock
        self._policy_by_bot: dict[str, BotPolicy] = {}
        self._read_at: float | None = None
        self._failed_at: float | None = None
        self._reading = asyncio.Lock()
        self._n_edits = 0

    def known(self, bot: str) -> BotPolicy:
        """Return a bot's policy as it was read last."""
        return self._policy_by_bot.get(bot, _NONE)

    def known_bots(self) -> dict[str, BotPolicy]:
        """Return the policies of all bots that have one, as they were read last."""
        return dict(self._policy_by_bot)

    @property
    def is_read(self) -> bool:
        """Whether the policies were read at least once."""
        return self._read_at is not None

    async def fresh(self, bot: str) -> BotPolicy:
        """Return a bot's policy, a few seconds old at most; raise `StoreUnavailable` if it cannot be read."""
        await self.keep_fresh()
        return self.known(bot)

    async def keep_fresh(self) -> None:
        """Read the policies if the last read is too old, which it is not where something refreshes them."""
        if not self._is_stale():
            return
        arrived = self._clock()
        async with self._reading:
            if not self._is_stale():
                return
            if self._failed_at is not None and self._failed_at > arrived:
                raise StoreUnavailable("read policies")  # do not let queued callers time out one by one
            try:
                await self.refresh()
            except StoreUnavailable:
                self._failed_at = self._clock()
                raise

    async def refresh(self) -> None:
        """Read the revisions of all policies, and those policies that have changed."""
        began, known, n_edits = self._clock(), self._policy_by_bot, self._n_edits
        found = await self._database.call("read policies", self._collection.find({}, {"revision": 1}).to_list(None))
        revision_by_bot = {document["_id"]: document["revision"] for document in found}
        same = {bot: known[bot] for bot, revision in revision_by_bot.items() if self.known(bot).revision == revision}
        changed = [bot for bot in revision_by_bot if bot not in same]
        if changed:
            reading = self._collection.find({"_id": {"$in": changed}}).to_list(None)
            for document in await self._database.call("read policies", reading):
                same[document["_id"]] = _read(document)
        if n_edits == self._n_edits:  # what was read before an edit of this process must not undo it
            self._policy_by_bot, self._read_at = same, began

    async def load(self, bot: str) -> BotPolicy:
        """Read a bot's policy as it is stored now."""
        document = await self._database.call("read policy", self._collection.find_one({"_id": bot}))
        return _NONE if document is None else _read(document)

    async def edit(self, bot: str, change: Callable[[BotPolicy], BotPolicy]) -> BotPolicy:
        """Change a bot's policy, again if somebody else was faster; return it as it is stored now.

        What `change` raises leaves the policy as it was: it sees what is stored, and may refuse.
        """
        for _ in range(_TRIES):
            before = await self.load(bot)
            after = change(before)
            if after == before:
                return before
            after = after.model_copy(update={"revision": before.revision + 1})
            if await self._write(bot, after, before=before.revision):
                self._policy_by_bot, self._n_edits = {**self._policy_by_bot, bot: after}, self._n_edits + 1
                return after
        raise StateConflict

    async def _write(self, bot: str, policy: BotPolicy, *, before: int) -> bool:
        document = {"_id": bot, "revision": policy.revision, "policy": policy.model_dump_json()}
        if before:
            replacing = self._collection.replace_one({"_id": bot, "revision": before}, document)
            return (await self._database.call("write policy", replacing)).matched_count == 1
        try:
            await self._database.call("write policy", self._collection.insert_one(document))
        except DuplicateKeyError:
            return False
        return True

    def _is_stale(self) -> bool:
        return self._read_at is None or self._clock() - self._read_at > STALE_SECONDS


def _read(document: Document) -> BotPolicy:
    try:
        return BotPolicy.model_validate_json(document["policy"])
    except (ValidationError, LookupError):
        _log.error("bot %s: its policy cannot be read, so it is closed to pages; set it again", document["_id"])
        return _CLOSED


def _shorter(usual: timedelta, days: float | None) -> timedelta:
    # compared as numbers: a policy may say more days than a `timedelta` holds
    return usual if days is None or days >= usual / timedelta(days=1) else timedelta(days=days)


class Lifetimes:
    """How long a bot's states and turns are kept: the platform's times, or a policy's where that is shorter."""

    def __init__(self, policies: Policies, *, state_ttl: timedelta, turn_ttl: timedelta) -> None:
        self._policies, self.state_ttl, self.turn_ttl = policies, state_ttl, turn_ttl

    def of_state(self, bot: str) -> timedelta:
        """Return how long a state of a bot is kept."""
        days = self._policies.known(bot).privacy.state_days
        return _shorter(self.state_ttl, days)

    async def shortened(self) -> list[tuple[str, timedelta, timedelta]]:
        """Return the bots whose states or turns are kept for less time than the platform's, with both times."""
        await self._policies.keep_fresh()
        rows = ((bot, self.of_state(bot), self.of_turn(bot)) for bot in self._policies.known_bots())
        return [row for row in rows if row[1] < self.state_ttl or row[2] < self.turn_ttl]

    def of_turn(self, bot: str) -> timedelta:
        """Return how long a turn of a bot is kept."""
        days = self._policies.known(bot).privacy.turn_days
        return _shorter(self.turn_ttl, days)
