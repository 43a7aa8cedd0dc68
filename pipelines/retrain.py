"""Retraining: train a bot again if that would give a different release, and complete an interrupted registration.

The caller holds the bot's lease, so that nobody else retrains meanwhile. The lease's number tags the run in MLflow: a
run that seems to be running under an earlier lease's number is dead.
"""

import os
from collections.abc import Callable

from pipelines.errors import NotFound, ReleaseRefused
from pipelines.progress import Progress
from pipelines.registry.client import RegisteredVersion, Registry
from pipelines.registry.connection import choose_tracking_uri
from pipelines.registry.origin import RETRAIN
from pipelines.registry.run_record import LoggedRun
from pipelines.registry.runs import RECIPE_TAG, Runs
from pipelines.registry.verdict import DATA_TAG, REASONS_TAG
from pipelines.run import run_training
from pipelines.schemas.retraining import LEASE_TAG, Trained
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from pipelines.steps.data.extract import extract_examples
from pipelines.steps.registration.publish import finish_registration
from pipelines.steps.registration.recipe import recipe_of


class Retrainer:
    """Trains one bot, unless the registry already has the result."""

    def __init__(self, params: TrainParams, settings: Settings) -> None:
        home = params.home.resolve()
        self.tracking_uri = choose_tracking_uri(params.tracking_uri, settings, home=home)
        self._params = params.model_copy(update={"home": home, "tracking_uri": self.tracking_uri})
        self._settings = settings
        self._registry, self._runs = Registry(self.tracking_uri, is_patient=True), Runs(self.tracking_uri)
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

    def give_up_dead_runs(self, lease: int) -> list[str]:
        """Mark runs as failed that began under an earlier lease than this process's and never ended; return their ids.

        Raises RegistryUnavailable if the MLflow server does not answer.
        """
        dead = [run.run_id for run in self._runs.running(self._params.bot) if _was_begun_before(run, lease)]
        for run_id in dead:
            self._runs.give_up(run_id, "its process gave no sign of life any more")
        return dead

    def find_trained(self) -> Trained | None:
        """Return the version that a training would give now: the newest, the newest that passed, or what answers.

        If it is the newest one, its registration is completed first, in case a crash interrupted it. None means that
        training would give something else. Raises BotError if the data cannot be read or the MLflow server does not
        answer.
        """
        recipe = recipe_of(extract_examples(self._params, self._settings), self._params)
        versions = self._registry.versions(self._params.bot)
        newest = next((version for version in versions if not self._is_foreign(version)), None)
        if newest is None:
            return None
        is_accepted_now = self._params.accept_relabelled and not newest.gate_passed
        if self._is_of(recipe, newest) and not is_accepted_now:
            try:
                was_cut_off = self._finish(newest)
            except ReleaseRefused:  # it cannot be finished, so it is trained again
                return None
            return self._trained(newest.version).model_copy(update={"was_completed": was_cut_off})
        passed = next((version for version in versions if version.gate_passed), None)
        for known in (passed, self._answering()):
            if known is not None and self._is_of(recipe, known):
                return self._trained(known.version)
        return None

    def train(self, *, lease: int, progress: Progress, begun: Callable[[str, str], None]) -> Trained:
        """Train, evaluate and register, even if the registry has the result; raise as `pipelines.run.run_training`.

        `lease` is the number of this process's lease. `begun` is called with the id and the page of the MLflow run once
        it exists.
        """

        def tell(run_id: str) -> None:
            begun(run_id, self._runs.url(run_id))

        tags = {LEASE_TAG: str(lease)}
        outcome = run_training(self._params, self._settings, progress=progress, source=RETRAIN, tags=tags, begun=tell)
        return self._trained(outcome.version)

    def _is_of(self, recipe: str, version: RegisteredVersion) -> bool:
        run = self._run_of(version)
        return run is not None and run.tags.get(RECIPE_TAG) == recipe

    def _is_foreign(self, version: RegisteredVersion) -> bool:
        """Whether a version was copied from another bot."""
        run = self._run_of(version)
        return run is not None and run.params.get("bot", self._params.bot) != self._params.bot

    def _run_of(self, version: RegisteredVersion) -> LoggedRun | None:
        try:
            return self._runs.get(version.run_id)
        except NotFound:  # somebody deleted the run
            return None

    def _finish(self, version: RegisteredVersion) -> bool:
        key = self._settings.verdict_key
        secret = key.get_secret_value() if key is not None else None
        return finish_registration(self._registry, self._params.bot, version, verdict_key=secret)

    def _answering(self) -> RegisteredVersion | None:
        return self._registry.version_behind(self._params.bot, alias=self._params.release_alias)

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
            gate_reasons=found.tags.get(REASONS_TAG, ""),
            answers=answering is not None and answering.version == number,
        )


def _was_begun_before(run: LoggedRun, lease: int) -> bool:
    number = run.tags.get(LEASE_TAG, "")
    return number.isdigit() and int(number) < lease
