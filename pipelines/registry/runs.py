"""The MLflow runs of a bot: begun, ended, given up, found and read. What each step logs is the step's own matter."""

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
"""Parameters that say where, not what: they are not logged, they would name a machine's folders."""
LEARNT_FILE = "data/learnt.txt"
"""Fingerprints of the wordings that a model has learnt from, one per line."""
PROFILE_FILE = "drift/profile.json"
"""What the held-out rows of a training looked like, which production is compared with."""
RECIPE_TAG = "recipe"
"""Tag of a run: the digest of everything that its release depends on."""
GIVEN_UP_TAG = "given_up"
"""Tag of a run that another one has taken for dead; its text says why."""
_PAGE = 100
_DELETED = "somebody has deleted it in MLflow; train again"


@dataclass(frozen=True)
class LoggedRun:
    """A run in the tracking server.

    Attributes
    ----------
    run_id
        Its id.
    status
        `RUNNING`, `FINISHED`, `FAILED` or another word of MLflow's.
    began_at
        When it began.
    artifact_uri
        Address of its files in the artifact store.
    params, tags, metrics
        What was logged, by name; of a metric the last value.
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
    """The runs of one MLflow server. Every method waits for the network, for minutes where the server is silent.

    Every method raises `RegistryUnavailable` if the server does not answer.

    Parameters
    ----------
    tracking_uri
        The MLflow server or store.
    """

    def __init__(self, tracking_uri: str) -> None:
        self.tracking_uri = tracking_uri
        self._client = connect(tracking_uri, is_patient=True)

    def find_experiment(self, bot: str) -> str | None:
        """Return the id of a bot's experiment, or None. Ask this first: here a silent server fails within seconds."""
        with first_contact(), translated(self.tracking_uri):
            experiment = self._client.get_experiment_by_name(experiment_name(bot))
        return str(experiment.experiment_id) if experiment is not None else None

    def begin(self, bot: str, *, tags: Mapping[str, str] | None = None) -> str:
        """Begin a run in the bot's experiment, made if missing; return its id."""
        experiment_id = self.find_experiment(bot)
        with translated(self.tracking_uri):
            if experiment_id is None:
                experiment_id = self._client.create_experiment(
                    experiment_name(bot), artifact_location=self._artifact_location()
                )
            return str(self._client.create_run(experiment_id, tags=dict(tags or {})).info.run_id)

    def open(self, params: TrainParams) -> str:
        """Resume the run that `params` names, or begin one, and log the parameters; return its id."""
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
        """Mark a run as failed whose process is dead or taken for dead; what is left of it may register nothing."""
        self.set_tag(run_id, GIVEN_UP_TAG, reason)
        self.end(run_id, succeeded=False)

    def get(self, run_id: str) -> LoggedRun:
        """Return a run; `NotFound` if somebody has deleted it."""
        with translated(self.tracking_uri, missing=NotFound("run", run_id, hint=_DELETED)):
            return _logged(self._client.get_run(run_id))

    def pages(self, bot: str) -> Iterator[list[LoggedRun]]:
        """Yield all runs of a bot, those in MLflow's bin too, a page at a time."""
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
        """Return the runs of a bot that have not ended, as far as the server knows."""
        experiment_id = self.find_experiment(bot)
        if experiment_id is None:
            return []
        with translated(self.tracking_uri):
            return [_logged(run) for run in self._client.search_runs([experiment_id], "attributes.status = 'RUNNING'")]

    def read(self, run_id: str, path: str) -> bytes | None:
        """Return a file that a run has logged, or None; `NotFound` if somebody has deleted the run."""
        missing = NotFound("run", run_id, hint=_DELETED)
        with translated(self.tracking_uri, missing=missing), TemporaryDirectory() as folder:
            known = {file.path for file in self._client.list_artifacts(run_id, str(Path(path).parent))}
            if path not in known:
                return None
            return Path(self._client.download_artifacts(run_id, path, folder)).read_bytes()

    def url(self, run_id: str) -> str:
        """Return the page of a run; empty for a store without pages."""
        if not self.tracking_uri.startswith(("http://", "https://")):
            return ""
        with translated(self.tracking_uri):
            experiment = self._client.get_run(run_id).info.experiment_id
        return f"{without_password(self.tracking_uri).rstrip('/')}/#/experiments/{experiment}/runs/{run_id}"

    def set_tag(self, run_id: str, name: str, value: str) -> None:
        """Write a tag on a run."""
        with translated(self.tracking_uri):
            self._client.set_tag(run_id, name, value)

    def log_metric(self, run_id: str, name: str, value: float, *, step: int | None = None) -> None:
        """Log a figure, at a step where it has a history."""
        with translated(self.tracking_uri):
            self._client.log_metric(run_id, name, value, step=step)

    def log_text(self, run_id: str, text: str, path: str) -> None:
        """Log a text as a file."""
        with translated(self.tracking_uri):
            self._client.log_text(run_id, text, path)

    def log_figure(self, run_id: str, figure: Any, path: str) -> None:
        """Log a figure of matplotlib as an image."""
        with translated(self.tracking_uri):
            self._client.log_figure(run_id, figure, path)

    def _artifact_location(self) -> str | None:
        """Return a folder beside a SQLite store; a server has a place of its own."""
        if not self.tracking_uri.startswith("sqlite:///"):
            return None
        return (Path(self.tracking_uri.removeprefix("sqlite:///")).parent / "artifacts").as_uri()


def _logged(run: "Run") -> LoggedRun:
    """Return the library's record of a run as ours."""
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
