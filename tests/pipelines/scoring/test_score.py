"""Batch scoring of the log: every message once, on the state its thread had, in parts that outlive a run."""

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.errors import ReleaseRefused, SetupProblem, UserInputError
from pipelines.forget.redact import Redaction
from pipelines.forget.scorings import count_held
from pipelines.registry.release import Release
from pipelines.schemas.keys import thread_key
from pipelines.schemas.scoring import LoggedMessage, Score
from pipelines.schemas.turns import TurnRecord
from pipelines.scoring.log import open_log
from pipelines.scoring.parts import parts_folder, remove, unfinished_in
from pipelines.scoring.score import COLUMNS, Job, Summary, score_log
from serving.dialogue.state import DialogueState, Form, Slot
from serving.replay.score import score_messages
from serving.store.client import Database
from serving.store.threads.turns import TurnLog
from tests.support.records import claim_of, turn_record

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
NOW = datetime.now(UTC).replace(microsecond=0)
BUYING = DialogueState(
    forms=(
        Form(intent_id="order_product", slots=(Slot(name="product", type="product", value="tent"),), asking="quantity"),
    )
)
SCORER = partial(score_messages, public_shortcuts=frozenset({"cancel"}))
Run = Callable[..., Summary]


def logged(bot: str, thread: str, turn: int, text: str, **fields: Any) -> TurnRecord:
    message = {"bot": bot, "thread_id": thread, "message_id": f"{thread}{turn}", "text": text, "channel": "rest"}
    defaults = {
        "thread": thread_key(bot, thread), "thread_id": thread, "text": text, "message": json.dumps(message),
        "state": DialogueState().model_dump_json(), "created_at": NOW - timedelta(hours=1),
    }  # fmt: skip
    return turn_record(bot, turn, f"{thread}{turn}", **(defaults | fields))


@pytest.fixture
async def bot(database: Database, new_name: str) -> str:
    """Give a bot whose log has three threads, one claim and one message of last month."""
    log = TurnLog(database, ttl=timedelta(days=90))
    await log.append_all(
        [
            logged(new_name, "a", 1, "hello there"),
            logged(new_name, "b", 1, "i want to buy a tent", state=BUYING.model_dump_json()),
            logged(new_name, "b", 2, "three", route="form", intent_id="order_product"),
            logged(new_name, "b", 3, "/cancel", confidence=None),
            logged(new_name, "c", 1, "hello", created_at=NOW - timedelta(days=30), state=BUYING.model_dump_json()),
            logged(new_name, "c", 2, "5"),
            logged(new_name, "d", 4, "good morning"),
            logged(new_name, "e", 1, "track my order", message="{}"),
        ]
    )
    await log.claim(claim_of(new_name, 5, "later", thread=thread_key(new_name, "a"), created_at=NOW))
    return new_name


@pytest.fixture
def run(mongo_uri: str, bot: str, tiny_release_folder: Path, tmp_path: Path) -> Run:
    def run(scorer: Any = SCORER, **changes: Any) -> Summary:
        scheduler, progress = changes.pop("scheduler", None), changes.pop("progress", lambda share, what: None)
        since = NOW - timedelta(days=7)
        job = Job(bot=bot, since=since, until=NOW, release_folder=tiny_release_folder, out=tmp_path / "scores.parquet")
        return score_log(
            dataclasses.replace(job, **{"part_size": 3, **changes}),
            scorer,
            mongo_uri=mongo_uri,
            database="intentloop_test",
            scheduler=scheduler,
            progress=progress,
        )

    return run


def end_at_the_last(release: Release, messages: Sequence[LoggedMessage]) -> list[Score]:
    if messages[0].thread_id == "e":
        os._exit(1)
    return SCORER(release, messages)


async def test_score_gives_each_message_once_on_the_state_of_its_thread(run: Run, tmp_path: Path) -> None:
    summary = run()
    frame = pd.read_parquet(summary.file)
    assert list(frame.columns) == COLUMNS.names
    rows = {f"{row.thread_id}{row.turn}": row for row in frame.itertuples()}
    assert list(rows) == ["a1", "b1", "b2", "b3", "c2", "d4", "e1"]
    assert (rows["a1"].intent, rows["a1"].route, rows["a1"].knows_state) == ("greet", "intent", True)
    assert (rows["b1"].routed_intent, rows["b1"].n_entities) == ("order_product", 1)
    assert (rows["b2"].route, rows["b2"].routed_intent) == ("form", "order_product")
    assert (rows["b3"].intent, rows["b3"].routed_intent) == ("", "cancel")
    assert (rows["c2"].route, rows["c2"].knows_state) == ("form", True)  # the state is older than what is scored
    assert (rows["d4"].routed_intent, rows["d4"].knows_state) == ("greet", False)
    assert (rows["e1"].routed_intent, rows["e1"].knows_state) == ("track_order", False)
    assert rows["a1"].answered_by == "1"
    assert rows["a1"].said_at == pd.Timestamp(NOW - timedelta(hours=1))
    assert rows["b3"].answered_confidence != rows["b3"].answered_confidence
    assert (summary.n_messages, summary.n_resumed) == (7, 0)
    assert sum(summary.count_by_route.values()) == 7
    assert os.listdir(tmp_path) == ["scores.parquet"]


