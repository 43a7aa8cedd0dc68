"""The MLflow runs of a bot. What is logged to them is up to each step."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipelines.errors import NotFound
from pipelines.registry.connection import connect, first_contact, translated
from pipelines.registry.links import artifact_page, page, run_page
from pipelines.registry.origin import NOTEBOOK, PROCESS_TAG, TRAIN, is_dead, origin_tags
from pipelines.registry.run_record import (
    ABOUT,
    BOT_TAG,
    FAILED_REASON_TAG,
    FIGURES_FILE,
    GATE_FILE,
    GATE_TAG,
    GIVEN_UP_TAG,
    KIND_TAG,
    KINDS,
    MAX_REASON_CHARS,
    MEASURED_ON,
    ORDINARY_MODELS,
    RUNNING,
    VERSION_TAG,
    Kind,
    LoggedRun,
    experiment_name,
    is_of,
    run_name,
    state_of,
)
from pipelines.schemas.training import TrainParams

if TYPE_CHECKING:
    from mlflow.entities import Run

LINKED_PARAMS = ("home", "tracking_uri", "run_id")
"""Parameters that are not logged: they say where, not what, and would name a machine's folders."""
LEARNT_FILE = "data/learnt.txt"
"""Fingerprints of the wordings that a model was trained on, one per line."""
PROFILE_FILE = "drift/profile.json"
"""Profile of the held-out rows of a training, which production is compared with."""
RECIPE_TAG = "recipe"
"""Tag with the digest of everything that a run's release depends on."""
_NAME_TAG = "mlflow.runName"
_PAGE = 100
_DELETED = "somebody has deleted it in MLflow; train again"


