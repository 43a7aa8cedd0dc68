"""Versions that an earlier program registered: their loader code is in them and names the modules of that time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.nlu import release as former
from pipelines.registry import release as present
from pipelines.registry.release import Release

LOADER = Path(__file__).parents[2] / "support" / "former_pyfunc_model.py"
SAVE_AND_LOAD = """
import json, sys, mlflow
folder, code, release = sys.argv[1:]
mlflow.pyfunc.save_model(folder, python_model=code, artifacts={"release": release}, pip_requirements=["numpy"])
print(json.dumps(mlflow.pyfunc.load_model(folder).predict(["please buy two tents", "?!"])))
"""


def test_loader_code_finds_load_release_where_it_was() -> None:
    assert "from pipelines.nlu.release import load_release" in LOADER.read_text(encoding="utf-8")
    assert former.load_release is present.load_release


@pytest.mark.slow
def test_version_with_the_former_loader_code_answers(
    tiny_release: Release, tiny_release_folder: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", SAVE_AND_LOAD, str(tmp_path / "model"), str(LOADER), str(tiny_release_folder)]
    environment = os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = json.loads(done.stdout.splitlines()[-1])
    assert rows[0] == tiny_release.model.parse("please buy two tents").model_dump(mode="json")
    assert rows[1]["ranking"] == []
