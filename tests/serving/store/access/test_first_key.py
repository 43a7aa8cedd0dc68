import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from pipelines.settings import Settings
from serving.access.roles import ALL_BOTS, Role
from serving.cli import run
from serving.cli.run import _say_first_key
from serving.store.access.api_keys import ApiKeys
from serving.store.access.first_key import make_first_key
from serving.store.access.members import Members
from serving.store.client import Database
from tests.support.records import now
from tests.support.servers import free_port


@pytest.fixture
async def empty(mongo_uri: str, new_name: str) -> AsyncIterator[Database]:
    database = Database(mongo_uri, name=f"first_{new_name}", timeout_seconds=5.0)
    yield database
    await database.drop()
    database.close()


async def test_a_first_start_makes_one_key(empty: Database) -> None:
    texts = [text for text in await asyncio.gather(*(make_first_key(empty, now=now()) for _ in range(5))) if text]
    assert len(texts) == 1
    key = await ApiKeys(empty).find(texts[0], now=now())
    assert key is not None
    assert key.roles == {ALL_BOTS: Role.OWNER}
    assert texts[0].secret not in str(await empty.collection("api_keys").find({}).to_list(9))
    assert await make_first_key(empty, now=now()) is None


async def test_a_key_is_made_again_when_no_owner_is_left(empty: Database) -> None:
    assert await make_first_key(empty, now=now(), lasts=timedelta(days=1)) is not None
    assert await make_first_key(empty, now=now() + timedelta(days=2)) is not None


async def test_an_owner_among_the_members_is_enough(empty: Database) -> None:
    members = Members(empty)
    await members.add("subject", "viewer", name="Vi", roles={ALL_BOTS: Role.VIEWER}, by="x", now=now())
    await members.add("subject", "owner", name="Ow", roles={ALL_BOTS: Role.OWNER}, by="x", now=now())
    assert await make_first_key(empty, now=now()) is None


async def test_a_database_that_is_down_stops_no_start() -> None:
    database = Database(f"mongodb://127.0.0.1:{free_port()}", name="none", timeout_seconds=0.2)
    assert await make_first_key(database, now=now()) is None
    database.close()


def test_serve_looks_for_an_owner_before_it_listens(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    monkeypatch.setattr(run, "read_settings", lambda **_: settings)
    monkeypatch.setattr(run, "_say_first_key", lambda _: order.append("key"))
    monkeypatch.setattr("serving.api.server.run_server", lambda *_, **__: order.append("server"))
    run.serve(record=False)
    assert order == ["key", "server"]


def test_serve_prints_a_key_once(
    mongo_uri: str, new_name: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    found = settings.model_copy(update={"mongo_uri": mongo_uri, "mongo_database": f"serve_{new_name}"})
    for closed in ({"auth": "off"}, {"admin_token": "x" * 16}, {"oidc_issuer": "https://issuer.example"}):
        _say_first_key(found.model_copy(update=closed))
    assert capsys.readouterr().out == ""
    _say_first_key(found)
    said = capsys.readouterr()
    assert "intentloop_" in said.out
    assert "for a day" in said.out  # no terminal, so perhaps a log
    assert said.err == ""
    _say_first_key(found)
    assert capsys.readouterr().out == ""
