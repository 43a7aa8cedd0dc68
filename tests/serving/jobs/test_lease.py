"""Who holds a lease in one process, and what happens when it is lost."""

import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pipelines.errors import JobOver, NotFound, StoreUnavailable, TrainingBusy
from pipelines.schemas.keys import training_key
from serving.jobs.lease import TrainingLease
from serving.store.client import Database
from serving.store.work.jobs import Job, Jobs
from serving.store.work.leases import Lease, Leases
from tests.support.leases import steal
from tests.support.records import now
from tests.support.trainings import Platform, wait_for

pytestmark = pytest.mark.integration
TTL = timedelta(seconds=2)


@pytest.fixture
def interrupted() -> Iterator[list[int]]:
    """Note requests to end instead of ending."""
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    yield heard
    signal.signal(signal.SIGTERM, before)


def lease_of(planned: Platform, bot: str) -> Lease:
    found = planned.ask(lambda database: Leases(database, ttl=TTL).find(training_key(bot)))
    assert found is not None
    return found


def ordered(planned: Platform, bot: str) -> Job:
    return planned.ask(lambda database: Jobs(database).request(bot, by="test", now=now()))[0]


def test_keeper_keeps_the_lease_and_the_job_for_longer_than_a_lease_lasts(planned: Platform, new_name: str) -> None:
    ordered(planned, new_name)
    settings = planned.settings(lease_seconds=2.0)
    with TrainingLease(settings, new_name, job=1) as lease:
        with (
            pytest.raises(TrainingBusy, match="cannot be trained or cleaned"),
            TrainingLease(settings, new_name, job=None),
        ):
            pass
        lease.report(0.25, "fitting")
        time.sleep(2.5)
        job = planned.job(new_name)
        assert (job.state, job.share, job.step) == ("running", 0.25, "fitting")
        assert job.until is not None
        assert job.until > now()
        assert lease_of(planned, new_name).until > now()
        lease.conclude(state="done", version="2")
    assert lease_of(planned, new_name).until <= now()
    assert (planned.job(new_name).state, planned.job(new_name).version) == ("done", "2")
    with pytest.raises(JobOver), TrainingLease(settings, new_name, job=1):
        pass
    with pytest.raises(NotFound), TrainingLease(settings, new_name, job=2):
        pass
    assert lease_of(planned, new_name).until <= now()


def test_keeper_whose_lease_was_taken_ends_its_process(
    planned: Platform, new_name: str, interrupted: list[int]
) -> None:
    ordered(planned, new_name)

    async def take_over(database: Database) -> bool:
        leases, later = Leases(database, ttl=TTL), now() + timedelta(minutes=5)
        _, is_ours = await leases.take(training_key(new_name), holder="ahead", now=later)
        assert not is_ours  # a clock that is ahead takes nothing from the living
        return bool(await steal(leases, training_key(new_name), holder="other"))  # it has been frozen

    with TrainingLease(planned.settings(lease_seconds=2.0), new_name, job=1) as lease:
        assert planned.ask(take_over)
        wait_for(lambda: lease.is_lost)
        lease.conclude(state="failed")  # is no longer its business
    assert interrupted == [signal.SIGTERM]
    assert lease_of(planned, new_name).holder == "other"
    assert planned.job(new_name).state == "running"


def test_keeper_waits_with_the_last_word_for_a_database_that_is_away(
    planned: Platform, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(planned, new_name)
    write, failures = Jobs.change, iter([StoreUnavailable("write job"), StoreUnavailable("write job")])

    async def fails_twice(jobs: Jobs, job: Job, **changes: Any) -> Job | None:
        error = next(failures, None) if "state" in changes else None
        if error is not None:
            raise error
        return await write(jobs, job, **changes)

    with TrainingLease(planned.settings(), new_name, job=1) as lease:
        monkeypatch.setattr(Jobs, "change", fails_twice)
        lease.conclude(state="done", version="2")
    assert (planned.job(new_name).state, next(failures, None)) == ("done", None)
