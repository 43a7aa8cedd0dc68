"""The replaying notebook as it lies in the repository, on a tiny release in a folder."""

import json
from pathlib import Path
from typing import Any

import papermill
import pytest

from serving.dialogue.thread import Thread

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "50_replay_thread.ipynb"


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
def test_notebook_steps_changes_and_keeps_a_case(tiny_release_folder: Path, tmp_path: Path) -> None:
    executed, case = tmp_path / "executed.ipynb", tmp_path / "case.json"
    parameters = {"release": str(tiny_release_folder), "case_file": str(case), "home": str(tmp_path / "home")}
    papermill.execute_notebook(
        str(NOTEBOOK), str(executed), parameters=parameters, cwd=str(NOTEBOOK.parent), progress_bar=False
    )
    outputs = [output for cell in code_cells(executed) for output in cell["outputs"]]
    shown = ["".join(output["data"]["text/html"]) for output in outputs if "text/html" in output.get("data", {})]
    assert len(shown) == 3
    assert "similar example" in shown[1]
    assert "track my order ORD-1042" in shown[2]
    assert "".join(outputs[-1]["data"]["text/plain"]) == "[(), (), (), ()]"
    assert [record.text for record in Thread.read(case).records][1] == "track my order ORD-1042"
