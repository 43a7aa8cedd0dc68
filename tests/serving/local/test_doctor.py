import asyncio
import socket
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.settings import Settings
from serving.local.doctor import (
    check_home,
    check_inbox,
    check_queue,
    check_registry,
    check_release,
    check_training_queue,
    run_checks,
)
from serving.store.client import Database
from serving.store.schema import Schema
from serving.store.threads.inbox import Inbox, InboxItem
from tests.support.records import now
from tests.support.servers import free_port
from tests.support.sqs_server import AWS_VARIABLES, make_queue, sqs_server


def settings(home: Path, **fields: object) -> Settings:
    ports = {name: free_port() for name in ("api_port", "mlflow_port", "mongo_port", "demo_port")}
    return Settings(_env_file=None, home=home, **{"mongo_timeout_seconds": 0.3, **ports, **fields})  # type: ignore[arg-type, call-arg]


def test_run_checks_on_a_quiet_machine_finds_no_problem(tmp_path: Path) -> None:
    verdicts = {check.subject: check.verdict for check in run_checks(settings(tmp_path))}
    assert verdicts == {
        "Python": "ok", "folder": "ok", "database": "note", "upkeep": "note", "MLflow": "note", "release": "note",
        "demo shop": "note", "chat API": "note", "inbox": "note", "queue": "ok", "trainings": "ok", "Messenger": "ok",
        "LLM": "note",
    }  # fmt: skip


def test_run_checks_names_what_is_wrong_and_a_remedy_for_each(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    dead = f"127.0.0.1:{free_port()}"
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        broken = settings(
            tmp_path / "file" / "home",
            mongo_uri=f"mongodb://{dead}",
            mlflow_tracking_uri=f"http://{dead}",
            llm_base_url=f"http://{dead}/v1",
            queue_url="https://sqs.eu-west-1.amazonaws.com/1/x.fifo",
            demo_port=stranger.getsockname()[1],
            facebook_app_secret="a secret",
        )
        problems = {check.subject: check for check in run_checks(broken) if check.verdict == "problem"}
    partners = {"database", "MLflow", "release", "demo shop", "queue", "Messenger", "LLM"}
    assert set(problems) == partners | {"folder", "upkeep", "inbox"}
    assert all(check.remedy for check in problems.values())


def test_checks_of_a_registry_that_mlflow_does_not_know_name_the_variable(tmp_path: Path) -> None:
    strange = settings(tmp_path, mlflow_tracking_uri="nonsense://user:password@there")
    for check in (check_registry(strange), check_release(strange)):
        assert (check.verdict, "password" in check.finding) == ("problem", False)
    assert check_registry(strange).remedy == "correct MLFLOW_TRACKING_URI"


def test_check_registry_survives_a_stranger_and_shows_no_password(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:

        def greet() -> None:
            connection, _ = stranger.accept()
            connection.sendall(b"SSH-2.0-x\r\n")
            connection.close()

        threading.Thread(target=greet, daemon=True).start()
        port = stranger.getsockname()[1]
        found = check_registry(settings(tmp_path, mlflow_tracking_uri=f"http://me:pa55@127.0.0.1:{port}"))
    assert (found.verdict, found.finding) == ("problem", f"http://***@127.0.0.1:{port} does not answer")


async def test_check_inbox_names_what_waits_too_long(tmp_path: Path, mongo_uri: str, new_name: str) -> None:
    here = settings(tmp_path, mongo_uri=mongo_uri, mongo_database=new_name, mongo_timeout_seconds=5)
    own = Database(mongo_uri, name=new_name, timeout_seconds=5)
    inbox = Inbox(own, Schema(own))

    async def accept(minutes_ago: int) -> None:
        moment = now() - timedelta(minutes=minutes_ago)
        item = InboxItem.new(
            "default",
            "facebook:t",
            str(minutes_ago),
            channel="facebook",
            event="{}",
            happened_at=moment,
            place=0,
            now=moment,
        )
        await inbox.accept([item])

    try:
        assert (await asyncio.to_thread(check_inbox, here)).verdict == "ok"
        await accept(2)
        assert (await asyncio.to_thread(check_inbox, here)).verdict == "ok"
        await accept(25)
        late = await asyncio.to_thread(check_inbox, here)
        assert late.verdict == "problem"
        assert late.finding.endswith("waiting for an answer: 2, the oldest for 25 min")
        assert late.remedy.startswith("see that the chat API runs")
    finally:
        await own.drop()
        own.close()


@pytest.mark.integration
def test_check_queue_asks_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqs_server(tmp_path / "sqs") as endpoint:
        for name, value in {**AWS_VARIABLES, "AWS_ENDPOINT_URL": endpoint}.items():
            monkeypatch.setenv(name, value)
        queue = make_queue(endpoint, "chat", max_receives=10)
        queue.client.send_message(QueueUrl=queue.url, MessageBody="x")
        whole, plain, gone = (
            check_queue(settings(tmp_path, queue_url=url)) for url in (queue.url, queue.dead_url, f"{queue.url}-2")
        )
        trainings = check_training_queue(settings(tmp_path, training_queue_url=queue.dead_url))
    assert (trainings.verdict, trainings.remedy) == ("note", "give it a redrive policy with a maxReceiveCount of 5")
    assert (whole.verdict, whole.finding) == ("ok", "answers; messages waiting for a worker: 1")
    assert (plain.verdict, plain.remedy) == ("note", "give it a redrive policy with a maxReceiveCount of 10")
    assert gone.verdict == "problem"


def test_check_home_says_that_its_disk_is_nearly_full(tmp_path: Path, full_disk: None) -> None:
    check = check_home(settings(tmp_path))
    assert (check.verdict, check.finding) == ("problem", f"the disk of {tmp_path} has only 3 MB left")
    assert check.remedy == "make room on it"


def test_check_home_says_when_others_may_read_it_and_changes_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    check = check_home(settings(tmp_path))
    assert (check.verdict, check.remedy) == ("problem", f"chmod 700 {tmp_path}")
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    tmp_path.chmod(0o700)
    assert check_home(settings(tmp_path)).verdict == "ok"
