"""A person with a trace everywhere is forgotten: afterwards every collection and every file is searched for them."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines.errors import NotFound
from pipelines.nlu.release import Release
from pipelines.schemas.labels import LabelItem, Source
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check
from pipelines.settings import Settings
from pipelines.steps.retire import Retired
from pipelines.steps.retire import retire as retire_versions
from serving.local.forget_commands import describe
from serving.local.forgetting import Forgetting, Outcome, Wish
from serving.store.bots import export_bot, import_bot
from serving.store.client import Database
from serving.store.forgotten import thread_mark
from serving.store.inbox import Inbox, InboxItem
from serving.store.keys import thread_key
from serving.store.labels import Labels
from serving.store.schema import Schema
from tests.fakes.llm_server import chooses, llm_server
from tests.support.bots import TINY_BOT_WIRE, example
from tests.support.chat import open_chat
from tests.support.llm import asking
from tests.support.mlflow_store import tracked_at
from tests.support.servers import mongo_server

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning", "ignore::UserWarning"
    ),
]
BOT = "default"
PSID = "7788991122"
MESSENGER = f"facebook:page1:{PSID}"
PARCEL, ORDER = "hand my parcel to zorblax please", "buy a zorblax tent"
MARKS = ("zorblax", PSID)
WAIT_SECONDS = 1.6
"""Long enough for processes that look every second."""


@dataclass
class Place:
    """One machine's platform."""

    settings: Settings
    database: Database
    trained: list[str]

    @property
    def store(self) -> str:
        """Where MLflow is."""
        return str(self.settings.mlflow_tracking_uri)

    async def forget(self, **wish: object) -> Outcome:
        """Run the command."""
        return await Forgetting(Wish(BOT, **wish), self.settings, lambda share, what: None).run()  # type: ignore[arg-type]

    def files_with(self, *marks: str) -> list[str]:
        """Give every file that holds one of the marks, tables unpacked."""
        found = []
        for file in self.settings.home.parent.rglob("*"):
            if file.is_file() and "mongo-data" not in file.parts:
                content = file.read_bytes()
                if file.suffix == ".parquet":
                    content += pd.read_parquet(file).to_csv().encode()
                if any(mark.encode() in content.lower() for mark in marks):
                    found.append(str(file.relative_to(self.settings.home.parent)))
        return sorted(found)

    async def documents(self) -> str:
        """Give all that the database holds."""
        names = await self.database._database.list_collection_names()
        rows = {name: await self.database.collection(name).find({}).to_list(None) for name in names}
        return str(rows).lower()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # where `data/cases` is
    monkeypatch.setattr("serving.local.forgetting.notice_seconds", lambda _: WAIT_SECONDS)
    return tmp_path / "home"


@pytest.fixture
def mongo_of_its_own(tmp_path: Path) -> Iterator[str]:
    with mongo_server("nx-27017", tmp_path / "mongo-data") as uri:
        yield uri


@pytest.fixture
async def place(home: Path, mongo_of_its_own: str) -> AsyncIterator[Place]:
    (home / "mlflow").mkdir(parents=True)
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=home,
        mongo_uri=mongo_of_its_own,
        mlflow_tracking_uri=f"sqlite:///{home / 'mlflow' / 'mlflow.db'}",
    )
    database = Database(mongo_of_its_own, name=settings.mongo_database, timeout_seconds=5.0)
    await import_bot(database, json.loads(json.dumps(TINY_BOT_WIRE)), bot=BOT, source="test")
    yield Place(settings, database, [])
    database.close()


def train_quickly(settings: Settings) -> str:
    """Do what the notebook does, without what takes long: extract, freeze, log what shows examples, register."""
    import mlflow

    from pipelines.steps import register, tracking
    from pipelines.steps.evaluate import evaluate
    from pipelines.steps.extract import extract
    from pipelines.steps.snapshot import write_snapshot
    from pipelines.steps.train import train

    store = str(settings.mlflow_tracking_uri)
    params = TrainParams(bot=BOT, home=settings.home, tracking_uri=store, encoder="none", promote=True)
    with tracked_at(store):
        run_id = tracking.open_run(params, store)
        found = extract(params, settings)
        snapshot = write_snapshot(found.frame, params.home / "snapshots")
        tracking.log_snapshot(run_id, snapshot)
        model = train(found.frame, found.bot_file, params)
        folder = register.freeze(model, found.bot_file, params, snapshot, found.frame["text"].tolist(), run_id)
        shown = found.frame.to_html()
        notebook = settings.home / "runs" / f"{run_id}.ipynb"
        notebook.parent.mkdir(exist_ok=True)
        cell = {"cell_type": "code", "source": ["extract"], "outputs": [{"data": {"text/html": shown}}]}
        notebook.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
        tracking.log_notebook(run_id, store, notebook)
        with mlflow.start_run(run_id=run_id):
            mlflow.log_text(shown, "validation/report.html")
            replayed = f"{MESSENGER},1\n" if PARCEL in set(found.frame["text"]) else ""
            mlflow.log_text(f"thread,turn\n{replayed}somebody,1\n", "gate/replay.csv")
        registered = register.register(folder, params, run_id=run_id, gate=Check(), evaluation=evaluate(model, []))
    return registered.version


