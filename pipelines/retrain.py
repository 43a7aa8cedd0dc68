"""Retraining: train a bot again if that would give another release, and finish what an earlier try has left half-done.

Whoever calls this holds the bot's lease, so that nobody else does the same meanwhile. The lease's number marks the run
in MLflow: a run that still seems to be under way, with the number of an earlier lease, is dead.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import mlflow
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from pipelines.errors import RegistryUnavailable, ReleaseRefused
from pipelines.progress import Progress
from pipelines.registry.verdict import DATA_TAG, GATE_PASSED, GATE_TAG
from pipelines.run import run_training
from pipelines.schemas.retraining import LEASE_TAG, Trained
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from pipelines.steps import tracking
from pipelines.steps.extract import extract
from pipelines.steps.publish import finish_registration
from pipelines.steps.recipe import recipe_of
from pipelines.steps.versions import model_name, promoted_version


class Retrainer:
    """Trains one bot, unless the registry has what would come of it.

    Parameters
    ----------
    params
        What to train.
    settings
        The platform's.
    """

    def __init__(self, params: TrainParams, settings: Settings) -> None:
        home = params.home.resolve()
        self.tracking_uri = tracking.choose_tracking_uri(params.tracking_uri, settings, home=home)
        self._params = params.model_copy(update={"home": home, "tracking_uri": self.tracking_uri})
        self._settings = settings
        mlflow.set_tracking_uri(self.tracking_uri)
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

    def give_up_dead_runs(self, lease: int) -> list[str]:
        """Mark runs as failed that were begun under an earlier lease and never ended.

        Parameters
        ----------
        lease
            Number of the lease that this process holds.

        Returns
        -------
        list[str]
            Ids of the runs.

        Raises
        ------
        RegistryUnavailable
            The MLflow server does not answer.
        """
        with self._asking():
            experiment_id = tracking.find_experiment(self._params.bot, self.tracking_uri)
            if experiment_id is None:
                return []
            running = mlflow.MlflowClient().search_runs([experiment_id], "attributes.status = 'RUNNING'")
            dead = [run.info.run_id for run in running if _was_begun_before(run, lease)]
            for run_id in dead:
                tracking.give_up_run(run_id, self.tracking_uri, "its process gave no sign of life any more")
        return dead

    def find_trained(self) -> Trained | None:
        """Find what a training would give now among what is registered: the newest version, or the one that answers.

        Of the newest one, what a crash has left undone of its registration is done first.

        Returns
        -------
        Trained | None
            None: training gives something else.

        Raises
        ------
        BotError
            The data cannot be read, or the MLflow server does not answer.
        """
        recipe = recipe_of(extract(self._params, self._settings), self._params)
        with self._asking():
            newest = self._newest()
            if newest is None:
                return None
            if self._is_of(recipe, newest):
                try:
                    was_cut_off = self._finish(newest)
                except ReleaseRefused:  # it cannot be finished, so it is trained again
                    return None
                return self._trained(newest).model_copy(update={"was_completed": was_cut_off})
            answering = promoted_version(self._params.bot, self.tracking_uri, alias=self._params.release_alias)
            if answering is not None and self._is_of(recipe, answering):
                return self._trained(answering)
        return None

    def train(self, *, lease: int, progress: Progress, begun: Callable[[str, str], None]) -> Trained:
        """Train, judge and register, whatever is registered already.

        Parameters
        ----------
        lease
            Number of the lease that this process holds.
        progress
            Called with the share done, in [0, 1], and what is being done.
        begun
            Called with the id of the MLflow run and its page once there is one.

        Returns
        -------
        Trained
            The new version.

        Raises
        ------
        BotError
            See `pipelines.run.run_training`.
        """

        def tell(run_id: str) -> None:
            with self._asking():
                begun(run_id, tracking.run_url(run_id, self.tracking_uri))

        tags = {LEASE_TAG: str(lease)}
        try:
            outcome = run_training(self._params, self._settings, progress=progress, tags=tags, begun=tell)
            return self._trained(outcome.version)
        except MlflowException as error:
            raise RegistryUnavailable(self.tracking_uri, tracking.short_reason(error)) from error

    def _newest(self) -> str | None:
        found = mlflow.MlflowClient().search_model_versions(f"name = '{model_name(self._params.bot)}'")
        return str(max(int(version.version) for version in found)) if found else None

    def _is_of(self, recipe: str, version: str) -> bool:
        run_id = self._version(version).run_id or ""
        try:
            return mlflow.MlflowClient().get_run(run_id).data.tags.get(tracking.RECIPE_TAG) == recipe
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":  # somebody has deleted the run
                return False
            raise

    def _finish(self, version: str) -> bool:
        key = self._settings.verdict_key
        secret = key.get_secret_value() if key is not None else None
        return finish_registration(self._params.bot, version, verdict_key=secret)

    def _trained(self, version: str) -> Trained:
        found = self._version(version)
        bot, run_id = self._params.bot, found.run_id or ""
        return Trained(
            bot=bot,
            version=version,
            run_id=run_id,
            run_url=tracking.run_url(run_id, self.tracking_uri),
            data_hash=found.tags.get(DATA_TAG, ""),
            gate_passed=found.tags.get(GATE_TAG) == GATE_PASSED,
            gate_reasons=found.tags.get("gate_reasons", ""),
            answers=promoted_version(bot, self.tracking_uri, alias=self._params.release_alias) == version,
        )

    def _version(self, version: str) -> ModelVersion:
        return mlflow.MlflowClient().get_model_version(model_name(self._params.bot), version)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except (MlflowException, OSError) as error:
            raise RegistryUnavailable(self.tracking_uri, tracking.short_reason(error)) from error


def _was_begun_before(run: Run, lease: int) -> bool:
    number = run.data.tags.get(LEASE_TAG, "")
    return number.isdigit() and int(number) < lease
