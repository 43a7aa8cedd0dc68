"""A real MLflow server for tests, and releases registered in it as training does it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient

from pipelines.registry.client import model_name
from pipelines.registry.verdict import VERDICT_FILE
from tests.support.servers import free_port, stop, wait_until_listening
from tests.support.verdicts import write_judged

QUIET = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_MODEL_CATALOG_URI": "",
}
REGISTER = """
import json, sys
import mlflow
uri, name, folder, verdict, tags, code = sys.argv[1:]
mlflow.set_tracking_uri(uri)
with mlflow.start_run():
    logged = mlflow.pyfunc.log_model(
        name="release", python_model=code, artifacts={"release": folder, **({"verdict": verdict} if verdict else {})},
        registered_model_name=name, pip_requirements=["numpy"],
    )
version = str(logged.registered_model_version)
for tag, value in json.loads(tags).items():
    mlflow.MlflowClient().set_model_version_tag(name, version, tag, value)
print("version=" + version)
"""
MODEL_CODE = Path(__file__).parents[2] / "pipelines" / "steps" / "registration" / "pyfunc_model.py"


def start_mlflow(
    folder: Path, *, port: int, artifacts: str = "./artifacts", environment: dict[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start a server whose data lie in a folder, artifacts perhaps elsewhere, and wait until it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "output.log"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", artifacts]
    variables = {**os.environ, **QUIET, **(environment or {})}
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=folder, env=variables
        )
    try:
        wait_until_listening(process, port, log=log)
        _wait_until_healthy(port)
    except BaseException:
        stop(process)
        raise
    return process


def _wait_until_healthy(port: int) -> None:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("MLflow does not become healthy")


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Run a server; gives its URI."""
    port = free_port()
    process = start_mlflow(folder, port=port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def register_release(
    uri: str, release: Path, *, name: str, is_judged: bool = True, environment: dict[str, str] | None = None
) -> str:
    """Register a release folder in a process of its own, as training does; gives the version."""
    with TemporaryDirectory() as folder:
        tags = write_judged(release, Path(folder)) if is_judged else {}
        verdict = str(Path(folder) / VERDICT_FILE) if is_judged else ""
        command = [sys.executable, "-c", REGISTER, uri, name, str(release), verdict, json.dumps(tags), str(MODEL_CODE)]
        variables = {**os.environ, **QUIET, **(environment or {})}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=variables)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-3000:])
    return done.stdout.rpartition("version=")[2].strip()


def copy_version(uri: str, version: tuple[str, str], *, name: str) -> str:
    """Give a registered version, `(name, version)`, to another model as well; its files stay where they are."""
    client = MlflowClient(uri, registry_uri=uri)
    return str(client.copy_model_version(f"models:/{version[0]}/{version[1]}", name).version)


@dataclass(frozen=True)
class Registered:
    """Versions on the server, as `(name, version)`: two good ones, and one that nobody judged."""

    good: tuple[str, str]
    better: tuple[str, str]
    unjudged: tuple[str, str]


def register_once(uri: str, release_folders: tuple[Path, Path]) -> Registered:
    """Register two releases, which takes seconds; `copy_version` gives them to a test's own bot."""
    name = model_name("registered-once")
    good, better = [(name, register_release(uri, folder, name=name)) for folder in release_folders]
    unjudged = (name, register_release(uri, release_folders[0], name=name, is_judged=False))
    return Registered(good, better, unjudged)
