"""What holds for every notebook."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.schemas.training import TrainParams
from tests.support.notebooks import FOLDER, code_cells

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_notebook_is_thin_and_has_no_outputs(notebook: Path) -> None:
    cells = code_cells(notebook)
    lines = [line for cell in cells for line in "".join(cell["source"]).split("\n")]
    assert not any(line.startswith(("def ", "class ")) for line in lines)
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
    assert cells[0]["metadata"]["tags"] == ["parameters"]
    assert [line for line in lines if re.match(r"from (pipelines|serving)\b.* as |    \w+ as \w+,", line)] == []


def test_training_notebook_has_every_parameter_of_a_training_and_no_other() -> None:
    namespace: dict[str, object] = {}
    exec("".join(code_cells(FOLDER / "20_train_nlu.ipynb")[0]["source"]), namespace)
    del namespace["__builtins__"]
    TrainParams.from_namespace(namespace)
    assert namespace.keys() - TrainParams.model_fields.keys() == {"progress_file"}


def test_training_notebook_leaves_the_parameters_alone_until_they_are_read() -> None:
    before, called, _ = "".join(code_cells(FOLDER / "20_train_nlu.ipynb")[1]["source"]).partition("params = ")
    assert called
    imported = {name for node in ast.parse(before).body for name in _bound(node)}
    assert imported & {*TrainParams.model_fields, "progress_file"} == set()


def _bound(statement: ast.stmt) -> Iterator[str]:
    assert isinstance(statement, ast.Import | ast.ImportFrom)
    for name in statement.names:
        yield name.asname or name.name
