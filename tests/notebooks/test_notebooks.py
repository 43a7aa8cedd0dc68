"""What holds for every notebook."""

from pathlib import Path

import pytest

from tests.support.notebooks import FOLDER, code_cells

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_notebook_is_thin_and_has_no_outputs(notebook: Path) -> None:
    cells = code_cells(notebook)
    lines = [line for cell in cells for line in "".join(cell["source"]).split("\n")]
    assert not any(line.startswith(("def ", "class ")) for line in lines)
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
    assert cells[0]["metadata"]["tags"] == ["parameters"]
