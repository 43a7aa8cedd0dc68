"""A logged release, used as MLflow's users do: loaded and served where Intentloop is not installed."""

import ast
import getpass
import importlib
import json
import os
import re
import socket
import subprocess
import sys
import warnings
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.models.model import ModelInfo

from pipelines.registry.prediction import predict_texts
from pipelines.registry.release import Release
from pipelines.registry.verdict import VERDICT_FILE
from pipelines.schemas.understanding import Prediction
from pipelines.steps.registration import model as logging
from pipelines.steps.registration.bundle import _bundled
from pipelines.steps.registration.model import log_release
from tests.support.mlflow_store import tracked_at
from tests.support.verdicts import write_judged

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"),
]
NAME = "intentloop-anywhere"
URI = f"models:/{NAME}@production"
TEXTS = ["where is my order ORD-1042?", "?!"]
SERVE = """
import json, sys, warnings
sys.modules["pipelines"] = sys.modules["serving"] = None  # importing them fails
warnings.simplefilter("ignore")
import mlflow, pandas
from mlflow.pyfunc.scoring_server import init
from starlette.testclient import TestClient
uri, texts, bodies = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
before = list(sys.path)
model = mlflow.pyfunc.load_model(uri)
client = TestClient(init(model))
responses = [client.post("/invocations", json=body) for body in bodies]
print(json.dumps({
    "list": model.predict(texts),
    "table": model.predict(pandas.DataFrame({"id": range(len(texts)), "text": texts})).to_dict("records"),
    "example": model.predict(model.input_example),
    "served": [[response.status_code, response.json()] for response in responses],
    "path_is_kept": sys.path == before,
    "own_modules": sorted(name.partition(".")[2] for name in sys.modules if name.startswith("intentloop_")),
    "tops": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""
GOOD: list[dict[str, Any]] = [
    {"inputs": TEXTS},
    {"inputs": {"text": TEXTS}},
    {"inputs": [{"text": text} for text in TEXTS]},
    {"instances": TEXTS},
    {"instances": [{"text": text} for text in TEXTS]},
    {"dataframe_split": {"columns": ["id", "text"], "data": [[1, TEXTS[0]], [2, TEXTS[1]]]}},
    {"dataframe_split": {"data": TEXTS}},
    {"dataframe_records": [{"text": text, "intent": "x"} for text in TEXTS]},
]
BAD: list[dict[str, Any]] = [
    {"inputs": None},
    {"inputs": 5},
    {"inputs": ["hello", None]},
    {"dataframe_split": {"columns": ["id", "question"], "data": [[1, "hello"]]}},
    {"dataframe_records": [{"text": 5}]},
    {"messages": [{"role": "user", "content": "hello"}]},
]


@pytest.fixture(scope="module")
def logged(mlflow_uri: str, tiny_release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelInfo:
    """Log the release with a verdict, as training does, and promote it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("mlflow.pyfunc")  # warns of its own type hints
    aside = tmp_path_factory.mktemp("verdict")
    write_judged(tiny_release_folder, aside)
    with tracked_at(mlflow_uri):
        with mlflow.start_run():
            version = log_release(tiny_release_folder, aside / VERDICT_FILE, name=NAME)
        mlflow.MlflowClient().set_registered_model_alias(NAME, "production", version)
        return mlflow.models.get_model_info(URI)


