"""What a schedule may promote, and what is said of a training that ended badly."""

from typing import Any, cast

import pytest

from pipelines.errors import DataRejected, RegistryUnavailable, TrainingCancelled, TrainingInterrupted, TrainingOverdue
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from serving.cli import retrain
from serving.cli.retrain import is_decided
from serving.jobs import retraining
from serving.jobs.lease import TrainingLease
from serving.store.releases.promotions import Move
from tests.support.records import now


def move(kind: Any, from_version: str, to_version: str) -> Move:
    return Move(bot="b", kind=kind, from_version=from_version, to_version=to_version, at=now(), by="t", why="")


@pytest.mark.parametrize(
    "known",
    [
        {"tags": {"stage": "Staging", "canary_stopped": "more fallbacks"}},
        {"aliases": {"canary": "5", "production": "4"}},
        {"tags": {"stage": "Archived"}},
        {"moves": [move("promotion", "4", "5"), move("rollback", "5", "4")]},
        {"moves": [move("noticed", "4", "5")]},
    ],
)
def test_is_decided_about_what_was_tried_or_has_answered(known: dict[str, Any]) -> None:
    assert is_decided("5", **{"tags": {}, "aliases": {}, "moves": [], **known})


def test_is_decided_leaves_what_was_never_let_answer() -> None:
    # the command that wrote the first move was cut off before the alias moved; a canary of before is another version
    moves = [move("promotion", "4", "5"), move("trial", "4", "5"), move("canary_stop", "3", "4")]
    aliases = {"candidate": "5", "production": "4", "canary": "3"}
    assert not is_decided("5", tags={"stage": "Staging"}, aliases=aliases, moves=moves)


class NotingLease:
    """Notes what is said of the job."""

    is_lost = False
    limit_hours = 10.0

    def __init__(self, *, has_job: bool, is_overdue: bool, cancelled_by: str | None = None) -> None:
        self.has_job, self.is_overdue, self.cancelled_by = has_job, is_overdue, cancelled_by
        self.said: list[str] = []

    def conclude(self, **changes: Any) -> None:
        """Note it."""
        self.said.append(changes["state"])


@pytest.mark.parametrize(
    ("error", "has_job", "has_queue", "is_overdue", "state", "raised"),
    [
        (KeyboardInterrupt(), True, False, False, "queued", TrainingInterrupted),  # with its chat API, perhaps
        (KeyboardInterrupt(), False, True, False, "failed", TrainingInterrupted),
        (KeyboardInterrupt(), True, True, True, "failed", TrainingOverdue),
        (RegistryUnavailable("http://m", "refused"), True, True, False, "queued", RegistryUnavailable),
        (RegistryUnavailable("http://m", "refused"), True, False, False, "failed", RegistryUnavailable),
        (OSError(28, "No space left on device"), True, True, False, "failed", OSError),
    ],
)
def test_retrain_has_a_last_word_whatever_happens_and_tells_what_has_failed(
    error: BaseException,
    has_job: bool,
    has_queue: bool,
    is_overdue: bool,
    state: str,
    raised: type[Exception],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise error

    told: list[str] = []
    monkeypatch.setattr(retrain, "_train_and_promote", breaks)
    monkeypatch.setattr(retraining, "notify", lambda *_, event, **__: told.append(event))
    lease = NotingLease(has_job=has_job, is_overdue=is_overdue)
    given = settings.model_copy(update={"training_queue_url": "http://q" if has_queue else None})
    with pytest.raises(raised):
        retrain._retrain(TrainParams(), given, cast("TrainingLease", lease), force=False, promotes=False)
    assert (lease.said, told) == ([state], [] if state == "queued" else ["failed"])


def test_first_line_of_rejected_data_names_the_first_problems_and_quotes_no_example() -> None:
    problems = [f"greet/{number}: the text 'call Ann' is bad." for number in range(1, 6)]
    rejected = DataRejected("bot 'x'", problems, brief=[f"greet/{number}: bad texts." for number in range(1, 6)])
    said = "bot 'x' cannot be used: greet/1: bad texts. | greet/2: bad texts. | greet/3: bad texts. (and 2 more)"
    assert retrain._first_line(rejected) == said
    pattern = DataRejected("bot 'x'", ["code: the pattern '(' is broken. Repair: write another."])
    assert retrain._first_line(pattern) == f"bot 'x' cannot be used: {pattern.problems[0]}"


def test_retrain_that_is_cancelled_says_by_whom_and_bothers_nobody(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(retrain, "_train_and_promote", ends)
    monkeypatch.setattr(retraining, "notify", lambda *_, **__: pytest.fail("somebody was told"))
    lease = NotingLease(has_job=True, is_overdue=False, cancelled_by="Ann")
    with pytest.raises(TrainingCancelled, match="was cancelled by Ann"):
        retrain._retrain(TrainParams(), settings, cast("TrainingLease", lease), force=False, promotes=False)
    assert lease.said == ["cancelled"]
