"""A person with a trace everywhere is forgotten: afterwards every collection and every file is searched for them."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from pipelines.errors import NotFound, ThreadForgotten
from pipelines.nlu.release import Release
from pipelines.schemas.labels import LabelItem, Source
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check
from pipelines.settings import Settings
from pipelines.steps.lineage import Holding, Kind, Lineage
from pipelines.steps.redact import Words
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
from tests.fakes.tool_server import ToolServer, answer, slow, tool_server
from tests.support.bots import TINY_BOT_WIRE, example
from tests.support.chat import Chat, open_chat
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
    monkeypatch.setattr("serving.local.forgetting.CASES", tmp_path / "data" / "cases")
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
        output = {"output_type": "display_data", "data": {"text/html": shown}, "metadata": {}}
        cell = {"cell_type": "code", "source": ["extract"], "outputs": [output], "metadata": {}}
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


@pytest.fixture
async def llm() -> AsyncIterator[ToolServer]:
    async with llm_server() as server:
        server.behaviours = [chooses("greet", confidence=0.9)]
        yield server


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        server.behaviours = [slow(answer('{"status": "packed"}'), seconds=WAIT_SECONDS + 1.0)]
        yield server


@pytest.fixture
async def chat(place: Place, tiny_release: Release, llm: ToolServer, tool: ToolServer) -> AsyncIterator[Chat]:
    """Give a process that goes on answering whatever happens."""
    more = {"llm_base_url": f"{llm.url}/v1", "endpoints": {"shop": tool.url}}
    async with open_chat(place.settings.model_copy(update=more), asking(tiny_release), bot=BOT) as chat:
        yield chat


async def live(place: Place, chat: Chat) -> None:
    """Let the person talk on two channels, be labelled, be copied into the drafts, saved as a case, and be logged."""
    for text in ("hello", PARCEL, ORDER, "3"):
        await chat.send(text, thread=MESSENGER, context={"name": "Zorblax Q."})
    await chat.send("hello from zorblax", thread=PSID)
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


async def is_remembered(chat: Chat) -> bool:
    """Tell whether what the language model said of the person's words comes from the process's memory."""
    reading = await chat.services.llm.read(PARCEL, bot=BOT, release=chat.releases.current(BOT))
    return reading.from_cache


def test_versions_are_marked_before_the_runs_that_they_are_found_by_are_cleaned(tmp_path: Path) -> None:
    done: list[str] = []
    kinds: tuple[Kind, ...] = ("snapshot", "run", "version", "file")
    holdings = tuple(Holding(kind, kind, 1, partial(done.append, kind)) for kind in kinds)
    settings = Settings(_env_file=None, home=tmp_path)  # type: ignore[call-arg]
    forgetting = Forgetting(Wish(BOT, thread="t", purge=True), settings, lambda share, what: None)
    forgetting._purge(Lineage(Words(frozenset(), frozenset()), 0, holdings))
    assert done == ["version", "snapshot", "run", "file"]


@pytest.mark.parametrize("train", [train_quickly, pytest.param(train_for_real, marks=pytest.mark.prove)])
async def test_person_leaves_no_trace(
    place: Place, chat: Chat, tool: ToolServer, train: Callable[[Settings], str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "serving")
    await asyncio.to_thread(train, place.settings)
    await live(place, chat)
    second = await asyncio.to_thread(train, place.settings)
    before = place.files_with(*MARKS)
    assert len(before) > 10

    rehearsal = await place.forget(user=PSID, is_rehearsal=True)
    stopped = await place.forget(user=PSID)
    assert not rehearsal.is_done
    assert not stopped.is_done
    assert rehearsal.traces.thread_ids == (PSID, MESSENGER)
    assert place.files_with(*MARKS) == before
    told = await place.documents()
    assert all(mark in told for mark in MARKS)

    await asyncio.sleep(WAIT_SECONDS)  # until the process knows that nobody forgets them any more
    await is_remembered(chat)
    assert await is_remembered(chat)
    log = place.settings.home / "logs" / "api.log"
    size = log.stat().st_size
    tracking = chat.send("where is my order ORD-1042", thread=PSID, context={"name": "Zorblax"})
    under_way = asyncio.create_task(tracking)
    async with asyncio.timeout(5):
        while not tool.received:  # noqa: ASYNC110 - once its call is out, its claim is in the log
            await asyncio.sleep(0.01)
    outcome = await place.forget(user=PSID, purge=True)
    with pytest.raises(ThreadForgotten):
        await under_way
    assert not await is_remembered(chat)

    assert outcome.is_done
    assert outcome.traces.counts["turns"] == 6
    assert {holding.kind for holding in outcome.lineage.holdings} == {"snapshot", "run", "version", "file"}
    assert [holding.name.split()[0] for holding in outcome.lineage.of("version")] == [second]
    assert [place.number for place in outcome.drafts] == [len(TINY_BOT_WIRE["intents"][1]["trainingData"]) + 1]
    assert "zorblax" not in str(describe(outcome, Wish(BOT, purge=True))).lower()
    assert "zorblax" not in caplog.text.lower()
    assert log.stat().st_size == size
    assert "thread x: fine" in log.read_text()
    left = await place.documents()
    assert not any(mark in left for mark in MARKS)
    assert thread_mark(thread_key(BOT, MESSENGER)) in left
    with pytest.raises(NotFound, match="there is no trace of"):
        await place.forget(user=PSID)

    third = await asyncio.to_thread(train, place.settings)
    assert third != second
    assert retire(place) == Retired(deleted=(second,), in_use=())
    assert place.files_with(*MARKS) == []
    assert (await chat.send("hello", thread=MESSENGER)).turn == 1


def retire(place: Place) -> Retired:
    """Run the command's second part."""
    return retire_versions(BOT, home=place.settings.home, tracking_uri=place.store)
