"""The routes of trainings, with child processes that only play a trainings."""

import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pipelines.errors import NotFound
from pipelines.progress import READING_DRAFT
from serving.api.admin.releasing import trainings
from serving.api.admin.streams import Streams
from serving.api.compat import training
from serving.api.errors import install_error_handlers
from serving.jobs.attempts import Attempts
from serving.jobs.child_runner import ChildRunner
from serving.jobs.process import TrainingProcess
from serving.jobs.service import TrainingService
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.work.jobs import Jobs
from serving.store.work.leases import Leases
from tests.support.admin import admin_access
from tests.support.events import parse_events
from tests.support.fixed import FixedReleases
from tests.support.records import now
from tests.support.servers import mongo_server
from tests.support.training_worker import FAKE
from tests.support.trainings import Platform, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.slow]
TOKEN = {"Authorization": "Bearer a-token-of-the-operator"}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("planned")
    with mongo_server("nx-27017", folder / "mongo") as uri:
        yield Platform(uri, folder)


@pytest.fixture
def open_api(planned: Platform, new_name: str) -> Callable[[], TestClient]:
    settings = planned.settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(planned.mongo_uri, name=settings.mongo_database, timeout_seconds=5.0)
        leases = Leases(database, ttl=timedelta(seconds=settings.training_lease_seconds))
        process = TrainingProcess(settings, command=FAKE)
        attempts = Attempts(Jobs(database), leases, process, on_failure=lambda *_: None, retries=False)
        runner = ChildRunner(Jobs(database), attempts)
        runner.start()
        app.state.trainings = TrainingService(database, runner, now=now)
        absent = NotFound("bot", new_name, hint="no model is registered")
        releases = FixedReleases(error_by_bot={new_name: absent})
        app.state.services = SimpleNamespace(database=database, now=now, releases=releases)
        app.state.access = admin_access(database, now=now)
        yield
        await runner.aclose()
        database.close()

    def open_() -> TestClient:
        app = FastAPI(lifespan=lifespan)
        app.state.default_bot, app.state.streams = new_name, Streams()
        app.include_router(trainings.router)
        app.include_router(training.router)
        install_error_handlers(app)
        return TestClient(app, headers=TOKEN)

    return open_


def pid_of(planned: Platform, bot: str) -> int:
    file: Path = planned.folder / "home" / "run" / f"training-{bot}.pid"
    return int(file.read_text(encoding="utf-8"))


def test_training_goes_from_queued_to_done_and_one_of_a_chat_api_that_ended_is_begun_again(
    planned: Platform, open_api: Callable[[], TestClient], new_name: str
) -> None:
    planned.add_bot(new_name)
    planned.plan(**{new_name: ["hang", "done", "hang", "done"]})
    trainings = f"/api/v1/bots/{new_name}/trainings"

    def shown(number: int) -> dict[str, Any]:
        answer = api.get(f"{trainings}/{number}")
        assert answer.status_code == 200
        return dict(answer.json())

    with open_api() as api:
        begun = api.post("/admin/train/build_models", content=b"anything")
        assert begun.status_code == 200
        assert begun.json()["status"] == "training started in the background"
        assert begun.json()["training"]["state"] == "queued"
        again = api.post(trainings)
        assert (again.status_code, again.json()["id"]) == (200, 1)
        assert api.post("/admin/train/build_models").json()["status"] == "training is under way already"
        wait_for(lambda: shown(1)["share"] == 0.3)
        assert (shown(1)["state"], shown(1)["step"], shown(1)["log"]) == ("running", "fitting", "http://mlflow/#/run")
        os.kill(pid_of(planned, new_name), signal.SIGKILL)
        wait_for(lambda: shown(1)["state"] == "failed")
        assert "was ended by SIGKILL; its log is " in shown(1)["reason"]

        wait_for(lambda: planned.job(new_name).until is None)
        ordered = api.post(trainings)
        assert (ordered.status_code, ordered.headers["Location"]) == (202, f"{trainings}/2")
        seen: set[tuple[str, float]] = set()
        wait_for(lambda: seen.add((shown(2)["state"], shown(2)["share"])) or shown(2)["state"] == "done")
        assert any(state == "running" and 0 < share < 1 for state, share in seen)
        assert (shown(2)["version"], shown(2)["share"], shown(2)["reason"]) == ("7", 1.0, "")
        assert [job["id"] for job in api.get(trainings).json()] == [2, 1]

        api.post(trainings)
        wait_for(lambda: shown(3)["share"] == 0.3)
        pid = pid_of(planned, new_name)
    last = planned.job(new_name, 3)
    assert (last.state, last.attempts, last.until) == ("queued", 0, None)
    assert last.step == "waiting: the process that did it was told to end"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with open_api() as api:  # which does not have to be asked again
        wait_for(lambda: shown(3)["state"] == "done")
        assert (shown(3)["attempts"], shown(3)["version"]) == (1, "7")


