from serving.store.bot_settings import BotSettings, BotSettingsStore
from serving.store.client import Database


async def test_replace_sets_one_section_and_keeps_the_others(database: Database, new_name: str) -> None:
    store = BotSettingsStore(database)
    assert await store.find(new_name) == BotSettings(bot=new_name)
    first = await store.replace(await store.find(new_name), "llm", {"a.b": {"$set": 1}})
    assert first is not None
    second = await store.replace(first, "privacy", {"redact": True})
    assert second is not None
    assert await store.find(new_name) == second
    assert second.sections == {"llm": {"a.b": {"$set": 1}}, "privacy": {"redact": True}}
    third = await store.replace(second, "llm", None)
    assert third is not None
    assert third.sections == {"privacy": {"redact": True}}


async def test_replace_changes_only_what_was_read(database: Database, new_name: str) -> None:
    store = BotSettingsStore(database)
    nothing = await store.find(new_name)
    first = await store.replace(nothing, "llm", 1)
    assert first is not None
    assert await store.replace(nothing, "llm", 2) is None
    assert await store.replace(first, "llm", 3) is not None
    assert await store.replace(first, "llm", 4) is None
