"""The structure that the contributor's guide describes, held against the code's own imports."""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.support.architecture import (
    ROOT,
    STEPS,
    TOP,
    arrows_between_rooms,
    circles,
    contracts,
    count_lines,
    imports,
    levels,
    production_files,
    renamed_imports,
)

MOST_LINES = 94_380
MOST_FILES, MOST_IN_FILE = 26, 400
MOST_DOCSTRINGS = 0.2


def test_circles_finds_what_it_looks_for() -> None:
    assert circles(frozenset({("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")})) == [["a", "b", "c"]]
    assert circles(frozenset({("a", "b"), ("b", "c"), ("a", "c")})) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(imports()) == []


def test_all_packages_fall_into_one_order() -> None:
    rooms = arrows_between_rooms()
    assert circles(rooms) == []
    floor = levels(rooms)
    assert floor["serving.cli"] == max(floor.values())
    assert all(floor[start] > floor[end] for start, end in rooms)


def test_steps_are_one_folder_each() -> None:
    folders = {path.name for path in (ROOT / "pipelines" / "steps").iterdir() if (path / "__init__.py").is_file()}
    assert folders == {"data", "validation", "training", "evaluation", "registration"}
    assert [path.name for path in (ROOT / "pipelines" / "steps").glob("*.py")] == ["__init__.py"]
    steps = {pair for pair in arrows_between_rooms() if all(room.startswith(STEPS) for room in pair)}
    assert len(steps) <= 9


def test_contracts_have_no_exceptions() -> None:
    assert [each["name"] for each in contracts() if each.get("ignore_imports")] == []
    assert sum(each["type"] == "layers" for each in contracts()) == 3


def test_folders_and_files_can_be_looked_over() -> None:
    files = [file for file in production_files() if file.name != "__init__.py"]
    per_folder = Counter(file.parent.relative_to(ROOT).as_posix() for file in files)
    assert {folder: n for folder, n in per_folder.items() if n > MOST_FILES} == {}
    long = {file.name: n for file in files if (n := len(file.read_text(encoding="utf-8").splitlines())) > MOST_IN_FILE}
    assert long == {}


def test_production_code_stays_small() -> None:
    total, docstrings = count_lines()
    assert total <= MOST_LINES
    assert docstrings / total <= MOST_DOCSTRINGS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("pipelines/nlu/text.py", "import pipelines.steps.data.split"),
        ("serving/dialogue/route.py", "from pipelines.steps.data import split"),
        ("serving/store/work/leases.py", "import serving.dialogue.turn"),
        ("pipelines/steps/data/split.py", "import pipelines.steps.evaluation.evaluate"),
        ("pipelines/schemas/bot.py", "import pandas"),
        ("serving/channels/incoming.py", "import fastapi"),
        ("serving/jobs/service.py", "import mlflow"),
        ("serving/release/cache.py", "import pymongo"),
        ("serving/llm/reader.py", "import openai"),
    ],
)
def test_lint_refuses_an_import_that_points_up(file: str, line: str, tmp_path: Path) -> None:
    for top in TOP:
        shutil.copytree(ROOT / top, tmp_path / top, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    before = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert before.returncode == 0, before.stdout
    with (tmp_path / file).open("a") as stream:
        stream.write(f"{line}\n")
    after = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert after.returncode == 1, after.stdout
    assert file.removesuffix(".py").replace("/", ".") in after.stdout


def test_nothing_of_ours_is_imported_under_another_name() -> None:
    assert [name for file in production_files() for name in renamed_imports(file.read_text(encoding="utf-8"))] == []
