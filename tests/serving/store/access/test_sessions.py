"""How long a session lasts at most."""

from datetime import timedelta

import pytest

from serving.access.holders import Holder
from serving.store.access.sessions import Sessions
from serving.store.client import Database
from tests.support.records import now

MONTH = timedelta(days=30)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("groups", "longest", "until", "lasts"),
    [
        ((), MONTH, None, MONTH),
        ((), MONTH, HOUR, HOUR),
        (("support",), MONTH, None, timedelta(hours=12)),  # who has left the group is out after a day's work
        (("support",), MONTH, HOUR, HOUR),
        (("support",), HOUR, None, HOUR),
    ],
)
async def test_session_of_groups_ends_although_others_last_on(
    database: Database, groups: tuple[str, ...], longest: timedelta, until: timedelta | None, lasts: timedelta
) -> None:
    sessions, began = Sessions(database, longest=longest, idle=MONTH), now()
    holder = Holder(kind="member", id="anna", groups=groups)
    secret, session = await sessions.open(holder, until=began + until if until is not None else None, now=began)
    assert session.ends_at - began == lasts
    assert await sessions.resume(secret, now=began + lasts - timedelta(minutes=2)) is not None
    assert await sessions.resume(secret, now=began + lasts) is None
