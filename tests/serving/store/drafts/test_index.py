"""What lists read of a bot's drafts."""

from typing import Any

import pytest

from pipelines.errors import NotFound
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.drafts.index import DraftIndex
from serving.store.drafts.kinds import INTENT
from serving.store.drafts.store import Drafts


def bot_file(count: int) -> dict[str, Any]:
    intents = [{"name": f"N{n}", "intentId": f"i{n}", "trainingData": [{"text": f"hello {n}"}]} for n in range(count)]
    return {"intents": intents, "entities": []}


async def test_a_page_reads_its_own_drafts_alone(database: Database, new_name: str) -> None:
    await import_bot(database, bot_file(20), bot=new_name, source="f.json")
    index = DraftIndex(Drafts(database))
    first = await index.after(INTENT, new_name, (-1, ""), limit=3)
    assert [each.name for each in first] == ["i0", "i1", "i2"]
    assert index.kept_bytes == sum(each.size for each in first)
    second = await index.after(INTENT, new_name, (first[-1].position, first[-1].id), limit=2)
    assert [each.name for each in second] == ["i3", "i4"]
    assert (await index.one(INTENT, new_name, "i9")).name == "i9"
    assert index.kept_bytes == sum(each.size for each in [*first, *second]) + first[0].size
    assert len(await index.all(INTENT, new_name)) == 20


async def test_what_is_not_there_is_named(database: Database, new_name: str) -> None:
    await import_bot(database, bot_file(1), bot=new_name, source="f.json")
    index = DraftIndex(Drafts(database))
    with pytest.raises(NotFound, match="none"):
        await index.one(INTENT, new_name, "none")
    with pytest.raises(NotFound):
        await index.after(INTENT, f"{new_name}-other", (-1, ""), limit=3)
