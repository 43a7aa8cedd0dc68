"""Releases that ask a language model, and readers that do so, for tests."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pipelines.registry.release import Release
from pipelines.schemas.llm import LlmConfig
from serving.llm.reader import LlmReader
from serving.store.client import Database
from tests.fakes.llm_server import chooses

TENTS = "I'd like 2 tents and a Rucksack, please"
BUY = chooses("order_product", ("quantity", "2"), ("product", "tents"), ("product", "rucksack"), confidence=0.8)
TIMEOUT_SECONDS = 2.0
"""Long enough for what a busy machine does before and after the question."""

MakeReader = Callable[..., LlmReader]


class Clock:
    """Seconds that a test can let pass."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


def asking(release: Release, **config: Any) -> Release:
    """Give a release that differs in asking a language model where it is not sure."""
    llm = LlmConfig(**({"mode": "fallback", "model": "small"} | config))
    return replace(release, definition=release.definition.model_copy(update={"llm": llm}))


async def used(database: Database, bot: str) -> list[int]:
    """Give the tokens that are counted in a bot's hour and month."""
    rows = database.collection("llm_usage").find({"_id": {"$gte": f"{bot}:", "$lt": f"{bot};"}})
    return [row["tokens"] async for row in rows]


async def settled(database: Database, bot: str, *, tokens: int) -> None:
    """Wait until this is counted; what was used is written down after the answer."""
    for _ in range(1000):
        if await used(database, bot) == [tokens] * 2:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{await used(database, bot)} tokens are counted, not {tokens}")
