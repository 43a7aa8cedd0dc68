"""Conversations with the tiny release, as the log holds them."""

import pytest

from pipelines.registry.release import Release
from tests.support.replays import SAID, Threads, recorded


@pytest.fixture
async def threads(tiny_release: Release) -> Threads:
    return [(await recorded(tiny_release, texts, thread_id=f"t{n}")).records for n, texts in enumerate(SAID)]
