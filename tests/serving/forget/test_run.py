"""A person with a trace everywhere is forgotten: afterwards every collection and every file is searched for them."""

import asyncio
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from pipelines.errors import NotFound, ThreadForgotten, TrainingBusy
from pipelines.forget.lineage import Kind, Lineage, Occurrence
from pipelines.forget.redact import Redaction
from pipelines.forget.retire import Retired, retire_versions
from pipelines.registry.release import Release
from pipelines.schemas.keys import thread_hash, thread_key, turn_key
from pipelines.schemas.labels import LabelItem, Source
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check
from pipelines.scoring.log import Part
from pipelines.scoring.parts import PLAN_FILE, Plan, part_file, parts_folder
from pipelines.settings import Settings
from serving.channels.contract import IncomingEvent, Parsed
from serving.channels.inbox import WebhookInbox, open_deliveries
from serving.channels.queue import ThreadQueue
from serving.channels.sqs import SqsQueue, ThreadJob
from serving.cli.forget import describe
from serving.dialogue.messages import TurnResponse
from serving.forget.run import Erasure, ErasureRequest, Outcome
from serving.store.client import Database
from serving.store.drafts.bots import export_bot, import_bot
from serving.store.labelling.labels import Labels
from tests.fakes.llm_server import chooses, llm_server
from tests.fakes.tool_server import ToolServer, answer, slow, tool_server
from tests.support.bots import TINY_BOT_WIRE, example
from tests.support.chat import Chat, open_chat
from tests.support.command_line import ROOT
from tests.support.llm import asking
from tests.support.mlflow_server import start_mlflow
from tests.support.mlflow_store import tracked_at
from tests.support.queues import NoQueue
from tests.support.s3_server import BUCKET, S3Server, s3_server
from tests.support.servers import free_port, mongo_server, stop
from tests.support.sqs_server import TestQueue, make_queue

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


@dataclass(frozen=True)
class Cloud:
    """What a platform on AWS has beside its machine."""

    s3: S3Server
    queue: TestQueue

    def objects_with(self, *marks: str) -> list[str]:
        """Give every object of the bucket that holds one of the marks."""
        client = self.s3.client()
        bodies = {key: client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in self.s3.keys("")}
        return [key for key, content in bodies.items() if holds_any(key, content, marks)]

    def messages(self) -> list[str]:
        """Take all messages out of the queue and the one behind it."""
        bodies = []
        for url in (self.queue.url, self.queue.dead_url):
            while got := self.queue.client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                bodies += [message["Body"] for message in got]
        for url in (self.queue.url, self.queue.dead_url):
            self.queue.client.purge_queue(QueueUrl=url)
        return bodies


def holds_any(name: str, content: bytes, marks: Iterable[str]) -> bool:
    """Tell whether a file holds one of the marks, tables unpacked."""
    if name.endswith(".parquet"):
        content += pd.read_parquet(io.BytesIO(content)).to_csv().encode()
    return any(mark.encode() in content.lower() for mark in marks)


@dataclass
class Place:
    """One machine's platform, with what it has on AWS."""

    settings: Settings
    database: Database
    cloud: Cloud | None

    @property
    def store(self) -> str:
        """Where MLflow is."""
        return str(self.settings.mlflow_tracking_uri)

    async def forget(self, **request: object) -> Outcome:
        """Run the command."""
        return await Erasure(ErasureRequest(BOT, **request), self.settings, lambda share, what: None).run()  # type: ignore[arg-type]

    def files_with(self, *marks: str) -> list[str]:
        """Give every file and object that holds one of the marks."""
        top = self.settings.home.parent
        files = [file for file in top.rglob("*") if file.is_file() and "mongo-data" not in file.parts]
        found = [str(file.relative_to(top)) for file in files if holds_any(file.name, file.read_bytes(), marks)]
        return sorted(found) + (self.cloud.objects_with(*marks) if self.cloud else [])

    def close(self) -> None:
        """Leave the database."""
        self.database.close()

    async def documents(self) -> str:
        """Give all that the database holds."""
        names = await self.database._database.list_collection_names()
        rows = {name: await self.database.collection(name).find({}).to_list(None) for name in names}
        return str(rows).lower()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("serving.forget.run.CASES", tmp_path / "data" / "cases")
    monkeypatch.setattr("serving.forget.run.notice_seconds", lambda _: WAIT_SECONDS)
    return tmp_path / "home"


@pytest.fixture
def mongo_of_its_own(tmp_path: Path) -> Iterator[str]:
    with mongo_server("nx-27017", tmp_path / "mongo-data") as uri:
        yield uri


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with s3_server(tmp_path / "aws") as s3:
        for name, value in s3.environment.items():
            monkeypatch.setenv(name, value)
        yield Cloud(s3, make_queue(s3.url, "threads", max_receives=10))


