import asyncio

from serving.store.client import Database
from serving.store.releases.shadows import ShadowCount, ShadowCounts
from tests.support.records import now


async def test_add_counts_together_whoever_adds(database: Database, new_name: str) -> None:
    stores = [ShadowCounts(database) for _ in range(4)]
    count = ShadowCount(bot=new_name, shadow="2", against="1", intent_id="a.$b", turns=2, different=1, reply=1)
    await asyncio.gather(*(stores[n % 4].add(count, now=now()) for n in range(8)))
    await stores[0].add(count.model_copy(update={"against": "3"}), now=now())
    await stores[0].add(count.model_copy(update={"shadow": "20"}), now=now())
    counts = await stores[0].of(new_name, "2")
    assert sorted((row.against, row.intent_id, row.turns, row.different, row.reply, row.failed) for row in counts) == [
        ("1", "a.$b", 16, 8, 8, 0),
        ("3", "a.$b", 2, 1, 1, 0),
    ]


def test_plus_adds_every_counter() -> None:
    count = ShadowCount(bot="b", shadow="2", against="1", intent_id="x", turns=2, different=1, failed=1)
    assert count.plus(count) == count.model_copy(update={"turns": 4, "different": 2, "failed": 2})
