"""`intentloop forget` and `drift` as a user runs them, where something is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import SetupProblem
from serving.cli.forget import _naming_files
from tests.support.command_line import ROOT, intentloop
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


def test_forgetting_needs_none_of_what_draws_renders_or_fits() -> None:
    """What is imported beyond `_PACKAGES` is a traceback where an install is partial, instead of a sentence."""
    unneeded = ("matplotlib", "markdown_it", "sklearn", "great_expectations", "papermill", "jinja2")
    imports = "import serving.cli.forget, serving.forget.run, pipelines.forget.retire"
    code = f"import sys; {imports}; print([m for m in {unneeded} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_file_that_cannot_be_changed_is_named(tmp_path: Path) -> None:
    sentence = r"a file cannot be read or changed \(.*gone: No such file or directory\); fix that"
    with pytest.raises(SetupProblem, match=sentence), _naming_files():
        (tmp_path / "gone").read_bytes()
