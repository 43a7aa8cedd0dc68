"""Filling the labelling queue as a task, from a log in a real database, with a version of a real registry."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.errors import NotFound
from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.cli.tasks.work import do_task
from serving.clock import utc_now
from serving.jobs.kinds import Mine
from serving.replay.traffic import SimulatedMessage, answer_traffic, scripted_reading
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.labelling.labels import Labels
from serving.store.threads.turns import TurnLog
from tests.support.bots import TINY_BOT_WIRE
from tests.support.mlflow_server import register_for

pytestmark = pytest.mark.slow  # the packages of a training take seconds to import


async def test_mine_fills_the_queue_with_the_newest_version(
    database: Database,
    mongo_uri: str,
    mlflow_uri: str,
    tiny_release: Release,
    tiny_release_folder: Path,
    new_name: str,
    tmp_path: Path,
) -> None:
    settings = Settings(
        _env_file=None,
        home=tmp_path,
        mongo_uri=mongo_uri,
        mongo_database="intentloop_test",
        mlflow_tracking_uri=mlflow_uri,
    )  # type: ignore[call-arg]

    async def mine(bot: str) -> dict[str, object]:
        return await asyncio.to_thread(do_task, bot, Mine(days=1), settings, lambda share, what: None)

    await import_bot(database, TINY_BOT_WIRE, bot=new_name, source="test")
    await asyncio.to_thread(register_for, mlflow_uri, tiny_release_folder, bot=new_name)
    said = [SimulatedMessage("a", "xyzzy plugh frotz", utc_now(), llm=scripted_reading("track_order"))]
    records = await answer_traffic(said, tiny_release, bot=new_name)
    await TurnLog(database, ttl=timedelta(days=9)).append_all(records)
    first, again = await mine(new_name), await mine(new_name)
    assert (first["turns"], first["added"], again["added"]) == (1, 1, 0)
    assert [item.text for item in await Labels(database).page(new_name)] == ["xyzzy plugh frotz"]
    with pytest.raises(NotFound):
        await mine(f"{new_name}x")