async def test_score_goes_on_after_workers_were_lost(run: Run, tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match=r"the work was interrupted \(workers were lost, .* start again"):
        run(end_at_the_last, part_size=1)
    with pytest.raises(UserInputError, match="finish that with the same options"):
        run(since=NOW - timedelta(days=3), part_size=1)
    parts = sorted((tmp_path / "scores.parquet.parts").glob("part-*.parquet"))
    assert 4 <= len(parts) < 7  # no more than three are worked on at once
    parts[0].write_bytes(parts[0].read_bytes()[:100])  # as a power cut leaves it
    summary = run(part_size=1)
    assert summary.n_messages == 7
    assert summary.n_resumed == len(parts) - 1
    assert len(pd.read_parquet(summary.file)) == 7


async def test_score_goes_on_on_another_day_from_the_moment_that_was_meant(run: Run, tmp_path: Path) -> None:
    with pytest.raises(SetupProblem):
        run(end_at_the_last, part_size=1, asked="1w")
    tomorrow = {"since": NOW - timedelta(days=6), "until": NOW + timedelta(days=1), "part_size": 1}
    with pytest.raises(UserInputError, match="finish that with the same options"):
        run(**tomorrow, asked="6d")
    summary = run(**tomorrow, asked="1w")
    assert (summary.since, summary.n_messages) == (NOW - timedelta(days=7), 7)
    assert os.listdir(tmp_path) == ["scores.parquet"]


async def test_score_whose_parts_were_deleted_meanwhile_says_so(run: Run, tmp_path: Path) -> None:
    def report(share: float, what: str) -> None:
        if share > 0:
            remove(tmp_path / "scores.parquet.parts")

    with pytest.raises(SetupProblem, match="was deleted meanwhile; give the same command again"):
        run(progress=report, part_size=1)
    assert os.listdir(tmp_path) == []
    assert run().n_messages == 7


async def test_score_that_was_ended_does_not_bring_back_who_was_forgotten_since(
    run: Run, database: Database, bot: str, tmp_path: Path
) -> None:
    with pytest.raises(SetupProblem):
        run(end_at_the_last, part_size=1, asked="1w")
    [(out, plan)] = unfinished_in(tmp_path)
    assert count_held(parts_folder(out), plan, Redaction(frozenset(), frozenset({"b"}))) > 0
    assert count_held(parts_folder(out), plan, Redaction(frozenset(), frozenset({"somebody else"}))) == 0
    await database.collection("turns").delete_many({"_id": {"$gte": f"{bot}:b:", "$lt": f"{bot}:b;"}})
    summary = run(part_size=1, asked="1w")
    assert pd.read_parquet(summary.file)["thread_id"].tolist() == ["a", "c", "d", "e"]
    assert summary.n_messages == 4


async def test_score_on_two_dask_workers_gives_the_same(run: Run, two_workers: str, tmp_path: Path) -> None:
    here = pd.read_parquet(run().file)
    there = pd.read_parquet(run(scheduler=two_workers, out=tmp_path / "there.parquet").file)
    pd.testing.assert_frame_equal(here, there, check_exact=True)


async def test_score_nothing_logged_gives_an_empty_file(run: Run) -> None:
    summary = run(bot="nobody")
    assert summary.n_messages == 0
    assert list(pd.read_parquet(summary.file).columns) == COLUMNS.names


async def test_score_damaged_release_is_refused_before_anything_is_written(
    run: Run, tiny_release_folder: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "manifest.json").write_bytes((tiny_release_folder / "manifest.json").read_bytes())
    with pytest.raises(ReleaseRefused):
        run(release_folder=damaged)
    assert not (tmp_path / "scores.parquet.parts").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", 5), ("text", None), ("message", [1]), ("release", {}), ("intent_id", 7), ("route", ["x"]),
        ("confidence", "sure"), ("confidence", {}), ("thread_id", 3), ("turn", "1"), ("turn", 9), ("thread", None),
        ("state", 12),
    ],
)  # fmt: skip
async def test_log_is_read_without_a_turn_that_cannot_be(
    database: Database, mongo_uri: str, bot: str, field: str, value: Any
) -> None:
    turns = database.collection("turns")
    stored = await turns.find_one({"bot": bot, "text": "i want to buy a tent"})
    assert stored is not None
    await turns.replace_one({"_id": stored["_id"]}, {**stored, field: value})
    with open_log(mongo_uri, "intentloop_test", bot, since=NOW - timedelta(days=7), until=NOW) as log:
        (part,) = log.parts(size=99)
        rows = log.read(part)
        placed = log.messages(part)
    assert len(rows) == (7 if field in ("state", "thread") else 6)
    assert {(message.thread_id, message.turn) for message, _ in rows} <= placed
