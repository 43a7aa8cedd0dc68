"""One retraining under the lease, from the data to the outcome: the work of `intentloop retrain`."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pipelines.progress import Progress
from pipelines.schemas.retraining import Trained
from pipelines.settings import Settings
from serving.clock import utc_now
from serving.jobs.lease import TrainingLease
from serving.jobs.notify import post_notice

_log = logging.getLogger(__name__)


class Trainer(Protocol):
    """Trains one bot; `pipelines.retrain` has the class."""

    def give_up_dead_runs(self, lease: int) -> list[str]:
        """Mark runs that began under an earlier lease and never ended as failed; return their ids."""
        ...

    def find_trained(self) -> Trained | None:
        """Return the registered version that a training would make now, if there is one."""
        ...

    def train(self, *, lease: int, progress: Progress, begun: Callable[[str, str], None]) -> Trained:
        """Train, evaluate and register a version."""
        ...


@dataclass(frozen=True)
class Retrained:
    """The result of a retraining.

    Attributes
    ----------
    trained
        The version for the present data.
    is_new
        Whether it was trained just now.
    is_promoted
        Whether this retraining promoted it.
    dead_runs
        Runs of processes that died, which were marked as failed.
    """

    trained: Trained
    is_new: bool
    is_promoted: bool
    dead_runs: tuple[str, ...] = ()

    @property
    def did_nothing(self) -> bool:
        """Whether everything was up to date already."""
        return not (self.is_new or self.is_promoted or self.trained.was_completed)

    def describe(self) -> list[str]:
        """Describe in sentences what was done and why."""
        trained = self.trained
        lines = [
            f"run {run_id[:8]} belonged to a process that died; it is marked as failed" for run_id in self.dead_runs
        ]
        name = f"version {trained.version} of bot {trained.bot!r}"
        if self.is_new:
            lines.append(f"{name} is trained and registered{' as candidate' if trained.gate_passed else ''}")
        elif trained.was_completed:
            lines.append(f"{name} was trained already but its registration was cut off; that is finished now")
        else:
            recipe = f"from the same data ({trained.data_hash[:12]}), parameters and code"
            lines.append(f"nothing to train: {name} was trained {recipe}; --force trains it anyway")
        if self.is_promoted:
            lines.append("it has passed its gate and is promoted")
        elif not trained.gate_passed:
            lines.append(f"the gate was not passed: {trained.gate_reasons or 'no reason is given'}")
        elif trained.answers:
            lines.append("it answers already")
        else:
            lines.append(f"it has passed its gate; `intentloop promote {trained.version}` lets it answer")
        return lines


def run_retraining(
    trainer: Trainer,
    lease: TrainingLease,
    *,
    force: bool,
    promote: Callable[[Trained, bool], bool] | None,
    progress: Progress,
) -> Retrained:
    """Train unless the result is registered already (`force` trains anyway), and promote if that is wanted.

    `promote` takes the version and whether it is new, and returns whether it promoted it; None promotes nothing.
    """
    progress(0.0, "comparing the data with the registered versions")
    dead = trainer.give_up_dead_runs(lease.number)
    trained = None if force else trainer.find_trained()
    is_new = trained is None
    if trained is None:
        trained = trainer.train(lease=lease.number, progress=progress, begun=lease.note_run)
    is_promoted = False
    if promote is not None and trained.gate_passed and not trained.answers:
        is_promoted = promote(trained, is_new)
        trained = trained.model_copy(update={"answers": is_promoted})
    return Retrained(trained, is_new, is_promoted, tuple(dead))


def outcome_of(done: Retrained) -> dict[str, Any]:
    """Return the fields of a finished job."""
    trained = done.trained
    return {
        "state": "nothing-to-do" if done.did_nothing else "done",
        "step": "done",
        "share": 1.0,
        "version": trained.version,
        "answers": trained.answers,
        "reason": "; ".join(done.describe()) if done.did_nothing else trained.gate_reasons,
        "ended_at": utc_now(),
        "until": None,
    }


def report_failure(settings: Settings, bot: str, reason: str) -> None:
    """Report a failed training whose own process could not."""
    notify(settings, bot=bot, event="failed", text=reason)


def notify(settings: Settings, *, bot: str, event: str, text: str, trained: Trained | None = None) -> None:
    """Log the result of a retraining, and post it to the operator's address if there is one."""
    _log.info("retraining of bot %s: %s", bot, event)
    if settings.notify_url is None:
        return
    notice = {"event": event, "bot": bot, "text": text}
    if trained is not None:
        notice |= trained.model_dump(exclude={"bot"})
    post_notice(settings.notify_url.get_secret_value(), notice)
