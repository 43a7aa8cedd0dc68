from serving.store.client import Database
from serving.store.integrations import Integration, IntegrationStore


async def test_find_gives_what_was_put_last(database: Database, new_name: str) -> None:
    store = IntegrationStore(database)
    assert await store.find(new_name, "facebook") is None
    await store.put(Integration(bot=new_name, channel="facebook", settings={"secret": "a"}))
    changed = Integration(
        bot=new_name, channel="facebook", is_enabled=False, settings={"secret": "b", "$set": {"a.b": 1}}
    )
    await store.put(changed)
    assert await store.find(new_name, "facebook") == changed
    assert await store.find(new_name, "other") is None
