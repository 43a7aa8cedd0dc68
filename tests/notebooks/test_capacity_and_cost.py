"""The notebook on capacity and cost as it lies in the repository, with a tenth of its traffic."""

import re
from pathlib import Path

import pytest

from tests.support.notebooks import count_tables, kinds_of, run_notebook


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_notebook_runs_top_to_bottom_without_a_platform(tmp_path: Path) -> None:
    executed = tmp_path / "executed.ipynb"
    outputs = run_notebook("60_capacity_and_cost.ipynb", executed, home=str(tmp_path / "home"), messages=50_000)
    shown = kinds_of(outputs)
    assert shown.count("image/png") == 9
    assert count_tables(outputs) == 10
    text = "".join("".join(output["text"]) for output in outputs if output["output_type"] == "stream")
    assert "50,000 messages a month" in text
    assert "a budget of 10,000,000 tokens" in text
    last = re.sub(r"<[^>]+>", " ", "".join(outputs[-1]["data"]["text/html"]))
    assert all(messages in last for messages in ("10,000", "100,000", "1,000,000", "10,000,000"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_notebook_names_a_file_that_is_no_benchmark(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    figures.write_text("{}")
    with pytest.raises(Exception, match="bench chat --out FILE"):
        run_notebook(
            "60_capacity_and_cost.ipynb", tmp_path / "executed.ipynb", home=str(tmp_path), figures_file=str(figures)
        )
