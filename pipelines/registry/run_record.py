"""What MLflow's record of a run holds: its kind, its bot, how it ended, and the name that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

GIVEN_UP_TAG = "given_up"
"""Tag of a run that another one has declared dead; its text says why."""
KIND_TAG, BOT_TAG = "kind", "bot"
"""Tags with what a run is, one of `Kind`, and with its bot."""
GATE_TAG, VERSION_TAG = "gate", "version"
"""Tags of a training's run: `passed` or `failed`, and the version that it registered."""
FAILED_REASON_TAG = "failed_reason"
"""Tag that says why the gate refused a run's release, or why the run failed."""
MAX_REASON_CHARS = 1000
GATE_PAGE, GATE_FILE = "gate/report.html", "gate/gate.json"
"""What the gate found, as a page and as JSON."""
DRIFT_TABLE = "drift/weeks.csv"
"""Table of a look for drift, a row for each week."""
MEASURED_ON = ("holdout", "test_set", "test", "production")
"""Folders of the evaluations of a training, which also begin the names of their metrics."""
FIGURES_FILE = "figures.json"
"""Table in each of these folders with every figure; only the headlines are metrics."""
Kind = Literal["training", "drift", "scores"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ABOUT: Mapping[Kind, str] = {
    "training": "Trainings of the bot. A training that ended has the tag `gate` (`passed` or `failed`), with "
    "`failed_reason` and `version`; search for `tags.gate = 'failed'`. Its artifact `gate/report.html` says what "
    "the gate found.",
    "drift": "Drift checks of the bot: one run per `intentloop drift`, one step per week.",
    "scores": "Scorings of the bot's log: one run per `intentloop score`.",
}
"""What MLflow says about an experiment on its page, by the kind of its runs."""
ORDINARY_MODELS = {"mlflow.experimentKind": "custom_model_development"}
"""Tag with which MLflow shows an experiment's runs and models at once; without it, it asks what the experiment is."""
RUNNING = "training"
"""End of the name of a training that is not over."""


@dataclass(frozen=True)
class LoggedRun:
    """A run in the tracking server.

    Attributes
    ----------
    status
        `RUNNING`, `FINISHED`, `FAILED` or another status of MLflow's.
    artifact_uri
        Address of its files in the artifact store.
    metrics
        The last value of each metric.
    """

    run_id: str
    status: str
    began_at: datetime
    artifact_uri: str
    params: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]


def experiment_name(bot: str, *, kind: Kind = "training") -> str:
    """Return the name of the experiment that holds a bot's runs of one kind."""
    return f"intentloop-{bot}" if kind == "training" else f"intentloop-{bot}-{kind}"


def run_name(bot: str, state: str, *, version: str = "", n_examples: float | None = None) -> str:
    """Return the name that MLflow shows for a run: `default v12 · 1,204 examples · gate failed`."""
    named = f"{bot} v{version}" if version else bot
    return " · ".join((named, *([f"{n_examples:,.0f} examples"] if n_examples is not None else []), state))


def is_of(run: LoggedRun, bot: str, kind: Kind) -> bool:
    """Whether a run is this bot's: the trainings of a bot `shop-drift` lie where the drift checks of `shop` do."""
    return run.tags.get(BOT_TAG, bot if kind == "training" else None) == bot


def state_of(run: LoggedRun) -> str:
    """Return how a training stands, as the end of its name."""
    if GIVEN_UP_TAG in run.tags:
        return "given up"
    if run.status == "RUNNING":
        return RUNNING
    if run.status != "FINISHED":
        return "failed"
    gate = run.tags.get(GATE_TAG)
    return f"gate {gate}" if gate else "finished"
