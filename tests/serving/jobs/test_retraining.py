"""What a retraining decides, with a scripted trainer."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from pipelines.schemas.retraining import Trained
from serving.jobs.lease import TrainingLease
from serving.jobs.retraining import Retrained, outcome_of, run_retraining

KNOWN = Trained(
    bot="b", version="4", run_id="r4", run_url="", data_hash="a" * 64, gate_passed=True, answers=False
)  # fmt: skip
NEW = KNOWN.model_copy(update={"version": "5"})
REFUSED = {"gate_passed": False, "gate_reasons": "accuracy 10.0% is below the floor"}


class ScriptedTrainer:
    """Knows a version, or does not; trains version 5."""

    def __init__(self, known: Trained | None, new: Trained = NEW) -> None:
        self._known, self._new = known, new

    def give_up_dead_runs(self, lease: int) -> list[str]:
        """Give one."""
        return ["0123456789abcdef"] if lease > 1 else []

    def find_trained(self) -> Trained | None:
        """Give what is known."""
        return self._known

    def train(self, **_: Any) -> Trained:
        """Give what is new."""
        return self._new


class ScriptedLease:
    """Holds the second lease."""

    number = 2

    def note_run(self, run_id: str, run_url: str) -> None:
        """Note nothing."""


def retrained(
    known: Trained | None, *, new: Trained = NEW, force: bool = False, promote: Callable[..., bool] | None = None
) -> Retrained:
    lease = cast("TrainingLease", ScriptedLease())
    return run_retraining(
        ScriptedTrainer(known, new), lease, force=force, promote=promote, progress=lambda share, what: None
    )


def test_retraining_what_is_known_does_nothing_and_says_why() -> None:
    done = retrained(KNOWN)
    assert (done.did_nothing, outcome_of(done)["state"]) == (True, "nothing-to-do")
    dead, why, advice = done.describe()
    assert dead == "run 01234567 belonged to a process that died; it is marked as failed"
    assert why.startswith("nothing to train: version 4 of bot 'b' was trained from the same data (aaaaaaaaaaaa)")
    assert "`intentloop promote 4`" in advice
    assert outcome_of(done)["reason"] == "; ".join(done.describe())


def test_retraining_what_is_new_or_forced_trains() -> None:
    assert [retrained(None).trained.version, retrained(KNOWN, force=True).trained.version] == ["5", "5"]
    assert outcome_of(retrained(None)) | {"ended_at": None} == {
        "state": "done", "step": "done", "share": 1.0, "version": "5", "answers": False, "reason": "", "ended_at": None,
        "until": None,
    }  # fmt: skip


def test_retraining_what_a_crash_cut_off_says_so() -> None:
    done = retrained(KNOWN.model_copy(update={"was_completed": True}))
    assert not done.did_nothing
    assert "was trained already but its registration was cut off; that is finished now" in done.describe()[1]


@pytest.mark.parametrize(
    ("known", "new", "is_promoted"),
    [
        (None, NEW, True),
        (KNOWN, NEW, True),  # a crash between registration and promotion
        (KNOWN.model_copy(update={"answers": True}), NEW, False),
        (None, NEW.model_copy(update=REFUSED), False),
    ],
)
def test_retraining_promotes_only_what_passed_and_does_not_answer_yet(
    known: Trained | None, new: Trained, is_promoted: bool
) -> None:
    asked: list[tuple[str, bool]] = []

    def promote(trained: Trained, is_new: bool) -> bool:
        asked.append((trained.version, is_new))
        return True

    done = retrained(known, new=new, promote=promote)
    assert (done.is_promoted, len(asked)) == (is_promoted, int(is_promoted))
    assert all(is_new == (known is None) for _, is_new in asked)


def test_retraining_that_the_gate_refused_gives_its_reasons() -> None:
    done = retrained(None, new=NEW.model_copy(update=REFUSED))
    assert done.describe()[-1] == "the gate was not passed: accuracy 10.0% is below the floor"
    assert outcome_of(done)["reason"] == REFUSED["gate_reasons"]
