"""The exploring notebook as it lies in the repository: on the sample bot, with its own parameters."""

import json
from pathlib import Path
from typing import Any

import papermill
import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "10_explore_intents.ipynb"


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_notebook_is_thin_and_has_no_outputs() -> None:
    cells = code_cells(NOTEBOOK)
    lines = [line for cell in cells for line in "".join(cell["source"]).split("\n")]
    assert not any(line.startswith(("def ", "class ")) for line in lines)
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
    assert cells[0]["metadata"]["tags"] == ["parameters"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_notebook_runs_top_to_bottom_on_the_sample_bot(tmp_path: Path) -> None:
    executed = tmp_path / "executed.ipynb"
    papermill.execute_notebook(
        str(NOTEBOOK),
        str(executed),
        parameters={"home": str(tmp_path / "home")},
        cwd=str(NOTEBOOK.parent),
        progress_bar=False,
    )
    shown = [data for cell in code_cells(executed) for output in cell["outputs"] for data in output.get("data", {})]
    assert shown.count("image/png") == 3
    assert shown.count("text/html") == 5
    assert not any(output["output_type"] == "stream" for cell in code_cells(executed) for output in cell["outputs"])
