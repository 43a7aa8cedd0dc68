"""`intentloop retrain` in processes of its own, against a real database and a real MLflow server."""

import json
import signal
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from pipelines.schemas.keys import training_key
from serving.store.releases.promotions import Promotions
from serving.store.work.leases import Lease, Leases
from tests.support.bots import TINY_BOT_WIRE
from tests.support.records import now
from tests.support.trainings import TRAIN, Platform, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def notices() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give an address that takes notices, and what it was told."""
    told: list[dict[str, Any]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", told
        server.shutdown()
        thread.join()


def lease_of(trainings: Platform, bot: str) -> Lease | None:
    return trainings.ask(lambda database: Leases(database, ttl=timedelta(seconds=1)).find(training_key(bot)))


def test_retrain_once_for_the_same_data_and_one_at_a_time(
    trainings: Platform, new_name: str, notices: tuple[str, list[dict[str, Any]]]
) -> None:
    url, told = notices
    trainings.add_bot(new_name)
    first = trainings.start_retrain(new_name, notify_url=url)
    wait_for(lambda: lease_of(trainings, new_name))
    code, _, errors = trainings.retrain(new_name)
    assert code == 3
    assert f"bot '{new_name}' cannot be trained or cleaned now: " in errors
    assert f"process {first.pid} has been at work since 20" in errors

    output, errors = first.communicate(timeout=120)
    assert (first.returncode, "Traceback" in errors) == (0, False)
    assert "version 1 of bot" in output
    assert "`intentloop promote 1` lets it answer" in output
    assert trainings.versions(new_name) == {"1": ["candidate"]}
    assert [(notice["event"], notice["version"], notice["gate_passed"]) for notice in told] == [
        ("candidate", "1", True)
    ]
    assert "version 1" in told[0]["text"]

    code, output, _ = trainings.retrain(new_name, notify_url=url)
    assert code == 0
    assert output.startswith("nothing to train: version 1 of bot")
    assert "from the same data (" in output
    assert (trainings.runs(new_name), len(told)) == (["FINISHED"], 1)

    code, output, _ = trainings.retrain(new_name, retrain_policy="promote", notify_url="http://127.0.0.1:9/")
    assert (code, trainings.versions(new_name)) == (0, {"1": ["candidate", "production"]})
    assert "it has passed its gate and is promoted" in output
    [entry] = trainings.ask(lambda database: Promotions(database).recent(new_name))
    assert (entry.move.kind, entry.move.to_version) == ("promotion", "1")
    assert entry.move.why.startswith("intentloop retrain, run ")


def test_retrain_that_is_asked_to_end_leaves_nothing_running(trainings: Platform, new_name: str) -> None:
    trainings.add_bot(new_name)
    process = trainings.start_retrain(new_name)
    wait_for(lambda: trainings.runs(new_name) == ["RUNNING"])
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"the training of bot '{new_name}' ended early" in errors
    assert "Traceback" not in errors
    assert (trainings.runs(new_name), trainings.versions(new_name)) == (["FAILED"], {})
    lease = lease_of(trainings, new_name)
    assert lease is not None
    assert lease.until <= now()  # given back


def test_train_by_hand_keeps_a_scheduled_retrain_away_and_is_kept_away_itself(
    trainings: Platform, new_name: str, tmp_path: Path
) -> None:
    trainings.add_bot(new_name)
    by_hand = trainings.start_retrain(new_name, command=TRAIN)
    wait_for(lambda: trainings.runs(new_name) == ["RUNNING"])
    code, _, errors = trainings.retrain(new_name)
    assert (code, f"process {by_hand.pid} has been at work since 20" in errors) == (3, True)
    file = tmp_path / "bot.json"
    file.write_text(json.dumps(TINY_BOT_WIRE), encoding="utf-8")
    # replays stored conversations and registers versions of the same bot, like any other
    code, _, errors = trainings.retrain(new_name, "--source", str(file), command=TRAIN)
    assert (code, f"bot '{new_name}' cannot be trained or cleaned now: " in errors) == (3, True)
    by_hand.send_signal(signal.SIGTERM)
    _, errors = by_hand.communicate(timeout=60)
    assert by_hand.returncode != 0
    assert "Traceback" not in errors, errors
    assert (trainings.runs(new_name), trainings.versions(new_name)) == (["FAILED"], {})
    lease = lease_of(trainings, new_name)
    assert lease is not None
    assert lease.until <= now()
