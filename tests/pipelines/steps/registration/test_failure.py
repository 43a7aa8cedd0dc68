"""Why a run failed: as a sentence, and in a real kernel whose cells raise or which is restarted."""

from pathlib import Path

import mlflow
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from pipelines.errors import DataRejected
from pipelines.registry.run_record import FAILED_REASON_TAG
from pipelines.steps.registration.failure import reason_of

OPEN = """
from pathlib import Path
from pipelines.registry.runs import Runs
from pipelines.schemas.training import TrainParams
from pipelines.steps.registration import log
run_id = log.open_run(TrainParams(bot={bot!r}, home=Path({home!r})), {uri!r})
"""


@pytest.mark.parametrize(
    ("name", "message", "reason"),
    [
        ("KeyError", "'x'", "KeyError: 'x'"),
        ("KeyboardInterrupt", "", "KeyboardInterrupt"),
        ("FileNotFoundError", "no file '/home/me/data/a.csv'", "FileNotFoundError: no file 'a.csv'"),
        ("NotFound", "there is no bot 'x'; import it", "there is no bot 'x'; import it"),
        ("ValueError", "first line\nsecond line", "ValueError: first line"),
        (
            "RegistryUnavailable",
            "the server at http://h:5/a did not answer",
            "the server at http://h:5/a did not answer",
        ),
    ],
)
def test_reason_of_is_one_line_without_folders(name: str, message: str, reason: str) -> None:
    assert reason_of(name, message) == reason


def test_reason_of_rejected_data_quotes_no_example() -> None:
    error = DataRejected("/home/me/bot.json", ["greet/9: 'call me at 555' is empty"])
    told = reason_of("DataRejected", str(error))
    assert told == "bot.json cannot be used, 1 problem(s) to repair; validation/report.html names them"


def run_in(kernel: BlockingKernelClient, code: str) -> None:
    kernel.execute_interactive(code, timeout=120, output_hook=lambda message: None)


@pytest.mark.slow
def test_run_of_a_notebook_ends_with_a_cell_that_raises_and_with_its_kernel(mlflow_store: str, tmp_path: Path) -> None:
    manager, kernel = start_new_kernel(kernel_name="python3", cwd=str(Path(__file__).parents[4]))
    client = mlflow.MlflowClient()

    def newest() -> mlflow.entities.Run:
        experiment = client.get_experiment_by_name("intentloop-cells")
        assert experiment is not None
        return client.search_runs([experiment.experiment_id], max_results=1)[0]

    try:
        run_in(kernel, OPEN.format(bot="cells", home=str(tmp_path), uri=mlflow_store))
        first = newest()
        assert (first.info.status, first.data.tags["mlflow.source.name"]) == ("RUNNING", "notebook")
        run_in(kernel, "{}['x']")
        failed = client.get_run(first.info.run_id)
        assert (failed.info.status, failed.data.tags[FAILED_REASON_TAG]) == ("FAILED", "KeyError: 'x'")
        assert failed.info.run_name == "cells · failed"
        run_in(kernel, f"Runs({mlflow_store!r}).end(run_id, succeeded=True)")
        repaired = client.get_run(first.info.run_id)
        assert (repaired.info.status, FAILED_REASON_TAG in repaired.data.tags) == ("FINISHED", False)
        run_in(kernel, "{}['y']")
        assert client.get_run(first.info.run_id).info.status == "FINISHED", "it was over"

        run_in(kernel, OPEN.format(bot="cells", home=str(tmp_path), uri=mlflow_store))
        second = newest().info.run_id
        run_in(kernel, OPEN.format(bot="cells", home=str(tmp_path), uri=mlflow_store))
        assert client.get_run(second).data.tags[FAILED_REASON_TAG] == "the notebook opened another run"
    finally:
        kernel.stop_channels()
        manager.shutdown_kernel()
    ended = newest()
    assert ended.info.run_id != second
    assert (ended.info.status, ended.data.tags[FAILED_REASON_TAG]) == ("FAILED", "the notebook's kernel ended")
