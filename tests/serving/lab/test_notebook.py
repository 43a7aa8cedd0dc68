"""What notebooks share, in a real kernel."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from tests.support.docs import ROOT

CELLS = (
    "import time\nfrom pathlib import Path\nfrom serving.lab import Notebook\nhere = Notebook('probe', home={home!r})",
    "print(Path.cwd().name)",
    "report = here.progress('Counting')\ntime.sleep(1.1)\nreport(0.5, 'half of it')\nhere.progress('Quick')(1, '')",
    "from pipelines.errors import UserInputError\n{last}",
)  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),  # of the notebook libraries
]


def run(tmp_path: Path, *, last: str = "1") -> list[list[dict[str, Any]]]:
    """Run the cells in the folder above the notebooks, and give the outputs of each."""
    sources = [each.format(home=str(tmp_path / "home"), last=last) for each in CELLS]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "probe.ipynb")
    executed = tmp_path / "executed.ipynb"
    with suppress(papermill.PapermillExecutionError):
        papermill.execute_notebook(str(tmp_path / "probe.ipynb"), str(executed), cwd=str(ROOT), progress_bar=False)
    return [list(cell.outputs) for cell in nbformat.read(executed, as_version=4).cells if cell.cell_type == "code"]


def test_a_run_is_where_the_notebooks_are_shows_bars_and_remembers_its_time(tmp_path: Path) -> None:
    first = run(tmp_path)
    assert first[0] == []  # no run before, and nothing in red
    assert first[1][0]["text"] == "notebooks\n"
    (bar,) = first[2]
    assert bar["data"]["text/plain"].startswith("Counting: done (")
    runs = json.loads((tmp_path / "home" / "notebook-runs.json").read_text(encoding="utf-8"))
    assert runs["probe"]["cells"] == len(CELLS)
    assert runs["probe"]["seconds"] > 1.1

    second = run(tmp_path, last="raise UserInputError('name a version')")
    assert second[0][0]["text"].startswith(f"The last run here took {runs['probe']['seconds']:.0f} s (")
    assert second[-1][-1]["traceback"] == ["UserInputError: name a version"]  # an expected error is its sentence
    after = json.loads((tmp_path / "home" / "notebook-runs.json").read_text(encoding="utf-8"))
    assert after == runs  # a run that was not completed says nothing about a whole one