def test_trainings_wants_the_token_a_bot_and_a_number(
    planned: Platform, open_api: Callable[[], TestClient], new_name: str
) -> None:
    with open_api() as api:
        for method, path in (
            ("POST", "/admin/train/build_models"),
            ("POST", f"/api/v1/bots/{new_name}/trainings"),
            ("GET", f"/api/v1/bots/{new_name}/trainings"),
            ("GET", f"/api/v1/bots/{new_name}/trainings/1"),
        ):
            assert api.request(method, path, headers={"Authorization": "Bearer no"}).status_code == 401
        missing = api.post(f"/api/v1/bots/{new_name}/trainings")
        assert (missing.status_code, missing.json()["error"]) == (404, "not_found")
        assert "intentloop import FILE" in missing.json()["detail"]
        assert api.get(f"/api/v1/bots/{new_name}/trainings/1").status_code == 404
        assert api.get(f"/api/v1/bots/{new_name}/trainings/x").status_code == 422
        assert api.get(f"/api/v1/bots/{new_name}/trainings/{10**30}").status_code == 422
        assert api.get(f"/api/v1/bots/{new_name}/trainings").status_code == 404
        planned.add_bot(new_name)
        assert api.get(f"/api/v1/bots/{new_name}/trainings").json() == []


def test_training_is_refused_without_examples_and_accepts_other_labels_if_told(
    planned: Platform, open_api: Callable[[], TestClient], new_name: str
) -> None:
    empty, trainings = f"{new_name}-empty", f"/api/v1/bots/{new_name}/trainings"
    cancel = {"name": "Cancel", "intentId": "cancel", "trainingData": [{"text": "stop that"}]}
    wire = {"intents": [cancel], "entities": []}
    planned.ask(lambda database: import_bot(database, wire, bot=empty, source="test"))
    planned.add_bot(new_name)
    planned.plan(**{new_name: ["done"]})
    with open_api() as api:
        refused = api.post(f"/api/v1/bots/{empty}/trainings")
        assert (refused.status_code, refused.json()["error"]) == (409, "conflict")
        assert "write a few sentences that customers would say for it" in refused.json()["detail"]
        assert api.get(f"/api/v1/bots/{empty}/trainings").json() == []
        assert api.post(trainings, json={"accept": True}).status_code == 422
        assert api.post(trainings, json={"accept_relabelled": True}).status_code == 202
        wait_for(lambda: api.get(f"{trainings}/1").json()["state"] == "done")
        log = api.get(f"{trainings}/1/log").json()
        assert [line["text"] for line in log["lines"]] == [READING_DRAFT, "fitting with other labels"]
        shown = api.get(f"{trainings}/1").json()
        assert shown["started_at"] <= shown["draft_read_at"] <= shown["ended_at"]
        assert shown["is_relabelled"] is False


def test_training_that_waits_or_runs_is_cancelled_and_followed_to_its_end(
    planned: Platform, open_api: Callable[[], TestClient], new_name: str
) -> None:
    other = f"{new_name}-other"
    for bot in (new_name, other):
        planned.add_bot(bot)
    planned.plan(**{new_name: ["hang", "done"], other: ["done"]})
    running, waiting = f"/api/v1/bots/{new_name}/trainings", f"/api/v1/bots/{other}/trainings"
    with open_api() as api:
        api.post(running)
        wait_for(lambda: api.get(f"{running}/1").json()["share"] == 0.3)
        pid = pid_of(planned, new_name)
        api.post(waiting)
        ended = api.post(f"{waiting}/1/cancel")
        assert (ended.status_code, ended.json()["state"]) == (202, "cancelled")
        assert ended.json()["reason"] == "cancelled by admin token"

        assert api.post(f"{running}/1/cancel").json()["state"] == "running"
        seen = parse_events(api.get(f"{running}/1/events").text)
        assert (seen[-1][0], seen[-1][2]["state"], seen[-1][2]["version"]) == ("end", "cancelled", None)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert api.post(f"{running}/1/cancel").json()["state"] == "cancelled"
        log = api.get(f"{running}/1/log").json()
        assert ([line["text"] for line in log["lines"]], log["run"]) == (
            [READING_DRAFT, "fitting"],
            "http://mlflow/#/run",
        )

        assert api.post(running).status_code == 202  # a cancelled one is in nobody's way
        wait_for(lambda: api.get(f"{running}/2").json()["state"] == "done")
        refused = api.post(f"{running}/2/cancel")
        assert (refused.status_code, refused.json()["error"]) == (409, "conflict")
        first = api.get(running, params={"limit": 1})
        assert [job["id"] for job in first.json()] == [2]
        second = api.get(first.links["next"]["url"])
        assert ([job["id"] for job in second.json()], "link" in second.headers) == ([1], False)
        for path in ("9/cancel", "9/events", "9/log"):
            method = "POST" if path.endswith("cancel") else "GET"
            assert api.request(method, f"{running}/{path}").status_code == 404
