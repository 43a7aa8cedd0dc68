"""The mining notebook as it lies in the repository, on a tiny release and made-up customers."""

from pathlib import Path

import pytest

from pipelines.schemas.examples import Example
from tests.support.notebooks import kinds_of, run_notebook

TEXTS = ("hi there you", "where is it", "is my thing coming", "buy me a kite", "forget about it", "what a day")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_notebook_ranks_texts_and_stores_nothing(tiny_release_folder: Path, tmp_path: Path) -> None:
    rows = tmp_path / "said.jsonl"
    examples = [Example(id=str(number), text=text, intent="track_order") for number, text in enumerate(TEXTS)]
    rows.write_text("".join(row.model_dump_json() + "\n" for row in examples), encoding="utf-8")
    parameters = {"release": str(tiny_release_folder), "source": str(rows), "home": str(tmp_path / "home")}
    outputs = run_notebook("40_mine_threads.ipynb", tmp_path / "executed.ipynb", **parameters)
    assert kinds_of(outputs).count("image/png") == 2
    assert kinds_of(outputs).count("text/html") == 2
    assert "".join(outputs[-1]["text"]) == "nothing was stored\n"
