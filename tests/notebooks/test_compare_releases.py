"""The comparing notebook as it lies in the repository, on two tiny releases in folders."""

import json
from pathlib import Path

import pytest

from pipelines.schemas.bot import BotFile
from tests.support.bots import TINY_BOT_WIRE
from tests.support.notebooks import count_tables, kinds_of, run_notebook
from tests.support.releases import examples_of, make_release


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
    outputs = run_notebook("30_compare_releases.ipynb", executed, **parameters)
    shown = kinds_of(outputs)
    assert shown.count("image/png") == 5
    assert count_tables(outputs) == 4  # the tables of figures, outcomes, tests and differences
