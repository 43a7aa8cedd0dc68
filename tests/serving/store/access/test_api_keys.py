from datetime import timedelta

import pytest

from pipelines.errors import NotFound
from serving.access.key_text import KeyText
from serving.access.roles import Role
from serving.store.access.api_keys import ApiKeys
from serving.store.client import Database
from tests.support.records import now

ROLES = {"*": Role.VIEWER, "shop": Role.AUTHOR}


async def test_a_key_opens_until_it_is_revoked(database: Database) -> None:
    keys, start = ApiKeys(database), now()
    made, text = await keys.create("export", ROLES, by="ada", now=start)
    found = await keys.find(text, now=start)
    assert found is not None
    assert found.roles == ROLES
    assert (found.name, found.by) == ("export", "ada")
    revoked = await keys.revoke(made.id, now=start + timedelta(minutes=1))
    assert await keys.find(text, now=start) is None
    again = await keys.revoke(made.id, now=start + timedelta(minutes=9))
    assert again.revoked_at == revoked.revoked_at == start + timedelta(minutes=1)


async def test_a_key_expires(database: Database) -> None:
    keys, start = ApiKeys(database), now()
    _, text = await keys.create("week", ROLES, by="ada", now=start, expires_at=start + timedelta(days=7))
    assert await keys.find(text, now=start + timedelta(days=6)) is not None
    assert await keys.find(text, now=start + timedelta(days=7)) is None


async def test_wrong_secrets_and_unknown_ids_open_nothing(database: Database) -> None:
    keys = ApiKeys(database)
    made, text = await keys.create("one", ROLES, by="ada", now=now())
    _, other = await keys.create("two", ROLES, by="ada", now=now())
    assert await keys.find(KeyText(made.id, other.secret), now=now()) is None
    assert await keys.find(KeyText("0" * 10, text.secret), now=now()) is None
    with pytest.raises(NotFound, match="keys list"):
        await keys.revoke("0" * 10, now=now())


async def test_the_secret_is_stored_nowhere_and_uses_are_recorded_by_the_minute(database: Database) -> None:
    keys, start = ApiKeys(database), now()
    made, text = await keys.create("seen", ROLES, by="ada", now=start)
    for seconds in (0, 30, 61):
        await keys.find(text, now=start + timedelta(seconds=seconds))
    (listed,) = [key for key in await keys.listed() if key.id == made.id]
    assert listed.last_used_at == start + timedelta(seconds=61)
    stored = await database.collection("api_keys").find_one({"_id": made.id})
    assert text.secret not in str(stored)
    assert "digest" not in listed.model_dump()
