"""The comparing notebook as it lies in the repository, on two tiny releases in folders."""

import json
from pathlib import Path
from typing import Any

import papermill
import pytest

from pipelines.schemas.bot import BotFile
from tests.support.bots import TINY_BOT_WIRE
from tests.support.releases import examples_of, make_release

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "30_compare_releases.ipynb"


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
def test_notebook_runs_top_to_bottom(tiny_release_folder: Path, tmp_path: Path) -> None:
    wire = json.loads(json.dumps(TINY_BOT_WIRE))
    wire["intents"][2]["trainingData"] = wire["intents"][2]["trainingData"][:2]
    other = make_release(tmp_path / "other", BotFile.model_validate(wire))
    rows = tmp_path / "rows.jsonl"
    examples = examples_of(BotFile.model_validate(TINY_BOT_WIRE))
    rows.write_text("".join(row.model_dump_json() + "\n" for row in examples), encoding="utf-8")
    executed = tmp_path / "executed.ipynb"
    parameters = {
        "first": str(tiny_release_folder), "second": str(other), "test_file": str(rows), "home": str(tmp_path / "home"),
    }  # fmt: skip
    papermill.execute_notebook(
        str(NOTEBOOK), str(executed), parameters=parameters, cwd=str(NOTEBOOK.parent), progress_bar=False
    )
    shown = [data for cell in code_cells(executed) for output in cell["outputs"] for data in output.get("data", {})]
    assert shown.count("image/png") == 4
    assert shown.count("text/html") == 3
