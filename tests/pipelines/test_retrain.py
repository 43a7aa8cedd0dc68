"""What a retraining does before it trains; tests/serving/jobs has whole ones."""

from pathlib import Path

import mlflow
import pytest

from pipelines.retrain import Retrainer
from pipelines.schemas.retraining import LEASE_TAG
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from pipelines.steps import tracking


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_give_up_dead_runs_marks_those_of_earlier_leases_alone(mlflow_store: str, tmp_path: Path) -> None:
    params = TrainParams(bot="dead", home=tmp_path, tracking_uri=mlflow_store)
    retrainer = Retrainer(params, Settings(_env_file=None, home=tmp_path))
    assert retrainer.give_up_dead_runs(1) == []
    by_hand = tracking.begin_run("dead", mlflow_store)
    dead, ours = (tracking.begin_run("dead", mlflow_store, tags={LEASE_TAG: number}) for number in ("9", "10"))
    over = tracking.begin_run("dead", mlflow_store, tags={LEASE_TAG: "8"})
    tracking.end_run(over, mlflow_store, succeeded=True)
    assert retrainer.give_up_dead_runs(10) == [dead]
    assert [mlflow.get_run(run_id).info.status for run_id in (by_hand, dead, ours, over)] == [
        "RUNNING", "FAILED", "RUNNING", "FINISHED",
    ]  # fmt: skip
    assert "no sign of life" in mlflow.get_run(dead).data.tags[tracking.GIVEN_UP_TAG]
    assert retrainer.give_up_dead_runs(10) == []
