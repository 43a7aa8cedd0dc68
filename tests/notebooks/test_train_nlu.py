"""The training notebook as it lies in the repository: on the sample bot, with its own parameters."""

from pathlib import Path

import mlflow
import pytest

from tests.support.mlflow_store import tracked_at
from tests.support.notebooks import kinds_of, run_notebook


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_notebook_runs_top_to_bottom_on_the_sample_bot(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    executed = tmp_path / "executed.ipynb"
    outputs = run_notebook("20_train_nlu.ipynb", executed, home=str(tmp_path / "home"), tracking_uri=store)
    assert "image/png" in kinds_of(outputs)
    with tracked_at(store):
        client = mlflow.MlflowClient()
        version = client.get_model_version_by_alias("intentloop-default", "candidate")
        metrics = client.get_run(version.run_id).data.metrics
    assert version.tags["gate"] == "passed"
    assert metrics["test_accuracy"] > 0.9
    assert metrics["test_entity_f1"] > 0.9