def train_for_real(settings: Settings) -> str:
    """Run the training notebook."""
    from pipelines.run import run_training

    environment = {
        "INTENTLOOP_MONGO_URI": str(settings.mongo_uri),
        "INTENTLOOP_HOME": str(settings.home),
        "MLFLOW_TRACKING_URI": str(settings.mlflow_tracking_uri),
    }
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    params = TrainParams(
        bot=BOT, home=settings.home, tracking_uri=str(settings.mlflow_tracking_uri), encoder="none", min_accuracy=0.0,
        min_behaviour=0.0, max_needless_fallback=1.0, max_lost_goals=1.0, min_entity_f1=0.0, promote=True,
    )  # fmt: skip
    try:
        return run_training(params, settings, progress=lambda share, what: None).version
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


async def live(place: Place, release: Release, llm_url: str) -> None:
    """Let the person talk on two channels, be labelled, be copied into the drafts, saved as a case, and be logged."""
    settings = place.settings.model_copy(update={"llm_base_url": f"{llm_url}/v1"})
    async with open_chat(settings, asking(release), bot=BOT) as chat:
        for text in ("hello", PARCEL, ORDER, "3"):
            await chat.send(text, thread=MESSENGER, context={"name": "Zorblax Q."})
        await chat.send("track my order for zorblax", thread=PSID)
        await chat.send("hello", thread="somebody else")
    event = json.dumps({"text": "zorblax is waiting"})
    item = InboxItem.new(
        BOT, MESSENGER, "m9", channel="facebook", event=event, happened_at=datetime.now(UTC), place=0,
        now=datetime.now(UTC) - timedelta(hours=1),
    )  # fmt: skip
    await Inbox(place.database, Schema(place.database)).accept([item])
    source = Source(thread_id=MESSENGER, turn=2, message_id="m", said_at=datetime.now(UTC), release="1")
    label = LabelItem(
        bot=BOT, text=PARCEL, sources=(source,), value=1.0, cluster="c", week="2026-W48", bound_for="train",
        status="accepted", intent_id="greet", destination="train", created_at=datetime.now(UTC),
    )  # fmt: skip
    await Labels(place.database).store([label])
    drafts = await export_bot(place.database, bot=BOT)
    drafts["intents"][1]["trainingData"] += [example(ORDER.upper())]
    await import_bot(place.database, drafts, bot=BOT, source="test")
    for file, content in {
        "home/undo/bot.json": json.dumps({"before": json.dumps([ORDER])}),
        "data/cases/saved.json": json.dumps([{"thread_id": MESSENGER, "text": PARCEL}]),
        "home/logs/api.log": f"INFO thread default:facebook%3Apage1%3A{PSID}: finishing\nINFO thread x: fine\n",
    }.items():
        path = place.settings.home.parent / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


@pytest.mark.parametrize("train", [train_quickly, pytest.param(train_for_real, marks=pytest.mark.prove)])
async def test_person_leaves_no_trace(
    place: Place, tiny_release: Release, train: Callable[[Settings], str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "serving")
    await asyncio.to_thread(train, place.settings)
    async with llm_server() as llm:
        llm.behaviours = [chooses("greet", confidence=0.9)]
        await live(place, tiny_release, llm.url)
    assert "zorblax" not in caplog.text.lower()
    second = await asyncio.to_thread(train, place.settings)
    log = place.settings.home / "logs" / "api.log"
    size = log.stat().st_size
    before = place.files_with(*MARKS)

    rehearsal = await place.forget(user=PSID, is_rehearsal=True)
    stopped = await place.forget(user=PSID)
    assert not rehearsal.is_done
    assert not stopped.is_done
    assert place.files_with(*MARKS) == before
    assert rehearsal.traces.thread_ids == (PSID, MESSENGER)
    said = await place.documents()
    assert all(mark in said for mark in MARKS)

    outcome = await place.forget(user=PSID, purge=True)
    assert outcome.is_done
    assert outcome.traces.counts["turns"] == 5
    assert {holding.kind for holding in outcome.lineage.holdings} == {"snapshot", "run", "version", "file"}
    assert [holding.name.split()[0] for holding in outcome.lineage.of("version")] == [second]
    assert [place.number for place in outcome.drafts] == [len(TINY_BOT_WIRE["intents"][1]["trainingData"]) + 1]
    assert not any(mark in line.lower() for line in describe(outcome, Wish(BOT, purge=True))[1:] for mark in MARKS)
    assert log.stat().st_size == size
    assert "thread x: fine" in log.read_text()

    left = await place.documents()
    assert not any(mark in left for mark in MARKS)
    assert thread_mark(thread_key(BOT, MESSENGER)) in left
    third = await asyncio.to_thread(train, place.settings)
    assert third != second
    retired = retire(place)
    assert (retired.deleted, retired.in_use) == ((second,), ())
    assert place.files_with(*MARKS) == []
    with pytest.raises(NotFound, match="there is no trace of"):
        await place.forget(user=PSID)


def retire(place: Place) -> Retired:
    """Run the command's second part."""
    return retire_versions(BOT, home=place.settings.home, tracking_uri=place.store)