class Runs:
    """The runs of one MLflow server or store.

    Every method waits for the network, and raises `RegistryUnavailable` after minutes if the server does not answer.
    """

    def __init__(self, tracking_uri: str) -> None:
        self.tracking_uri = tracking_uri
        self._client = connect(tracking_uri, is_patient=True)

    def find_experiment(self, bot: str, *, kind: Kind = "training") -> str | None:
        """Return the id of a bot's experiment, or None. Call this first: it fails on a silent server within seconds."""
        with first_contact(), translated(self.tracking_uri):
            experiment = self._client.get_experiment_by_name(experiment_name(bot, kind=kind))
        return str(experiment.experiment_id) if experiment is not None else None

    def begin(
        self,
        bot: str,
        *,
        kind: Kind = "training",
        source: str = TRAIN,
        home: Path | None = None,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Start a run in the bot's experiment of its kind, created if missing; return its id.

        `source` is the command or notebook that started it. With the `home` folder it works in, `give_up_dead` can tell
        later that its process has died. Without a `name`, one is made and kept up to date.
        """
        own = origin_tags(source, home=home) | {KIND_TAG: kind, BOT_TAG: bot, **(tags or {})}
        experiment_id = self._experiment_for(bot, kind)
        with translated(self.tracking_uri):
            run = self._client.create_run(experiment_id, tags=own, run_name=name or run_name(bot, RUNNING))
        return str(run.info.run_id)

    def begin_child(self, run_id: str, *, name: str, tags: Mapping[str, str]) -> str:
        """Start a run nested below another, of the same bot and origin; return its id."""
        with translated(self.tracking_uri):
            parent = self._client.get_run(run_id)
            told = parent.data.tags
            kept = {key: told[key] for key in (BOT_TAG, PROCESS_TAG, *origin_tags("")) if key in told}
            kept |= {"mlflow.parentRunId": run_id, **tags}
            return str(self._client.create_run(parent.info.experiment_id, tags=kept, run_name=name).info.run_id)

    def open(self, params: TrainParams) -> str:
        """Resume the run that `params` names, or start one, and log the parameters; return its id."""
        from mlflow.entities import Param

        run_id = params.run_id or self.begin(params.bot, source=NOTEBOOK, home=params.home)
        logged = params.model_dump(mode="json", exclude=set(LINKED_PARAMS))
        with translated(self.tracking_uri):
            rows = [Param(name, str(_file_name(value))) for name, value in logged.items()]
            self._client.log_batch(run_id, params=rows)
        return run_id

    def end(self, run_id: str, *, succeeded: bool, reason: str = "") -> None:
        """Mark a run as finished, or as failed for a `reason` in a sentence."""
        if reason:
            self.set_tag(run_id, FAILED_REASON_TAG, reason[:MAX_REASON_CHARS])
        with translated(self.tracking_uri):
            self._client.set_terminated(run_id, "FINISHED" if succeeded else "FAILED")
        run = self.rename(run_id)
        if succeeded and FAILED_REASON_TAG in run.tags and run.tags.get(GATE_TAG) != "failed":
            self.delete_tag(run_id, FAILED_REASON_TAG)  # a cell had failed and was repaired

    def rename(self, run_id: str) -> LoggedRun:
        """Bring the name of a training's run up to date, unless somebody has given it another; return the run."""
        run = self.get(run_id)
        bot = run.tags.get(BOT_TAG, "")
        if run.tags.get(KIND_TAG) == "training" and run.tags.get(_NAME_TAG, "").startswith((f"{bot} v", f"{bot} · ")):
            version, n_examples = run.tags.get(VERSION_TAG, ""), run.metrics.get("n_examples")
            with translated(self.tracking_uri):
                name = run_name(bot, state_of(run), version=version, n_examples=n_examples)
                self._client.update_run(run_id, name=name)
        return run

    def give_up(self, run_id: str, reason: str) -> None:
        """Mark a run as failed because its process is presumed dead; if it still lives, it may register nothing."""
        self.set_tag(run_id, GIVEN_UP_TAG, reason)
        self.end(run_id, succeeded=False, reason=reason)

    def give_up_dead(self, bot: str, *, home: Path) -> list[str]:
        """End the runs whose process worked in this home folder on this machine and has died; return their ids."""
        dead = [run.run_id for run in self.running(bot) if is_dead(run.tags.get(PROCESS_TAG, ""), home=home)]
        for run_id in dead:
            self.give_up(run_id, "its process was killed, or its notebook restarted")
        return dead

    def get(self, run_id: str) -> LoggedRun:
        """Return a run; `NotFound` if it was deleted."""
        with translated(self.tracking_uri, missing=NotFound("run", run_id, hint=_DELETED)):
            return _logged(self._client.get_run(run_id))

    def pages(self, bot: str) -> Iterator[list[LoggedRun]]:
        """Yield all runs of a bot page by page, of every kind, including those in MLflow's bin."""
        from mlflow.entities import ViewType

        for kind in KINDS:
            experiment_id = self.find_experiment(bot, kind=kind)
            token: str | None = None
            while experiment_id is not None:
                with translated(self.tracking_uri):
                    page = self._client.search_runs(
                        [experiment_id], run_view_type=ViewType.ALL, max_results=_PAGE, page_token=token
                    )
                yield [run for run in map(_logged, page) if is_of(run, bot, kind)]
                token = page.token
                if not token:
                    break

    def newest(self, bot: str, *, kind: Kind) -> LoggedRun | None:
        """Return a bot's newest run of a kind that has ended well, or None."""
        experiment_id = self.find_experiment(bot, kind=kind)
        if experiment_id is None:
            return None
        with translated(self.tracking_uri):
            wanted = f"attributes.status = 'FINISHED' and tags.`{BOT_TAG}` = '{bot}'"
            found = self._client.search_runs(
                [experiment_id], wanted, max_results=1, order_by=["attributes.start_time DESC"]
            )
        return _logged(found[0]) if found else None

    def running(self, bot: str) -> list[LoggedRun]:
        """Return the trainings of a bot that the server lists as running, and the runs nested below them."""
        experiment_id = self.find_experiment(bot)
        if experiment_id is None:
            return []
        with translated(self.tracking_uri):
            found = [_logged(run) for run in self._client.search_runs([experiment_id], "attributes.status = 'RUNNING'")]
        return [run for run in found if is_of(run, bot, "training")]

    def read(self, run_id: str, path: str) -> bytes | None:
        """Return a file that a run has logged, or None; `NotFound` if the run was deleted."""
        missing = NotFound("run", run_id, hint=_DELETED)
        with translated(self.tracking_uri, missing=missing), TemporaryDirectory() as folder:
            known = {file.path for file in self._client.list_artifacts(run_id, str(Path(path).parent))}
            if path not in known:
                return None
            return Path(self._client.download_artifacts(run_id, path, folder)).read_bytes()

    def figures(self, run_id: str) -> dict[str, float]:
        """Return all figures of a training by name: its metrics, and those that lie in tables or with the gate.

        `NotFound` if the run was deleted.
        """
        found: dict[str, float] = {}
        for part in MEASURED_ON:
            table = self.read(run_id, f"{part}/{FIGURES_FILE}")
            rows = json.loads(table)["data"] if table is not None else ()
            found |= {f"{part}_{name}": float(value) for name, value in rows if value is not None}
        gate = self.read(run_id, GATE_FILE)
        figures = json.loads(gate)["figures"] if gate is not None else {}
        found |= {f"gate_{name}": float(value) for name, value in figures.items() if value is not None}
        return found | dict(self.get(run_id).metrics)

    def url(self, run_id: str, *, file: str = "") -> str:
        """Return the URL of a run's page, or of a file that it has logged; empty for a store without pages."""
        if not page(self.tracking_uri):
            return ""
        with translated(self.tracking_uri):
            experiment = str(self._client.get_run(run_id).info.experiment_id)
        if file:
            return artifact_page(self.tracking_uri, experiment, run_id, file)
        return run_page(self.tracking_uri, experiment, run_id)

    def set_tag(self, run_id: str, name: str, value: str) -> None:
        """Set a tag on a run."""
        with translated(self.tracking_uri):
            self._client.set_tag(run_id, name, value)

    def set_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set several tags on a run."""
        from mlflow.entities import RunTag

        with translated(self.tracking_uri):
            self._client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])

    def delete_tag(self, run_id: str, name: str) -> None:
        """Delete a tag of a run."""
        with translated(self.tracking_uri):
            self._client.delete_tag(run_id, name)

    def log_metrics(self, run_id: str, metrics: Mapping[str, float]) -> None:
        """Log several metrics at once."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        with translated(self.tracking_uri):
            self._client.log_batch(
                run_id, metrics=[Metric(name, float(value), now, 0) for name, value in metrics.items()]
            )

    def log_metric(self, run_id: str, name: str, value: float, *, step: int | None = None) -> None:
        """Log a metric, at a step if it has a history."""
        with translated(self.tracking_uri):
            self._client.log_metric(run_id, name, value, step=step)

    def log_text(self, run_id: str, text: str, path: str) -> None:
        """Log a text as a file."""
        with translated(self.tracking_uri):
            self._client.log_text(run_id, text, path)

    def log_figure(self, run_id: str, figure: Any, path: str) -> None:
        """Log a matplotlib figure as an image."""
        with translated(self.tracking_uri):
            self._client.log_figure(run_id, figure, path)

    def _experiment_for(self, bot: str, kind: Kind) -> str:
        name = experiment_name(bot, kind=kind)
        with first_contact(), translated(self.tracking_uri):
            found = self._client.get_experiment_by_name(name)
        with translated(self.tracking_uri):
            if found is None:
                about = ORDINARY_MODELS | {"mlflow.note.content": ABOUT[kind]}
                return str(
                    self._client.create_experiment(name, artifact_location=self._artifact_location(), tags=about)
                )
            if found.lifecycle_stage == "deleted":  # its name stays taken, and no run can begin in it
                self._client.restore_experiment(found.experiment_id)
            for key, value in ORDINARY_MODELS.items():
                if key not in found.tags:  # an older program made it
                    self._client.set_experiment_tag(found.experiment_id, key, value)
            return str(found.experiment_id)

    def _artifact_location(self) -> str | None:
        """Return a folder beside a SQLite store; a server has its own artifact store."""
        if not self.tracking_uri.startswith("sqlite:///"):
            return None
        return (Path(self.tracking_uri.removeprefix("sqlite:///")).parent / "artifacts").as_uri()


def _logged(run: "Run") -> LoggedRun:
    """Convert the library's record of a run."""
    return LoggedRun(
        run_id=run.info.run_id,
        status=run.info.status,
        began_at=datetime.fromtimestamp(run.info.start_time / 1000, UTC),
        artifact_uri=run.info.artifact_uri,
        params=dict(run.data.params),
        tags=dict(run.data.tags),
        metrics=dict(run.data.metrics),
    )


def _file_name(value: object) -> object:
    return Path(value).name if isinstance(value, str) and "/" in value else value
