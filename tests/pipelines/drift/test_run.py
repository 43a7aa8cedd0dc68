"""Looking for drift on a real MLflow server and a real database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import mlflow
import pytest

from pipelines.drift.drift import baseline_of
from pipelines.drift.run import look_for_drift
from pipelines.errors import NotFound
from pipelines.nlu.model import NluModel
from pipelines.registry.client import model_name
from pipelines.registry.runs import Runs
from pipelines.settings import Settings
from pipelines.steps.data.frame import to_frame
from pipelines.steps.data.snapshot import write_snapshot
from pipelines.steps.evaluation.evaluate import evaluate_model
from pipelines.steps.registration import log
from serving.store.client import Database
from serving.store.threads.turns import TurnLog
from tests.support.bots import TINY_BOT
from tests.support.records import now, turn_record
from tests.support.releases import examples_of

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")]


def trained(bot: str, model: NluModel, folder: Path, uri: str, *, has_profile: bool) -> None:
    """Leave what a training of the promoted version leaves, as far as drift is concerned."""
    examples = examples_of(TINY_BOT)
    run_id = Runs(uri).begin(bot)
    log.log_snapshot(run_id, write_snapshot(to_frame(examples), folder))
    if has_profile:
        log.log_profile(run_id, baseline_of(evaluate_model(model, examples[::2]), to_frame(examples[1::2])))
    client = mlflow.MlflowClient(uri)
    client.create_registered_model(model_name(bot))
    version = client.create_model_version(model_name(bot), f"runs:/{run_id}/release", run_id)
    client.set_registered_model_alias(model_name(bot), "production", version.version)


async def test_look_for_drift_compares_turns_with_the_promoted_version_and_logs_it(
    database: Database,
    mongo_uri: str,
    mlflow_in_use: str,
    tiny_model: NluModel,
    new_name: str,
    tmp_path: Path,
) -> None:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        mongo_uri=mongo_uri,
        mongo_database="intentloop_test",
        mlflow_tracking_uri=mlflow_in_use,
    )
    trained(new_name, tiny_model, tmp_path, mlflow_in_use, has_profile=True)
    log = TurnLog(database, ttl=timedelta(days=90))
    for number in range(60):
        reading = tiny_model.parse("hello vexmoor" if number % 20 else "track my order")
        record = turn_record(new_name, number + 1, f"m{number}", text=reading.text, nlu=reading)
        await log.append(record.model_copy(update={"created_at": now() - timedelta(days=14 if number < 30 else 0)}))
    since = datetime.now(UTC) - timedelta(weeks=4)
    drift, version = look_for_drift(new_name, settings, since=since, progress=lambda share, what: None)
    assert drift is not None
    assert (version, drift.n_messages, len(drift.weeks), drift.reading) == ("1", 60, 2, "changed")
    assert drift.risen[0][0] == "greet"
    client = mlflow.MlflowClient(mlflow_in_use)
    experiment = client.get_experiment_by_name(f"{model_name(new_name)}-drift")
    (run,) = client.search_runs([experiment.experiment_id], "tags.kind = 'drift'")
    assert (run.info.status, run.data.tags["reading"], run.data.tags["version"]) == ("FINISHED", "changed", "1")
    assert run.data.tags["mlflow.runName"] == f"{new_name} v1 · 2 weeks · changed"
    assert run.data.tags["mlflow.source.name"] == "intentloop drift"
    assert len(client.get_metric_history(run.info.run_id, "drift_psi_intents")) == 2
    logged = {file.path for file in client.list_artifacts(run.info.run_id, "drift")}
    assert logged == {"drift/weeks.csv", "drift/weeks.png"}


def test_look_for_drift_without_a_profile_says_what_to_do(
    mlflow_in_use: str, tiny_model: NluModel, new_name: str, tmp_path: Path
) -> None:
    settings = Settings(_env_file=None, mlflow_tracking_uri=mlflow_in_use)  # type: ignore[call-arg]
    with pytest.raises(NotFound, match="intentloop train --promote"):
        look_for_drift(new_name, settings, since=now(), progress=lambda share, what: None)
    trained(new_name, tiny_model, tmp_path, mlflow_in_use, has_profile=False)
    with pytest.raises(NotFound, match="train and promote anew"):
        look_for_drift(new_name, settings, since=now(), progress=lambda share, what: None)
