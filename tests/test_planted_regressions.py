"""What the gate sees: an author's mistakes are refused by name, harmless edits pass, wherever the training starts.

Each training starts as in a second terminal: it knows the home folder of the running platform and nothing else.
"""

import json
import multiprocessing
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.local_platform import ROOT, LocalPlatform
from tests.support.planted import ANSWERS, HARMLESS, REGRESSIONS, Planted, openings, part_of_sample

pytestmark = [pytest.mark.integration, pytest.mark.prove]
CONVERSATIONS = 6
"""Of each intent."""
TRAINING_SECONDS = 1200.0
MOST_TURNS = 8


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """A running platform with a promoted release, and conversations of customers in its log."""
    folder = tmp_path_factory.mktemp("planted")
    running = LocalPlatform(folder / "home")
    bot = part_of_sample()
    out_of_scope = running.home / "out-of-scope" / "default.jsonl"
    out_of_scope.parent.mkdir(parents=True)
    out_of_scope.write_bytes((ROOT / "data" / "sample" / "oos.jsonl").read_bytes())
    running.seed(folder / "seed", bot)
    try:
        running.start()
        for number, text in enumerate(openings(bot, each=CONVERSATIONS)):
            converse(running, text, thread=f"customer-{number}")
        yield running
    finally:
        running.kill()


def converse(running: LocalPlatform, opening: str, *, thread: str) -> None:
    """Hold a conversation to its end: give the values that are asked for, and agree."""
    text = opening
    for _ in range(MOST_TURNS):
        form = running.ask(text, thread=thread)["form"]
        if form is None or form["is_complete"]:
            return
        text = ANSWERS.get(form["asking"], "yes")


def store(running: LocalPlatform, planted: Planted) -> None:
    file = running.home.parent / "draft.json"
    file.write_text(json.dumps(planted.applied_to(part_of_sample())), encoding="utf-8")
    done = running.command("import", "--replace", str(file), elsewhere=True)
    assert done.returncode == 0, done.stderr


def train(running: LocalPlatform) -> tuple[bool, str]:
    done = running.command("train", elsewhere=True, seconds=TRAINING_SECONDS)
    return done.returncode == 0, done.stdout + done.stderr


def retrain(running: LocalPlatform) -> tuple[bool, str]:
    done = running.command("retrain", elsewhere=True, seconds=TRAINING_SECONDS)
    said = done.stdout + done.stderr
    return done.returncode == 0 and "did not pass" not in said, said


def run_in_jupyter(running: LocalPlatform) -> tuple[bool, str]:
    """Run the notebook cell by cell as Jupyter does, with only the parameters that somebody would set."""
    command = [
        sys.executable, "-m", "papermill", str(ROOT / "notebooks" / "20_train_nlu.ipynb"),
        str(running.home.parent / "executed.ipynb"), "--cwd", str(ROOT / "notebooks"), "--no-progress-bar",
        "-p", "source", "mongo", "-p", "home", str(running.home), "-p", "test_file", "",
        "-p", "out_of_scope_file", str(running.home / "out-of-scope" / "default.jsonl"),
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=TRAINING_SECONDS, env=running.other_terminal
    )
    executed = (running.home.parent / "executed.ipynb").read_text(encoding="utf-8")
    cells = json.loads(executed)["cells"]
    said = "".join(
        "".join(output.get("text", [])) + "".join(output.get("data", {}).get("text/html", []))
        for cell in cells
        for output in cell.get("outputs", ())
    )
    return done.returncode == 0 and "<div>Refused " not in said, said + done.stderr


STARTED_BY = {"train": train, "retrain": retrain, "Jupyter": run_in_jupyter}


@pytest.mark.parametrize("start", STARTED_BY)
@pytest.mark.parametrize("planted", REGRESSIONS, ids=lambda each: each.name)
def test_a_regression_is_refused_by_name(platform: LocalPlatform, planted: Planted, start: str) -> None:
    store(platform, planted)
    passed, said = STARTED_BY[start](platform)
    assert not passed, said
    assert re.search(planted.named, said, re.DOTALL), said


@contextmanager
def busy_machine() -> Iterator[None]:
    """Load every processor."""
    hogs = [multiprocessing.get_context("spawn").Process(target=_burn, daemon=True) for _ in range(os.cpu_count() or 1)]
    for hog in hogs:
        hog.start()
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.join()


def _burn() -> None:
    while True:
        sum(range(100_000))


@pytest.mark.parametrize("planted", HARMLESS, ids=lambda each: each.name)
def test_a_harmless_edit_passes_on_a_busy_machine(platform: LocalPlatform, planted: Planted) -> None:
    store(platform, planted)
    with busy_machine():
        passed, said = train(platform)
    assert passed, said
