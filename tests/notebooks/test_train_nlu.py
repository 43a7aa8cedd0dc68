"""The training notebook as it lies in the repository: on the sample bot, with its own parameters."""

import json
from pathlib import Path

import mlflow
import papermill
import pytest

from tests.support.mlflow_store import tracked_at

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "20_train_nlu.ipynb"


def test_notebook_is_thin_and_has_no_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert not any(line.startswith(("def ", "class ")) for source in code for line in source.split("\n"))
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    assert cells[0]["cell_type"] == "markdown"
    assert "parameters" in cells[1]["metadata"]["tags"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_notebook_runs_top_to_bottom_on_the_sample_bot(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    executed = tmp_path / "executed.ipynb"
    papermill.execute_notebook(
        str(NOTEBOOK),
        str(executed),
        parameters={"home": str(tmp_path / "home"), "tracking_uri": store},
        cwd=str(NOTEBOOK.parent),
        progress_bar=False,
    )
    assert "data:image/png" in executed.read_text(encoding="utf-8") or '"image/png"' in executed.read_text("utf-8")
    with tracked_at(store):
        client = mlflow.MlflowClient()
        version = client.get_model_version_by_alias("intentloop-default", "candidate")
        metrics = client.get_run(version.run_id).data.metrics
    assert version.tags["gate"] == "passed"
    assert metrics["test_accuracy"] > 0.9
    assert metrics["test_entity_f1"] > 0.9
