"""Validation and repair as tasks, on drafts in a real database; the first one in a child process of its own."""

import asyncio
import copy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UserInputError
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.keys import LABELS
from pipelines.settings import Settings
from serving.cli.tasks.drafts import repair, undo, validate
from serving.clock import utc_now
from serving.jobs.kinds import Repair, Validate
from serving.jobs.task_process import TaskProcess
from serving.store.client import Database
from serving.store.drafts.bots import export_bot, import_bot
from serving.store.drafts.revisions import Revisions
from serving.store.work.tasks import Task, new_task_id
from tests.support.bots import TINY_BOT_WIRE
from tests.support.labels import accepted_item

pytestmark = pytest.mark.slow  # great-expectations takes seconds to import


def faulty() -> dict[str, Any]:
    """Give the tiny bot with a text that stands there twice, and another one in another intent."""
    wire: dict[str, Any] = copy.deepcopy(TINY_BOT_WIRE)
    for intent in wire["intents"][:2]:
        rows = intent["trainingData"]
        rows.append(copy.deepcopy(rows[-1]))
    return wire


def no_progress(_share: float, _what: str) -> None:
    pass


@pytest.fixture
def settings(mongo_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    variables = {"HOME": str(tmp_path / "home"), "MONGO_URI": mongo_uri, "MONGO_DATABASE": "intentloop_test"}
    for name, value in variables.items():
        monkeypatch.setenv(f"INTENTLOOP_{name}", value)
    return Settings(_env_file=None, home=tmp_path / "home", mongo_uri=mongo_uri, mongo_database="intentloop_test")  # type: ignore[call-arg]


@pytest.fixture
async def bot(database: Database, new_name: str) -> str:
    await import_bot(database, faulty(), bot=new_name, source="test")
    return new_name


async def test_validate_in_its_process_finds_what_the_command_finds(settings: Settings, bot: str) -> None:
    now, shares = utc_now(), []
    task = Task(
        id=new_task_id(now), bot=bot, kind="validate", request=Validate().model_dump(exclude={"kind"}), by="Ann",
        created_at=now, expires_at=now,
    )  # fmt: skip
    done = await TaskProcess(settings).run(task, stop=asyncio.Event(), on_progress=lambda *said: shares.append(said))
    assert done.result is not None, done.error
    found = [finding for finding in done.result["findings"] if finding["check"] == "text_is_not_repeated"]
    assert len(found) == 2
    assert all(finding["edit"]["after"] is None and finding["title"] and finding["id"] for finding in found)
    assert done.result["n_repairable"] == 2
    assert datetime.fromisoformat(done.result["read_at"]) >= now
    assert done.result["n_left_out"] == 0
    assert sum(done.result["counts"].values()) == len(done.result["findings"])
    moved = [share for share, _ in shares]
    assert moved == sorted(moved)
    assert any(0 < share < 1 for share in moved)


async def test_a_draft_without_out_of_scope_texts_is_noted(settings: Settings, bot: str, database: Database) -> None:
    async def noted() -> list[str]:
        findings = (await asyncio.to_thread(validate, bot, settings, no_progress))["findings"]
        return [finding["repair"] for finding in findings if finding["check"] == "refusing_is_measured"]

    (repair,) = await noted()
    assert f"out-of-scope/{bot}.jsonl" in repair
    song = accepted_item(bot, "sing me a song", OUT_OF_SCOPE)
    await database.collection(LABELS).insert_one(song.to_document())
    assert await noted() == []
    await database.collection(LABELS).delete_many({"bot": bot})
    file = settings.home / "out-of-scope" / f"{bot}.jsonl"
    file.parent.mkdir(parents=True)
    file.touch()
    assert await noted() == []


async def test_task_that_is_refused_says_why(settings: Settings, bot: str) -> None:
    task = Task(
        id=new_task_id(utc_now()), bot=bot, kind="undo", request={}, by="Ann", created_at=utc_now(),
        expires_at=utc_now(),
    )  # fmt: skip
    refused = await TaskProcess(settings).run(task, stop=asyncio.Event(), on_progress=lambda *_: None)
    assert (refused.result, refused.error_kind) == (None, "NotFound")
    assert refused.error.startswith(f"there is no repair of bot '{bot}'; nothing has been repaired")


async def test_repair_of_one_finding_leaves_the_others_and_can_be_undone(
    settings: Settings, bot: str, database: Database
) -> None:
    before = await export_bot(database, bot=bot)
    first, second = [
        finding["id"]
        for finding in (await asyncio.to_thread(validate, bot, settings, no_progress))["findings"]
        if finding["check"] == "text_is_not_repeated"
    ]
    begun = utc_now()
    done = await asyncio.to_thread(repair, bot, Repair(findings=(first,)), settings, no_progress)
    assert (done["n_repaired"], [finding["id"] for finding in done["repaired"]]) == (1, [first])
    assert begun <= datetime.fromisoformat(done["validation"]["read_at"]) <= utc_now()
    assert done["difference"].count("\n-") > 1
    head = await Revisions(database).read(bot)
    assert head is not None
    assert done["validation"]["draft_token"] == head.token
    left = [finding["id"] for finding in done["validation"]["findings"] if finding["edit"]]
    assert left == [second]
    with pytest.raises(UserInputError, match="none of these findings is there"):
        await asyncio.to_thread(repair, bot, Repair(findings=(first,)), settings, no_progress)

    assert "back to their state before" in (await asyncio.to_thread(undo, bot))["message"]
    assert await export_bot(database, bot=bot) == before
    done = await asyncio.to_thread(repair, bot, Repair(), settings, no_progress)
    assert done["n_repaired"] == 2
    assert (await export_bot(database, bot=bot))["intents"] == TINY_BOT_WIRE["intents"]


async def test_findings_beyond_the_limit_are_counted(
    settings: Settings, bot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.cli.tasks.drafts.MAX_BYTES", 10)
    found = await asyncio.to_thread(validate, bot, settings, no_progress)
    assert found["findings"] == []
    assert found["n_left_out"] == sum(found["counts"].values()) > 0
