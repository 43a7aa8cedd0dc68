"""The key that a platform's first start prints, so that somebody can own it."""

import logging
from datetime import datetime, timedelta

from pipelines.errors import StoreUnavailable
from serving.access.key_text import KeyText
from serving.access.roles import ALL_BOTS, Role
from serving.store.access.api_keys import ApiKeys
from serving.store.access.members import Members
from serving.store.client import Database
from serving.store.work.leases import Leases

NAME, MAKER = "first start", "the first start"
FIRST_KEY = "first-key"
"""The lease on making it."""
_LEASE = timedelta(seconds=10)

_log = logging.getLogger(__name__)


async def make_first_key(database: Database, *, now: datetime, lasts: timedelta | None = None) -> KeyText | None:
    """Make an owner's key if there is neither a valid one nor an owner among the members; else return None.

    Of several processes that start at once, one makes it. None also if the database is unavailable: the next start
    tries again.
    """
    leases = Leases(database, ttl=_LEASE)
    try:
        if await _has_owner(database, now=now):
            return None
        lease, is_ours = await leases.take(FIRST_KEY, holder=MAKER, now=now)
        if not is_ours:
            return None
        try:
            if await _has_owner(database, now=now):  # another process has made one since
                return None
            ends = now + lasts if lasts is not None else None
            roles = {ALL_BOTS: Role.OWNER}
            _, text = await ApiKeys(database).create(NAME, roles, by=MAKER, now=now, expires_at=ends)
            return text
        finally:
            await leases.give_back(lease, now=now)
    except StoreUnavailable as error:
        _log.warning(
            "whether the admin API has an owner is not known (%s); `intentloop keys create` makes a key", error
        )
    return None


async def _has_owner(database: Database, *, now: datetime) -> bool:
    return await ApiKeys(database).has_owner(now=now) or await Members(database).has_owner()
