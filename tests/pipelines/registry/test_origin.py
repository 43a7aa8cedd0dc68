"""Where a run comes from, and whether its process has died: with real processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.registry import origin
from pipelines.registry.origin import NOTEBOOK, PROCESS_TAG, TRAIN, git_commit, is_dead, origin_tags

TELL = (
    "import sys; from pathlib import Path; from pipelines.registry.origin import *;"
    "print(origin_tags('x', home=Path(sys.argv[1]))[PROCESS_TAG], flush=True); sys.stdin.read()"
)


def test_origin_tags_are_those_that_mlflow_shows(tmp_path: Path) -> None:
    tags = origin_tags(TRAIN)
    assert (tags["mlflow.source.name"], tags["mlflow.source.type"]) == ("intentloop train", "LOCAL")
    assert tags["mlflow.user"]
    assert tags.get("mlflow.source.git.commit") == git_commit()
    assert origin_tags(NOTEBOOK)["mlflow.source.type"] == "NOTEBOOK"
    assert str(tmp_path) not in str(origin_tags(TRAIN, home=tmp_path))


def test_process_is_dead_once_it_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TELL, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        tag = process.stdout.readline().strip()
        assert not is_dead(tag, home=tmp_path)
        assert not is_dead(tag, home=tmp_path / "other"), "nothing is known of another home folder"
        process.kill()
        process.wait()
    assert is_dead(tag, home=tmp_path)
    assert not is_dead(tag, home=tmp_path / "other")


def test_process_that_nobody_has_waited_for_is_dead(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TELL, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        tag = process.stdout.readline().strip()
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is still listed
        assert is_dead(tag, home=tmp_path)


@pytest.mark.parametrize(
    ("place", "value", "dead"),
    [
        (0, "another-machine", False),
        (2, "00000000-0000-0000-0000-000000000000", True),  # before the machine was started again
        (4, "1", True),  # its number now belongs to another process
    ],
)
def test_process_is_named_by_machine_boot_and_start(tmp_path: Path, place: int, value: str, dead: bool) -> None:
    parts = origin_tags("x", home=tmp_path)[PROCESS_TAG].split("/")
    assert not is_dead("/".join(parts), home=tmp_path)
    parts[place] = value
    assert is_dead("/".join(parts), home=tmp_path) is dead


@pytest.mark.parametrize("tag", ["", "gibberish", "a/b/c/d/e", "a/b"])
def test_run_without_a_process_is_not_dead(tmp_path: Path, tag: str) -> None:
    assert not is_dead(tag, home=tmp_path)


def test_process_where_the_kernel_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_BOOT_FILE", tmp_path / "missing")
    monkeypatch.setattr(origin, "_start_of", lambda number: "-")
    tag = origin_tags("x", home=tmp_path)[PROCESS_TAG]
    assert not is_dead(tag, home=tmp_path)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert is_dead("/".join((*tag.split("/")[:3], str(process.pid), "-")), home=tmp_path)