@pytest.fixture
def place_on_aws(home: Path, cloud: Cloud, mongo_of_its_own: str) -> Iterator[Place]:
    """Only the MLflow server knows of S3, as in production."""
    port = free_port()
    artifacts = f"s3://{BUCKET}/mlflow"
    mlflow = start_mlflow(home.parent / "mlflow", port=port, artifacts=artifacts, environment=cloud.s3.environment)
    try:
        with closing(place_at(home, mongo_of_its_own, f"http://127.0.0.1:{port}", cloud)) as place:
            yield place
    finally:
        stop(mlflow)


@pytest.fixture
def place_on_a_machine(home: Path, mongo_of_its_own: str) -> Iterator[Place]:
    (home / "mlflow").mkdir(parents=True)
    with closing(place_at(home, mongo_of_its_own, f"sqlite:///{home / 'mlflow' / 'mlflow.db'}", None)) as place:
        yield place


@pytest.fixture(params=["machine", "aws"])
async def place(request: pytest.FixtureRequest) -> Place:
    place: Place = request.getfixturevalue("place_on_aws" if request.param == "aws" else "place_on_a_machine")
    await import_bot(place.database, json.loads(json.dumps(TINY_BOT_WIRE)), bot=BOT, source="test")
    return place


def place_at(home: Path, mongo_uri: str, mlflow_uri: str, cloud: Cloud | None) -> Place:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=home,
        mongo_uri=mongo_uri,
        mlflow_tracking_uri=mlflow_uri,
        queue_url=cloud.queue.url if cloud else None,
    )
    return Place(settings, Database(mongo_uri, name=settings.mongo_database, timeout_seconds=5.0), cloud)


def train_quickly(settings: Settings) -> str:
    """Do what the notebook does, without what takes long: extract, freeze, log what shows examples, register."""
    import mlflow

    from pipelines.registry.client import Registry
    from pipelines.steps.data.extract import extract_examples
    from pipelines.steps.data.snapshot import write_snapshot
    from pipelines.steps.evaluation.evaluate import evaluate_model
    from pipelines.steps.registration import log, register
    from pipelines.steps.training.train import train_model
    from serving.release.promoter import promote_trained

    store = str(settings.mlflow_tracking_uri)
    params = TrainParams(bot=BOT, home=settings.home, tracking_uri=store, encoder="none")
    with tracked_at(store):
        run_id = log.open_run(params, store)
        found = extract_examples(params, settings)
        snapshot = write_snapshot(found.frame, params.home / "snapshots")
        log.log_snapshot(run_id, snapshot)
        model = train_model(found.frame, found.bot_file, params)
        folder = register.freeze(model, found.bot_file, params, snapshot, found.frame["text"].tolist(), run_id)
        shown = found.frame.to_html()
        notebook = settings.home / "runs" / f"{run_id}.ipynb"
        notebook.parent.mkdir(exist_ok=True)
        output = {"output_type": "display_data", "data": {"text/html": shown}, "metadata": {}}
        cell = {"cell_type": "code", "source": ["extract"], "outputs": [output], "metadata": {}}
        notebook.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
        log.log_notebook(run_id, store, notebook)
        with mlflow.start_run(run_id=run_id):
            mlflow.log_text(shown, "validation/report.html")
            replayed = f"{MESSENGER},1\n" if PARCEL in set(found.frame["text"]) else ""
            mlflow.log_text(f"thread,turn\n{replayed}somebody,1\n", "gate/replay.csv")
        registry, evaluation = Registry(store, is_patient=True), evaluate_model(model, [])
        registered = register.register_release(
            folder, params, registry=registry, run_id=run_id, gate=Check(), evaluation=evaluation
        )
    asyncio.run(promote_trained(params, settings, registry=registry, version=registered, command="test"))
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
    waiting = IncomingEvent(
        kind="text", message_id="m9", account="page1", sender=PSID, thread_id=MESSENGER, text="zorblax is waiting",
        sent_at=datetime.now(UTC),
    )  # fmt: skip
    async with open_deliveries(place.settings, chat.services) as deliveries:
        queue: ThreadQueue = await SqsQueue.connect(place.cloud.queue.url) if place.cloud else NoQueue()
        await WebhookInbox(deliveries, queue).accept(BOT, "facebook", Parsed(events=(waiting,)))
    source = Source(thread_id=MESSENGER, turn=2, message_id="m", said_at=datetime.now(UTC), release="1")
    label = LabelItem(
        bot=BOT, text=PARCEL, sources=(source,), value=1.0, cluster="c", week="2026-W48", bound_for="train",
        status="accepted", intent_id="greet", destination="train", created_at=datetime.now(UTC),
    )  # fmt: skip
    await Labels(place.database).store([label])
    drafts = await export_bot(place.database, bot=BOT)
    drafts["intents"][1]["trainingData"] += [example(ORDER.upper())]
    drafts["testSet"] = [{**example(PARCEL), "intent": "track_order"}, {**example("good day"), "intent": "greet"}]
    await import_bot(place.database, drafts, bot=BOT, source="test")
    for file, content in {
        "home/undo/bot.json": json.dumps({"before": json.dumps([ORDER])}),
        "data/cases/saved.json": json.dumps([{"thread_id": MESSENGER, "text": PARCEL}]),
        "home/logs/api.log": f"INFO thread default:facebook%3Apage1%3A{PSID}: finishing\nINFO thread x: fine\n",
    }.items():
        path = place.settings.home.parent / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    score_half(place)


