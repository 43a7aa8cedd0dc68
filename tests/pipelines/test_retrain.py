"""What a retraining does before it trains; tests/serving/jobs has whole ones."""

import json
from pathlib import Path

import mlflow
import pytest

from pipelines.registry.run_record import GIVEN_UP_TAG
from pipelines.registry.runs import RECIPE_TAG, Runs
from pipelines.retrain import Retrainer
from pipelines.schemas.retraining import LEASE_TAG
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from pipelines.steps.data.extract import extract_examples
from pipelines.steps.registration.recipe import recipe_of
from tests.support.bots import TINY_BOT_WIRE


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_give_up_dead_runs_marks_those_of_earlier_leases_alone(mlflow_store: str, tmp_path: Path) -> None:
    params = TrainParams(bot="dead", home=tmp_path, tracking_uri=mlflow_store)
    retrainer = Retrainer(params, Settings(_env_file=None, home=tmp_path))
    assert retrainer.give_up_dead_runs(1) == []
    runs = Runs(mlflow_store)
    by_hand = runs.begin("dead")
    dead, ours = (runs.begin("dead", tags={LEASE_TAG: number}) for number in ("9", "10"))
    over = runs.begin("dead", tags={LEASE_TAG: "8"})
    runs.end(over, succeeded=True)
    assert retrainer.give_up_dead_runs(10) == [dead]
    assert [mlflow.get_run(run_id).info.status for run_id in (by_hand, dead, ours, over)] == [
        "RUNNING", "FAILED", "RUNNING", "FINISHED",
    ]  # fmt: skip
    assert "no sign of life" in mlflow.get_run(dead).data.tags[GIVEN_UP_TAG]
    assert retrainer.give_up_dead_runs(10) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_find_trained_trains_again_to_accept_what_was_refused(
    mlflow_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Retrainer, "_finish", lambda *_: False)
    (tmp_path / "bot.json").write_text(json.dumps(TINY_BOT_WIRE), encoding="utf-8")
    settings = Settings(_env_file=None, home=tmp_path)
    params = TrainParams(bot="accepting", source=str(tmp_path / "bot.json"), home=tmp_path, tracking_uri=mlflow_store)
    accepting = params.model_copy(update={"accept_relabelled": True})
    run_id = Runs(mlflow_store).begin("accepting")
    client = mlflow.MlflowClient()
    client.create_registered_model("intentloop-accepting")
    client.set_tag(run_id, RECIPE_TAG, recipe_of(extract_examples(params, settings), params))
    version = client.create_model_version("intentloop-accepting", source=f"runs:/{run_id}/m", run_id=run_id)
    client.set_model_version_tag("intentloop-accepting", version.version, "gate", "failed")
    assert Retrainer(params, settings).find_trained() is not None, "the same would be refused again"
    assert Retrainer(accepting, settings).find_trained() is None
    client.set_model_version_tag("intentloop-accepting", version.version, "gate", "passed")
    assert Retrainer(accepting, settings).find_trained() is not None, "what was accepted once makes no other release"
