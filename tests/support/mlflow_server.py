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
from typing import Any

from mlflow import MlflowClient

from pipelines.registry.client import model_name
from pipelines.registry.verdict import VERDICT_FILE
from tests.support.releases import made_for
from tests.support.servers import START_SECONDS, free_port, stop, wait_until_listening
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
    folder: Path,
    *,
    port: int,
    artifacts: str = "./artifacts",
    store: str = "sqlite:///mlflow.db",
    environment: dict[str, str] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a server whose data lie in a folder, artifacts and store perhaps elsewhere, and wait until it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "output.log"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", store, "--artifacts-destination", artifacts]
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
    give_up_at = time.monotonic() + START_SECONDS
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
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=variables)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-3000:])
    return done.stdout.rpartition("version=")[2].strip()


def copy_version(uri: str, version: tuple[str, str], *, name: str) -> str:
    """Copy a version, `(name, version)`, to another model as MLflow's button "Promote model" does: files and all."""
    client = MlflowClient(uri, registry_uri=uri)
    return str(client.copy_model_version(f"models:/{version[0]}/{version[1]}", name).version)


def register_for(uri: str, release: Path, *, bot: str, is_judged: bool = True, **verdict: Any) -> str:
    """Register a release folder as one of a bot, in a moment: without the pyfunc model around it; gives the version."""
    client, name = MlflowClient(uri, registry_uri=uri), model_name(bot)
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    run = client.create_run("0")
    with TemporaryDirectory() as folder:
        own = made_for(bot, release, Path(folder) / "release")
        tags = write_judged(own, Path(folder), **verdict) if is_judged else {}
        client.log_artifacts(run.info.run_id, folder, "release")
    source = f"{run.info.artifact_uri}/release"
    version = str(client.create_model_version(name, source, run.info.run_id).version)
    for tag, value in tags.items():
        client.set_model_version_tag(name, version, tag, value)
    return version


@dataclass(frozen=True)
class Registered:
    """Versions on the server, as `(name, version)`: two good ones, and one that nobody judged."""

    good: tuple[str, str]
    better: tuple[str, str]
    unjudged: tuple[str, str]


def register_once(uri: str, release_folders: tuple[Path, Path]) -> Registered:
    """Register two releases with the pyfunc model around them, which takes seconds; `copy_version` copies them."""
    bot = "registered-once"
    name = model_name(bot)
    with TemporaryDirectory() as place:
        folders = [made_for(bot, folder, Path(place) / folder.name) for folder in release_folders]
        good, better = [(name, register_release(uri, folder, name=name)) for folder in folders]
        unjudged = (name, register_release(uri, folders[0], name=name, is_judged=False))
    return Registered(good, better, unjudged)
