"""The simulated month as it lies in the repository, small, on the sample bot; its own checks are in its last cell."""

from pathlib import Path
from typing import Any

import pytest
from papermill import PapermillExecutionError

from tests.support.notebooks import kinds_of, run_notebook

SMALL = {
    "benchmark": "nowhere", "n_weeks": 2, "messages_a_week": 150, "examples_an_intent": 20, "n_intents": 16,
    "n_late": 4, "budget": 60, "encoder": "none", "least_drop_of_sample": 0.0,  # of a share that is 17 messages at first
}  # fmt: skip


def printed(outputs: list[dict[str, Any]]) -> str:
    return "".join(text for output in outputs if output["output_type"] == "stream" for text in output["text"])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_month_teaches_and_leaks_nothing(tmp_path: Path) -> None:
    executed = tmp_path / "executed.ipynb"
    outputs = run_notebook("45_simulate_a_month.ipynb", executed, home=str(tmp_path / "home"), **SMALL)
    assert "image/png" in kinds_of(outputs)
    said = printed(outputs)
    assert " 0 texts on both sides" in said


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
@pytest.mark.parametrize(
    ("bounds", "complaint"),
    [
        ({}, "the month taught too little"),
        ({"least_gain": -1.0, "least_drop_of_sample": 0.3}, "the language model is asked too often still"),
    ],
)
def test_month_in_which_nobody_labels_is_complained_about(
    tmp_path: Path, bounds: dict[str, float], complaint: str
) -> None:
    idle = {**SMALL, "n_weeks": 1, "budget": 0, **bounds}
    with pytest.raises(PapermillExecutionError, match=complaint):
        run_notebook("45_simulate_a_month.ipynb", tmp_path / "executed.ipynb", home=str(tmp_path / "home"), **idle)


@pytest.mark.prove
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_month_of_the_sample_keeps_its_promise(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    executed = tmp_path / "executed.ipynb"
    outputs = run_notebook("45_simulate_a_month.ipynb", executed, home=str(tmp_path / "home"), benchmark="nowhere")
    with capfd.disabled():
        print(printed(outputs))  # noqa: T201


@pytest.mark.prove
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_month_of_the_benchmark_keeps_its_promise(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    benchmark = Path(__file__).parents[3] / "shared" / "benchmarks" / "banking77"
    if not (benchmark / "train.jsonl").exists():
        pytest.skip("the folder ../shared/benchmarks/banking77 is not there")
    executed = tmp_path / "executed.ipynb"
    outputs = run_notebook("45_simulate_a_month.ipynb", executed, home=str(tmp_path / "home"), benchmark=str(benchmark))
    with capfd.disabled():
        print(printed(outputs))  # noqa: T201