@pytest.fixture(scope="module")
def files(mlflow_uri: str, logged: ModelInfo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Download all files of the version."""
    with tracked_at(mlflow_uri):
        return Path(mlflow.artifacts.download_artifacts(URI, dst_path=str(tmp_path_factory.mktemp("files"))))


def test_logged_release_answers_and_is_served_without_intentloop(
    mlflow_uri: str, logged: ModelInfo, tiny_release: Release, tmp_path: Path
) -> None:
    environment = os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "MLFLOW_TRACKING_URI": mlflow_uri}
    command = [sys.executable, "-c", SERVE, URI, json.dumps(TEXTS), json.dumps(GOOD + BAD)]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer = json.loads(done.stdout.splitlines()[-1])
    rows = [json.loads(row.model_dump_json()) for row in predict_texts(tiny_release, TEXTS)]
    assert answer["list"] == answer["table"] == rows
    assert (rows[0]["decision"], rows[1]["decision"], rows[1]["ranking"]) == ("answered", "refused", [])
    assert [row["text"] for row in answer["example"]] == logging._EXAMPLE
    assert answer["path_is_kept"]
    late = "nlu.system.phone"  # imported at once all the same, since the downloaded files may go
    assert late in answer["own_modules"]
    assert answer["served"][: len(GOOD)] == [[200, {"predictions": rows}]] * len(GOOD)
    for status, said in answer["served"][len(GOOD) :]:
        assert (status, said["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert "The input cannot be used: " in said["message"]
        assert "stack_trace" not in said
        assert "Traceback" not in said["message"]
    # what it imports is what it asks to be installed, or comes along with that
    asked = {re.sub(r"[-_.]+", "-", name).lower() for name in logging._REQUIREMENTS}
    found = packages_distributions()
    needed = {found[top][0] for top in bundled_imports() if top in found}
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in needed} <= asked


def bundled_imports() -> set[str]:
    """Give the top-level packages that the code of a version imports when it is loaded."""
    package, source_by_path = _bundled()
    names = set()
    for source in source_by_path.values():
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").partition(".")[0])
    return names - {package}


def test_logged_release_names_nothing_of_this_machine(files: Path, tiny_release_folder: Path) -> None:
    own = {str(tiny_release_folder.parents[1]), str(Path(__file__).parents[4]), sys.prefix, str(Path.home())}
    names = [path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file()]
    assert {"MLmodel", "pyfunc_model.py", "requirements.txt", "conda.yaml", "python_env.yaml"} <= set(names)
    assert {"input_example.json", "artifacts/verdict.json", "artifacts/tiny/manifest.json"} <= set(names)
    described = [name for name in names if name.endswith((".yaml", ".txt", ".json", ".py", "MLmodel"))]
    for name in [*described, "artifacts/tiny/golden.jsonl"]:
        text = (files / name).read_text(encoding="utf-8")
        assert [word for word in own if word in text] == [], name
        if not name.startswith("artifacts/tiny/"):  # which holds words of all kinds
            assert not re.search(r"(?<![\w.:/])/(tmp|home|root|work|Users)\b", text)
            assert not re.search(rf"\b({re.escape(socket.gethostname())}|(?!root\b){getpass.getuser()})\b", text)


def test_logged_release_has_signature_example_and_exact_requirements(logged: ModelInfo, files: Path) -> None:
    assert logged.signature is not None
    assert logged.signature.outputs.input_names() == list(Prediction.model_fields)
    assert json.loads((files / "serving_input_example.json").read_text()) == {"inputs": logging._EXAMPLE}
    pins = (files / "requirements.txt").read_text().split()
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", pin) for pin in pins)
    assert {pin.partition("==")[0] for pin in pins} == set(logging._REQUIREMENTS)  # the tiny bot has no encoder
    ours = {re.split(r"[ <>=\[;]", line)[0] for line in requires("intentloop") or []}
    assert set(logging._REQUIREMENTS) | set(logging._ENCODER_REQUIREMENTS) <= ours


@pytest.mark.prove
def test_logged_release_answers_in_an_environment_that_mlflow_makes(
    mlflow_uri: str, logged: ModelInfo, tiny_release: Release, tmp_path: Path
) -> None:
    (tmp_path / "texts.json").write_text(json.dumps({"inputs": TEXTS}), encoding="utf-8")
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"MLFLOW_TRACKING_URI": mlflow_uri, "PATH": programs}
    command = [sys.executable, "-m", "mlflow", "models", "predict", "-m", URI, "-i", "texts.json", "-o", "rows.json"]
    done = subprocess.run(
        [*command, "--env-manager", "uv"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [json.loads(row.model_dump_json()) for row in predict_texts(tiny_release, TEXTS)]
    assert json.loads((tmp_path / "rows.json").read_text(encoding="utf-8")) == {"predictions": rows}
