from pipelines.schemas.keys import INTEGRATIONS, thread_key
from serving.store.client import Database
from serving.store.integrations import FIRST_EDITION, Integration, IntegrationStore


async def test_find_gives_what_was_put_last(database: Database, new_name: str) -> None:
    store = IntegrationStore(database)
    assert await store.find(new_name, "facebook") is None
    await store.put(Integration(bot=new_name, channel="facebook", settings={"secret": "a"}))
    changed = Integration(
        bot=new_name, channel="facebook", is_enabled=False, settings={"secret": "b", "$set": {"a.b": 1}}
    )
    put = await store.put(changed)
    assert put.edition
    assert put.model_copy(update={"edition": ""}) == changed
    assert await store.find(new_name, "facebook") == put
    assert await store.find(new_name, "other") is None


async def test_replace_changes_only_the_edition_that_was_read(database: Database, new_name: str) -> None:
    store = IntegrationStore(database)
    wanted = Integration(bot=new_name, channel="facebook", settings={"secret": "a"})
    first = await store.replace(wanted, edition=FIRST_EDITION)
    assert first is not None
    assert await store.replace(wanted, edition=FIRST_EDITION) is None
    second = await store.replace(first, edition=first.edition)
    assert second is not None
    assert await store.replace(first, edition=first.edition) is None
    assert await store.find(new_name, "facebook") == second


async def test_replace_changes_what_an_earlier_program_has_stored(database: Database, new_name: str) -> None:
    store = IntegrationStore(database)
    key = thread_key(new_name, "facebook")
    document = {"_id": key, "bot": new_name, "channel": "facebook", "is_enabled": True, "settings": '{"secret": "a"}'}
    await database.collection(INTEGRATIONS).insert_one(document)
    found = await store.find(new_name, "facebook")
    assert found is not None
    assert found.edition == FIRST_EDITION
    assert await store.replace(found, edition=found.edition) is not None


async def test_of_bot_gives_the_connections_of_one_bot(database: Database, new_name: str) -> None:
    store = IntegrationStore(database)
    for bot, channel in ((new_name, "facebook"), (new_name, "chat_widget"), (f"{new_name}-2", "facebook")):
        await store.put(Integration(bot=bot, channel=channel))
    assert [each.channel for each in await store.of_bot(new_name)] == ["chat_widget", "facebook"]
