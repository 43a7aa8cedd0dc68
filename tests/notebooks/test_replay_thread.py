"""The replaying notebook as it lies in the repository, on a tiny release in a folder."""

from pathlib import Path

import pytest

from serving.replay.thread import Thread
from tests.support.notebooks import run_notebook


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_notebook_steps_changes_and_keeps_a_case(tiny_release_folder: Path, tmp_path: Path) -> None:
    executed, case = tmp_path / "executed.ipynb", tmp_path / "case.json"
    parameters = {"release": str(tiny_release_folder), "case_file": str(case), "home": str(tmp_path / "home")}
    outputs = run_notebook("50_replay_thread.ipynb", executed, **parameters)
    shown = ["".join(output["data"]["text/html"]) for output in outputs if "text/html" in output.get("data", {})]
    assert len(shown) == 4
    assert "similar example" in shown[1]
    assert "question for order_id" in shown[2]
    assert "track my order ORD-1042" in shown[3]
    assert "".join(outputs[-1]["data"]["text/plain"]) == "[(), (), (), ()]"
    assert [record.text for record in Thread.read(case).records][1] == "track my order ORD-1042"
