"""Retraining: train a bot again if that would give another release, and finish what an earlier try has left half-done.

Whoever calls this holds the bot's lease, so that nobody else does the same meanwhile. The lease's number marks the run
in MLflow: a run that still seems to be under way, with the number of an earlier lease, is dead.
"""

import os
from collections.abc import Callable

from pipelines.errors import NotFound, ReleaseRefused
from pipelines.progress import Progress
from pipelines.registry.client import RegisteredVersion, Registry
from pipelines.registry.connection import choose_tracking_uri
from pipelines.registry.runs import RECIPE_TAG, LoggedRun, Runs
from pipelines.registry.verdict import DATA_TAG
from pipelines.run import run_training
from pipelines.schemas.retraining import LEASE_TAG, Trained
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from pipelines.steps.data.extract import extract
from pipelines.steps.registration.publish import finish_registration
from pipelines.steps.registration.recipe import recipe_of


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
        self.tracking_uri = choose_tracking_uri(params.tracking_uri, settings, home=home)
        self._params = params.model_copy(update={"home": home, "tracking_uri": self.tracking_uri})
        self._settings = settings
        self._registry, self._runs = Registry(self.tracking_uri, is_patient=True), Runs(self.tracking_uri)
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
        dead = [run.run_id for run in self._runs.running(self._params.bot) if _was_begun_before(run, lease)]
        for run_id in dead:
            self._runs.give_up(run_id, "its process gave no sign of life any more")
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
        newest = next(iter(self._registry.versions(self._params.bot)), None)
        if newest is None:
            return None
        if self._is_of(recipe, newest):
            try:
                was_cut_off = self._finish(newest)
            except ReleaseRefused:  # it cannot be finished, so it is trained again
                return None
            return self._trained(newest.version).model_copy(update={"was_completed": was_cut_off})
        answering = self._answering()
        if answering is not None and self._is_of(recipe, answering):
            return self._trained(answering.version)
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
            begun(run_id, self._runs.url(run_id))

        tags = {LEASE_TAG: str(lease)}
        outcome = run_training(self._params, self._settings, progress=progress, tags=tags, begun=tell)
        return self._trained(outcome.version)

    def _is_of(self, recipe: str, version: RegisteredVersion) -> bool:
        try:
            return self._runs.get(version.run_id).tags.get(RECIPE_TAG) == recipe
        except NotFound:  # somebody has deleted the run
            return False

    def _finish(self, version: RegisteredVersion) -> bool:
        key = self._settings.verdict_key
        secret = key.get_secret_value() if key is not None else None
        return finish_registration(self._registry, self._params.bot, version, verdict_key=secret)

    def _answering(self) -> RegisteredVersion | None:
        return self._registry.carrier(self._params.bot, alias=self._params.release_alias)

    def _trained(self, number: str) -> Trained:
        bot = self._params.bot
        found, answering = self._registry.find_version(bot, number), self._answering()
        return Trained(
            bot=bot,
            version=number,
            run_id=found.run_id,
            run_url=self._runs.url(found.run_id),
            data_hash=found.tags.get(DATA_TAG, ""),
            gate_passed=found.gate_passed,
            gate_reasons=found.tags.get("gate_reasons", ""),
            answers=answering is not None and answering.version == number,
        )


def _was_begun_before(run: LoggedRun, lease: int) -> bool:
    number = run.tags.get(LEASE_TAG, "")
    return number.isdigit() and int(number) < lease
