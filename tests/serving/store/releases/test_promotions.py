import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from serving.store.client import Database
from serving.store.releases.promotions import Entry, Move, Promotions, answered_before
from tests.support.records import now


def move(bot: str, to: str | None, *, kind: str = "noticed", **fields: Any) -> Move:
    defaults = {"from_version": None, "at": now(), "by": "somebody", "why": ""}
    return Move.model_validate({"bot": bot, "kind": kind, "to_version": to, **defaults, **fields})


async def test_append_numbers_entries_without_a_gap_whoever_writes(database: Database, new_name: str) -> None:
    journals = [Promotions(database) for _ in range(4)]
    moves = [move(new_name, str(number)) for number in range(12)]
    numbers = await asyncio.gather(*(journals[n % 4].append(one) for n, one in enumerate(moves)))
    assert sorted(numbers) == list(range(1, 13))
    entries = await journals[0].recent(new_name)
    assert [entry.number for entry in entries] == list(range(1, 13))
    assert sorted(entry.move.to_version or "" for entry in entries) == sorted(str(number) for number in range(12))


async def test_append_keeps_every_field(database: Database, new_name: str) -> None:
    journal = Promotions(database)
    written = move(
        new_name, "2", kind="promotion", from_version="1", by="ada@lab", why="better on $refunds", verdict="a" * 64
    )
    await journal.append(written)
    assert await journal.recent(new_name) == [Entry(number=1, move=written)]


async def test_append_unless_somebody_has_said_so(database: Database, new_name: str) -> None:
    def says(entries: Sequence[Entry]) -> Entry | None:
        return next((entry for entry in entries if entry.move.to_version == "2"), None)

    journals = [Promotions(database) for _ in range(6)]
    await journals[0].append(move(new_name, "1"))
    numbers = await asyncio.gather(*(journal.append(move(new_name, "2"), unless=says) for journal in journals))
    assert set(numbers) == {2}
    assert len(await journals[0].recent(new_name)) == 2


async def test_recent_gives_nothing_of_another_bot(database: Database, new_name: str) -> None:
    journal = Promotions(database)
    await journal.append(move(f"{new_name}-2", "1"))
    assert await journal.recent(new_name) == []


@pytest.mark.parametrize(
    ("moves", "answered"),
    [
        ([], []),
        ([(None, "1")], ["1"]),
        ([("1", "2")], ["1", "2"]),
        ([(None, "1"), ("1", "2"), ("2", "3")], ["1", "2", "3"]),
        ([(None, "1"), ("1", "2"), ("2", "3"), ("3", "2", "rollback")], ["1", "2"]),
        ([(None, "1"), ("1", "2"), ("2", "1"), ("1", "3"), ("3", "1", "rollback")], ["1", "2", "1"]),
        ([(None, "1"), ("1", "2"), ("2", "2", "rollback")], ["1", "2"]),
        ([(None, "1"), ("1", "2"), ("3", "1", "canary_stop")], ["1", "2"]),
        ([(None, "1"), ("1", "1", "cache")], ["1"]),
    ],
)
def test_answered_before_goes_back_and_not_forth_again(moves: list[tuple[str, ...]], answered: list[str]) -> None:
    journal = [move("b", one[1], from_version=one[0], kind=one[2] if len(one) > 2 else "noticed") for one in moves]
    assert answered_before(journal) == answered
