"""`intentloop forget` and `drift` as a user runs them, where something is missing."""

from pathlib import Path

import pytest

from tests.support.command_line import intentloop
from tests.support.servers import free_port, mongo_server

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "arguments",
    [
        ("forget",),
        ("forget", "--thread", "a", "--user", "b"),
        ("forget", "--retire", "--user", "b"),
        ("forget", "--user", "", "--purge"),
        ("forget", "--thread", " ", "--purge"),
        ("drift", "--since", "x"),
        ("drift", "--since", "-5d"),
        ("score", "--since", "3000-01-01"),
    ],
)
def test_wrong_usage_is_exit_code_two(arguments: tuple[str, ...]) -> None:
    done = intentloop(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.integration
def test_without_mlflow_nothing_is_deleted_and_one_sentence_says_why(tmp_path: Path) -> None:
    with mongo_server("nx-27017", tmp_path / "mongo") as uri:
        nobody = f"http://127.0.0.1:{free_port()}"
        variables = {"INTENTLOOP_MONGO_URI": uri, "MLFLOW_TRACKING_URI": nobody, "INTENTLOOP_HOME": str(tmp_path)}
        for command in (("forget", "--thread", "t", "--dry-run"), ("drift",)):
            done = intentloop(*command, **variables)
            assert done.returncode == 1
            assert f"intentloop: the MLflow server at {nobody} did not answer" in done.stderr
            assert "Traceback" not in done.stderr
