"""The exploring notebook as it lies in the repository: on the sample bot, with its own parameters."""

from pathlib import Path

import pytest

from tests.support.notebooks import count_tables, kinds_of, run_notebook


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_notebook_runs_top_to_bottom_on_the_sample_bot(tmp_path: Path) -> None:
    executed = tmp_path / "executed.ipynb"
    outputs = run_notebook("10_explore_intents.ipynb", executed, home=str(tmp_path / "home"))
    shown = kinds_of(outputs)
    assert shown.count("image/png") == 3
    assert count_tables(outputs) == 5
    assert not any(output["output_type"] == "stream" for output in outputs)
