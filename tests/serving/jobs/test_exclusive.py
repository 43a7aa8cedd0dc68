"""Training by hand under a lease, and what ends it."""

import os
import signal
import time
from datetime import timedelta

import pytest

from pipelines.errors import StoreUnavailable, TrainingInterrupted, TrainingOverdue
from pipelines.schemas.keys import training_key
from pipelines.schemas.retraining import LEASE_TAG
from serving.jobs.exclusive import exclusive_training, sigterm_as_interrupt
from serving.store.client import Database
from serving.store.work.leases import Lease, Leases
from tests.support.leases import steal
from tests.support.records import now
from tests.support.trainings import Platform

pytestmark = pytest.mark.integration
TTL = timedelta(seconds=2)


def lease_of(planned: Platform, bot: str) -> Lease:
    found = planned.ask(lambda database: Leases(database, ttl=TTL).find(training_key(bot)))
    assert found is not None
    return found


def test_exclusive_training_marks_the_run_and_raises_what_has_happened_when_the_lease_is_lost(
    planned: Platform, new_name: str
) -> None:
    for number, is_needed in ((1, True), (2, False)):
        with exclusive_training(planned.settings(), new_name, is_needed=is_needed) as tags:
            assert (lease_of(planned, new_name).number, lease_of(planned, new_name).until > now()) == (number, True)
            assert tags == ({LEASE_TAG: "1"} if is_needed else {})

    async def take_over(database: Database) -> None:
        await steal(Leases(database, ttl=TTL), training_key(new_name), holder="other")

    def train() -> None:
        with exclusive_training(planned.settings(lease_seconds=2.0), new_name, is_needed=True):
            planned.ask(take_over)
            time.sleep(30)

    with pytest.raises(TrainingInterrupted, match="was taken over by another process"):
        train()


def test_exclusive_training_does_without_a_database_that_is_not_needed(
    planned: Platform, new_name: str, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = planned.settings().model_copy(update={"mongo_uri": "mongodb://127.0.0.1:9", "mongo_timeout_seconds": 0.5})
    with exclusive_training(nowhere, new_name, is_needed=False) as tags:
        assert tags == {}
    assert f"nothing keeps other trainings of bot '{new_name}' away" in caplog.text
    with pytest.raises(StoreUnavailable), exclusive_training(nowhere, new_name, is_needed=True):
        pass


def test_sigterm_as_interrupt_hears_the_first_request_to_end_only() -> None:
    done = []

    def work() -> None:
        with sigterm_as_interrupt():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(5)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(0.1)
                done.append("put in order")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["put in order"]


def test_exclusive_training_ends_what_hangs(planned: Platform, new_name: str) -> None:
    settings = planned.settings(lease_seconds=2.0).model_copy(update={"training_limit_hours": 1e-4})

    def train() -> None:
        with exclusive_training(settings, new_name, is_needed=True):
            time.sleep(30)

    with pytest.raises(TrainingOverdue, match=r"stopped after 0\.0001 hours"):
        train()
    assert lease_of(planned, new_name).until <= now()
