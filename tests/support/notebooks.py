"""Notebooks as they lie in the repository: their cells, and a run from top to bottom."""

import json
from pathlib import Path
from typing import Any

import papermill

FOLDER = Path(__file__).parents[2] / "notebooks"


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    """Give the cells that hold code."""
    cells: list[dict[str, Any]] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def run_notebook(name: str, executed: Path, **parameters: Any) -> list[dict[str, Any]]:
    """Run a notebook in a kernel of its own, as training runs one, and give all outputs."""
    source = FOLDER / name
    papermill.execute_notebook(str(source), str(executed), parameters=parameters, cwd=str(FOLDER), progress_bar=False)
    return [output for cell in code_cells(executed) for output in cell["outputs"]]


def kinds_of(outputs: list[dict[str, Any]]) -> list[str]:
    """Name each thing that is shown by its media type."""
    return [kind for output in outputs for kind in output.get("data", {})]


def count_tables(outputs: list[dict[str, Any]]) -> int:
    """Count the outputs that show a table; a progress bar is none."""
    return sum("<table" in "".join(output.get("data", {}).get("text/html", ())) for output in outputs)
