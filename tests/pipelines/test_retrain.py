"""What a retraining does before it trains; tests/serving/jobs has whole ones."""

from pathlib import Path

import mlflow
import pytest

from pipelines.registry.runs import GIVEN_UP_TAG, Runs
from pipelines.retrain import Retrainer
from pipelines.schemas.retraining import LEASE_TAG
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings


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
