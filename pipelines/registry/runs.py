"""The MLflow runs of a bot. What is logged to them is up to each step."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipelines.errors import NotFound, without_password
from pipelines.registry.connection import connect, first_contact, translated
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
GIVEN_UP_TAG = "given_up"
"""Tag of a run that another one has declared dead; its text says why."""
_PAGE = 100
_DELETED = "somebody has deleted it in MLflow; train again"


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


def experiment_name(bot: str) -> str:
    """Return the name of the experiment that holds a bot's runs."""
    return f"intentloop-{bot}"


class Runs:
    """The runs of one MLflow server or store.

    Every method waits for the network, and raises `RegistryUnavailable` after minutes if the server does not answer.
    """

    def __init__(self, tracking_uri: str) -> None:
        self.tracking_uri = tracking_uri
        self._client = connect(tracking_uri, is_patient=True)

    def find_experiment(self, bot: str) -> str | None:
        """Return the id of a bot's experiment, or None. Call this first: it fails on a silent server within seconds."""
        with first_contact(), translated(self.tracking_uri):
            experiment = self._client.get_experiment_by_name(experiment_name(bot))
        return str(experiment.experiment_id) if experiment is not None else None

    def begin(self, bot: str, *, tags: Mapping[str, str] | None = None) -> str:
        """Start a run in the bot's experiment, created if missing; return its id."""
        experiment_id = self.find_experiment(bot)
        with translated(self.tracking_uri):
            if experiment_id is None:
                experiment_id = self._client.create_experiment(
                    experiment_name(bot), artifact_location=self._artifact_location()
                )
            return str(self._client.create_run(experiment_id, tags=dict(tags or {})).info.run_id)

    def open(self, params: TrainParams) -> str:
        """Resume the run that `params` names, or start one, and log the parameters; return its id."""
        from mlflow.entities import Param

        run_id = params.run_id or self.begin(params.bot)
        logged = params.model_dump(mode="json", exclude=set(LINKED_PARAMS))
        with translated(self.tracking_uri):
            rows = [Param(name, str(_file_name(value))) for name, value in logged.items()]
            self._client.log_batch(run_id, params=rows)
        return run_id

    def end(self, run_id: str, *, succeeded: bool) -> None:
        """Mark a run as finished or failed."""
        with translated(self.tracking_uri):
            self._client.set_terminated(run_id, "FINISHED" if succeeded else "FAILED")

    def give_up(self, run_id: str, reason: str) -> None:
        """Mark a run as failed because its process is presumed dead; if it still lives, it may register nothing."""
        self.set_tag(run_id, GIVEN_UP_TAG, reason)
        self.end(run_id, succeeded=False)

    def get(self, run_id: str) -> LoggedRun:
        """Return a run; `NotFound` if it was deleted."""
        with translated(self.tracking_uri, missing=NotFound("run", run_id, hint=_DELETED)):
            return _logged(self._client.get_run(run_id))

    def pages(self, bot: str) -> Iterator[list[LoggedRun]]:
        """Yield all runs of a bot page by page, including those in MLflow's bin."""
        from mlflow.entities import ViewType

        experiment_id = self.find_experiment(bot)
        if experiment_id is None:
            return
        token: str | None = None
        while True:
            with translated(self.tracking_uri):
                page = self._client.search_runs(
                    [experiment_id], run_view_type=ViewType.ALL, max_results=_PAGE, page_token=token
                )
            yield [_logged(run) for run in page]
            token = page.token
            if not token:
                return

    def running(self, bot: str) -> list[LoggedRun]:
        """Return the runs of a bot that the server lists as running."""
        experiment_id = self.find_experiment(bot)
        if experiment_id is None:
            return []
        with translated(self.tracking_uri):
            return [_logged(run) for run in self._client.search_runs([experiment_id], "attributes.status = 'RUNNING'")]

    def read(self, run_id: str, path: str) -> bytes | None:
        """Return a file that a run has logged, or None; `NotFound` if the run was deleted."""
        missing = NotFound("run", run_id, hint=_DELETED)
        with translated(self.tracking_uri, missing=missing), TemporaryDirectory() as folder:
            known = {file.path for file in self._client.list_artifacts(run_id, str(Path(path).parent))}
            if path not in known:
                return None
            return Path(self._client.download_artifacts(run_id, path, folder)).read_bytes()

    def url(self, run_id: str) -> str:
        """Return the URL of a run's page; empty for a store without pages."""
        if not self.tracking_uri.startswith(("http://", "https://")):
            return ""
        with translated(self.tracking_uri):
            experiment = self._client.get_run(run_id).info.experiment_id
        return f"{without_password(self.tracking_uri).rstrip('/')}/#/experiments/{experiment}/runs/{run_id}"

    def set_tag(self, run_id: str, name: str, value: str) -> None:
        """Set a tag on a run."""
        with translated(self.tracking_uri):
            self._client.set_tag(run_id, name, value)

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
