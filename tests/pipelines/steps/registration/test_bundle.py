"""The code that a version brings along."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from pipelines.registry.prediction import predict_texts
from pipelines.registry.release import Release
from pipelines.steps.registration import bundle
from pipelines.steps.registration.bundle import write_bundle

TEXTS = ["where is my order ORD-1042?", "two tents please", "xyzzy", "?!"]
PREDICT = """
import importlib, json, pathlib, sys
archive, release, *texts = sys.argv[1:]
sys.modules["pipelines"] = None  # importing it fails
sys.path.append(archive)
code = importlib.import_module(pathlib.Path(archive).stem + ".registry.prediction")
loaded = code.load_release(pathlib.Path(release), version="1")
rows = [prediction.model_dump(mode="json") for prediction in code.predict_texts(loaded, texts)]
print(json.dumps({"rows": rows, "tops": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


def sources(archive: Path) -> dict[str, str]:
    with ZipFile(archive) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def test_bundle_holds_all_it_imports_under_its_own_name(tmp_path: Path) -> None:
    archive = write_bundle(tmp_path)
    files = sources(archive)
    imported = {
        name
        for source in files.values()
        for node in ast.walk(ast.parse(source))
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        + ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
    }
    assert not [name for name in imported if name.partition(".")[0] in ("pipelines", "serving", "mlflow", "pandas")]
    own = {name.replace(".", "/") for name in imported if name.partition(".")[0] == archive.stem}
    assert len(own) > 50
    assert [name for name in own if f"{name}.py" not in files and f"{name}/__init__.py" not in files] == []


def test_bundle_leaves_out_what_only_trains(tmp_path: Path) -> None:
    names = [name.partition("/")[2] for name in sources(write_bundle(tmp_path))]
    assert {"registry/prediction.py", "registry/release.py", "nlu/model.py", "nlu/system/phone.py"} <= set(names)
    folders = {name.partition("/")[0] for name in names if "/" in name}
    assert folders == {"errors", "nlu", "registry", "schemas"}


def test_bundle_of_the_same_code_is_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write_bundle(tmp_path)
    content = first.read_bytes()
    first.unlink()
    bundle._bundled.cache_clear()
    assert write_bundle(tmp_path).read_bytes() == content

    monkeypatch.setattr(bundle, "_modules_needed", lambda: {"__init__.py": "# another version"})
    bundle._bundled.cache_clear()
    assert write_bundle(tmp_path).name != first.name
    bundle._bundled.cache_clear()


def test_bundle_answers_without_pipelines(tiny_release: Release, tiny_release_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PREDICT, str(write_bundle(tmp_path)), str(tiny_release_folder), *TEXTS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert answer["rows"] == [row.model_dump(mode="json") for row in predict_texts(tiny_release, TEXTS)]
    assert {row["decision"] for row in answer["rows"]} == {"answered", "refused"}
    assert not {"sklearn", "scipy", "joblib", "mlflow", "pandas", "rich", "typer"} & set(answer["tops"])