def score_half(place: Place) -> None:
    """Leave scores of the person, and a scoring that was ended before its time."""
    key = turn_key(thread_key(BOT, MESSENGER), 1)
    now = datetime.now(UTC)
    part = Part(first=key, last=key, n_messages=1)
    plan = Plan(bot=BOT, release_sha256="", since=now, until=now, parts=(part, part))
    folder = parts_folder(place.settings.home / "scores" / "begun.parquet")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PLAN_FILE).write_text(plan.model_dump_json(), encoding="utf-8")
    for file in (part_file(folder, 0), folder.with_name("done.parquet")):
        pd.DataFrame({"thread_id": [MESSENGER, "x"], "turn": [1, 1]}).to_parquet(file, index=False)


async def is_remembered(chat: Chat) -> bool:
    """Tell whether what the language model said of the person's words comes from the process's memory."""
    reading = await chat.services.llm.read(PARCEL, bot=BOT, release=chat.releases.current(BOT))
    return reading.from_cache


def test_versions_are_marked_before_the_runs_that_they_are_found_by_are_cleaned(tmp_path: Path) -> None:
    done: list[str] = []
    kinds: tuple[Kind, ...] = ("snapshot", "run", "version", "file")
    occurrences = tuple(Occurrence(kind, kind, 1, partial(done.append, kind)) for kind in kinds)
    settings = Settings(_env_file=None, home=tmp_path)  # type: ignore[call-arg]
    forgetting = Erasure(ErasureRequest(BOT, thread="t", purge=True), settings, lambda share, what: None)
    forgetting._purge(Lineage(Redaction(frozenset(), frozenset()), 0, occurrences))
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
    assert place.cloud is None or place.cloud.objects_with(*MARKS)

    rehearsal = await place.forget(user=PSID, dry_run=True)
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
    assert {occurrence.kind for occurrence in outcome.lineage.occurrences} == {"snapshot", "run", "version", "file"}
    assert [occurrence.name.split()[0] for occurrence in outcome.lineage.of("version")] == [second]
    assert [(place.test_set, place.number) for place in outcome.drafts] == [
        ("", len(TINY_BOT_WIRE["intents"][1]["trainingData"]) + 1),
        ("test set 1", 1),
    ]
    assert "zorblax" not in str(describe(outcome, ErasureRequest(BOT, purge=True))).lower()
    assert "zorblax" not in caplog.text.lower()
    assert log.stat().st_size == size
    assert "thread x: fine" in log.read_text()
    if place.cloud:
        (message,) = place.cloud.messages()
        assert not any(mark in message for mark in MARKS)
        async with open_deliveries(place.settings, chat.services) as deliveries:
            assert await deliveries.work(ThreadJob.model_validate_json(message).mark) is None
    left = await place.documents()
    assert not any(mark in left for mark in MARKS)
    assert thread_hash(thread_key(BOT, MESSENGER)) in left
    with pytest.raises(NotFound, match="there is no trace of"):
        await place.forget(user=PSID)

    third = await asyncio.to_thread(train, place.settings)
    assert third != second
    assert retire(place) == Retired(deleted=(second,), in_use=())
    assert place.files_with(*MARKS) == []
    assert [file.name for file in (place.settings.home / "scores").iterdir()] == ["done.parquet"]
    assert (await chat.send("hello", thread=MESSENGER)).turn == 1


async def test_forgetting_that_is_killed_keeps_nobody_waiting_for_long(
    place_on_a_machine: Place, tiny_release: Release
) -> None:
    place = place_on_a_machine
    async with open_chat(place.settings, tiny_release, bot=BOT) as chat:
        await chat.send("hello from zorblax", thread=PSID)
        command = (sys.executable, "-m", "tests.fakes.forget_process", place.settings.model_dump_json(), BOT, PSID)
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
        try:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"cleaning\n"
            await asyncio.sleep(4)  # twice its lease
            with pytest.raises(TrainingBusy, match="intentloop forget has been at work since"):
                await place.forget(user=PSID, purge=True)
            with pytest.raises(ThreadForgotten):
                await chat.send("hello", thread=PSID)
        finally:
            process.kill()
            await process.wait()
        assert (await let_in_again(chat)).turn == 2
        assert (await place.forget(user=PSID, purge=True)).traces.counts["turns"] == 2


async def let_in_again(chat: Chat) -> TurnResponse:
    async with asyncio.timeout(5):  # two seconds after this process has seen the last sign of life
        while True:
            try:
                return await chat.send("hello again", thread=PSID)
            except ThreadForgotten:
                await asyncio.sleep(0.1)


def retire(place: Place) -> Retired:
    """Run the command's second part."""
    return retire_versions(BOT, home=place.settings.home, tracking_uri=place.store)
