"""One document about keys, members, sessions or tasks that cannot be read must not lock the others out."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from pipelines.errors import DocumentUnreadable, NotFound
from pipelines.schemas.keys import (
    API_KEYS,
    BOT_SETTINGS,
    IDEMPOTENCY,
    MEMBERS,
    SESSIONS,
    TASKS,
    TRY_STATES,
    task_key,
    thread_key,
)
from serving.access.holders import Holder
from serving.access.roles import ALL_BOTS, Role
from serving.store.access.api_keys import ApiKeys
from serving.store.access.idempotency import Idempotency, KeptResponse
from serving.store.access.members import Members, member_id
from serving.store.access.sessions import Sessions
from serving.store.bot_settings import BotSettingsStore
from serving.store.client import Database
from serving.store.threads.try_states import TryStates
from serving.store.work.tasks import Task, Tasks, new_task_id
from tests.serving.store.test_broken_documents import Broken
from tests.support.records import now
from tests.support.strange_documents import FEW, MISSING

HOUR = timedelta(hours=1)
OWNER = {ALL_BOTS: Role.OWNER}


@pytest.fixture
async def own(mongo_uri: str, new_name: str) -> AsyncIterator[Database]:
    """Give a database of its own: these lists hold what other tests have made."""
    own = Database(mongo_uri, name=f"broken_{new_name}", timeout_seconds=5.0)
    yield own
    await own.drop()
    own.close()


async def test_a_broken_key_opens_nothing_and_the_others_open(own: Database) -> None:
    keys = ApiKeys(own)
    sound, text = await keys.create("sound", OWNER, by="ada", now=now())
    broken, lost = await keys.create("broken", OWNER, by="ada", now=now())
    optional = ("expires_at", "last_used_at", "place", "name", "by")
    async for field, value in Broken(own, API_KEYS).each_way(broken.id, values=FEW):
        case = (field, value)
        found = await keys.find(text, now=now())
        assert found is not None, case
        assert found.id == sound.id, case
        assert sound.id in {key.id for key in (await keys.page())[0]}, case
        assert await keys.has_owner(now=now()), case
        if field not in (*optional, "created_at", "revoked_at"):
            assert await keys.find(lost, now=now()) is None, case
        if field == "roles":
            assert await keys.valid(broken.id, now=now()) is None, case
            with pytest.raises(NotFound):
                await keys.get(broken.id)


async def test_a_broken_member_has_no_roles_and_the_others_have_theirs(own: Database) -> None:
    members = Members(own)
    await members.add("subject", "torn", name="B", roles=OWNER, by="ada", now=now())
    await members.add("subject", "sound", name="S", roles=OWNER, by="ada", now=now())
    torn = member_id("subject", "torn")  # the first in the order of the ids
    async for field, value in Broken(own, MEMBERS).each_way(torn, values=FEW):
        case = (field, value)
        assert await members.roles_of(subject="sound", email=None) == OWNER, case
        assert await members.roles_of(subject="torn", email=None) in ({}, OWNER), case
        first, place = await members.page(limit=1)
        rest, end = await members.page(after=place)
        assert "S" in {member.name for member in [*first, *rest]}, case
        assert (place, end) == (torn, None), case
        if field == "roles":
            assert await members.roles_of(subject="torn", email=None) == {}, case


async def test_a_broken_session_is_none(own: Database) -> None:
    sessions = Sessions(own, longest=HOUR, idle=HOUR)
    secret, session = await sessions.open(Holder(kind="member", id="ada"), until=None, now=now())
    stored = await own.collection(SESSIONS).find_one({})
    assert stored is not None
    async for field, value in Broken(own, SESSIONS).each_way(stored["_id"]):
        resumed = await sessions.resume(secret, now=now())
        assert resumed is None or resumed.ends_at <= session.ends_at, (field, value)
    assert await sessions.resume(secret, now=now()) == session


async def test_a_broken_task_is_not_among_the_others(own: Database) -> None:
    tasks = Tasks(own)
    made = [
        Task(id=new_task_id(now()), bot="b", kind="validation", request={}, by="a", created_at=now(), expires_at=now())
        for _ in range(2)
    ]
    for task in made:
        await tasks.add(task)
    sound, broken = made
    async for field, value in Broken(own, TASKS).each_way(task_key("b", broken.id)):
        case = (field, value)
        assert sound.id in {task.id for task in await tasks.page("b", before=None, kinds=(), limit=9)}, case
        assert sound.id in {task.id for task in await tasks.unfinished()}, case
        await tasks.find("b", broken.id)


async def test_a_broken_tried_conversation_begins_anew(own: Database) -> None:
    states = TryStates(own)
    await states.save("b", "t", turn=3, state="{}", now=now())
    async for field, value in Broken(own, TRY_STATES).each_way(thread_key("b", "t")):
        turn, state = await states.load("b", "t", now=now())
        assert turn >= 0, (field, value)
        assert isinstance(state, str), (field, value)
    assert await states.load("b", "t", now=now()) == (3, "{}")


async def test_a_request_whose_record_is_broken_is_not_done_again(own: Database) -> None:
    requests = Idempotency(own)
    await requests.begin("k", "d", now=now())
    await requests.end("k", "d", KeptResponse(200, {}, "[]"), now=now())
    async for field, value in Broken(own, IDEMPOTENCY).each_way("k"):
        earlier = await requests.begin("k", "d", now=now())
        assert earlier is not None, (field, value)
        assert earlier.response in (None, KeptResponse(200, {}, "[]")), (field, value)


async def test_broken_settings_are_named(own: Database) -> None:
    store = BotSettingsStore(own)
    await store.replace(await store.find("b"), "llm", {"model": "m"})
    async for field, value in Broken(own, BOT_SETTINGS).each_way("b", values=(MISSING, None, 3, [1], "x")):
        if field == "sections" or (field == "edition" and not isinstance(value, str)):
            with pytest.raises(DocumentUnreadable, match="bot_settings"):
                await store.find("b")
        else:
            assert (await store.find("b")).bot == "b"
