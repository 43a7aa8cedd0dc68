import copy
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas
import pytest

from pipelines.schemas.training import TrainParams
from pipelines.steps.data.extract import Extract, extract_from_wire
from pipelines.steps.registration.recipe import code_digest, recipe_of
from tests.support.bots import TINY_BOT_WIRE

PARAMS = TrainParams()


def extracted(**changes: Any) -> Extract:
    wire = copy.deepcopy(TINY_BOT_WIRE)
    wire["intents"][2] |= changes
    return extract_from_wire(wire, source="test")


def test_recipe_of_the_same_things_is_the_same() -> None:
    elsewhere = TrainParams(home=Path("/other"), run_id="r", promote=True, source="x.json", test_file=Path("t.jsonl"))
    assert recipe_of(extracted(), PARAMS) == recipe_of(extracted(), elsewhere)
    found = extracted()
    assert recipe_of(Extract(found.bot_file, found.frame[::-1], "other"), PARAMS) == recipe_of(found, PARAMS)


@pytest.mark.parametrize(
    ("changes", "params"),
    [
        ({"trainingData": [{"text": "hello you", "entities": []}]}, PARAMS),
        ({"speechResponse": "Good day!"}, PARAMS),
        ({}, TrainParams(seed=1)),
        ({}, TrainParams(min_accuracy=0.7)),
        ({}, TrainParams(encoder="none")),
    ],
)
def test_recipe_of_anything_that_changes_the_release_is_another(changes: dict[str, Any], params: TrainParams) -> None:
    assert recipe_of(extracted(**changes), params) != recipe_of(extracted(), PARAMS)


def test_recipe_counts_the_test_set_wherever_it_comes_from_and_not_what_was_accepted() -> None:
    row = {"text": "hello you", "intent": "greet"}
    of_file = extract_from_wire({**TINY_BOT_WIRE, "testSet": [row]}, source="test")
    of_database = replace(extracted(), test_set=of_file.test_set)
    assert recipe_of(of_file, PARAMS) == recipe_of(of_database, PARAMS) != recipe_of(extracted(), PARAMS)
    other = extract_from_wire({**TINY_BOT_WIRE, "testSet": [{**row, "intent": "cancel"}]}, source="test")
    assert recipe_of(other, PARAMS) != recipe_of(of_file, PARAMS)
    assert recipe_of(extracted(), TrainParams(accept_relabelled=True)) == recipe_of(extracted(), PARAMS)


def test_recipe_counts_saved_cases_and_passes_over_what_is_no_file(tmp_path: Path) -> None:
    params = TrainParams(cases=tmp_path)
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "lost.json").symlink_to(tmp_path / "nowhere")
    assert recipe_of(extracted(), params) == recipe_of(extracted(), TrainParams(cases=tmp_path / "none"))
    (tmp_path / "case.json").write_text("{}", encoding="utf-8")
    assert recipe_of(extracted(), params) != recipe_of(extracted(), TrainParams(cases=tmp_path / "none"))


def test_code_digest_is_the_same_twice() -> None:
    assert code_digest() == code_digest()
    assert len(code_digest()) == 64


def test_code_digest_covers_what_answers_the_conversations_of_the_gate(tmp_path: Path) -> None:
    installed = Path(__file__).parents[4] / "serving"
    copied = tmp_path / "serving"
    shutil.copytree(installed, copied, ignore=shutil.ignore_patterns("__pycache__", "static"))
    assert code_digest(serving=copied) == code_digest()
    (copied / "cli.py").write_text("# has no say in an answer\n", encoding="utf-8")
    assert code_digest(serving=copied) == code_digest()
    seen = {code_digest()}
    for part in ("dialogue/route.py", "llm/answer.py", "tools/templates.py"):
        with (copied / part).open("a", encoding="utf-8") as source:
            source.write("\n")
        seen.add(code_digest(serving=copied))
    assert len(seen) == 4


def test_code_digest_does_without_the_code_that_answers(tmp_path: Path) -> None:
    command = "from pipelines.steps.registration.recipe import code_digest; print(code_digest())"
    for name in ("pipelines", "notebooks"):
        (tmp_path / name).symlink_to(Path(__file__).parents[4] / name)
    # -S -P: neither an installed checkout nor the working folder is on the path, so that there is no `serving`
    site = str(Path(pandas.__file__).parents[1])
    alone = subprocess.run(
        [sys.executable, "-S", "-P", "-c", command],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{site}"}, cwd=tmp_path,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert alone.stdout.strip() == code_digest(serving=tmp_path / "none") != code_digest()
