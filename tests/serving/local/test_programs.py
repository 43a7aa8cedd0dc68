"""The programs of the platform, attacked where they listen."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pipelines.settings import Settings
from serving.local import programs
from serving.local.home import admin_token_of
from serving.processes.child import Child, is_listening
from tests.support.servers import free_port
from tests.support.trainings import wait_for

pytestmark = pytest.mark.slow


class Mlflow:
    """The platform's MLflow server over a home folder that holds the admin token."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = Settings(_env_file=None, home=home, mlflow_port=free_port())
        self.url = f"http://127.0.0.1:{self.settings.mlflow_port}"
        self.child = Child(programs.registry(self.settings), home=home)
        self.answers: list[bytes] = []

    def ask(self, path: str, body: object = None) -> dict[str, Any]:
        """Send a request and return its JSON, if it is some; every answer is kept."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                self.answers.append(response.read())
        except urllib.error.HTTPError as error:
            with error:
                self.answers.append(error.read())
        try:
            found = json.loads(self.answers[-1])
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@pytest.fixture
def mlflow(tmp_path: Path) -> Iterator[Mlflow]:
    """Run the server as `intentloop up` does."""
    admin_token_of(tmp_path)
    server = Mlflow(tmp_path)
    try:
        wait_for(lambda: is_listening("127.0.0.1", server.settings.mlflow_port), seconds=120)
        wait_for(lambda: (programs.get(f"{server.url}/health") or (0, ""))[0] == 200, seconds=60)
        yield server
    finally:
        server.child.finish_stop()


@pytest.mark.integration
def test_no_artifact_path_reaches_the_admin_token(mlflow: Mlflow) -> None:
    home, token = mlflow.home, admin_token_of(mlflow.home)
    file = "admin-token"
    ways = (
        file,
        *("../" * n + file for n in (1, 2, 3, 4)),
        "%2e%2e/%2e%2e/" + file,
        str(home / file),
        f"a/../../{file}",
    )
    for way in ways:
        for path in (way, quote(way, safe="")):
            mlflow.ask(f"/api/2.0/mlflow-artifacts/artifacts/{path}")
    mlflow.ask("/api/2.0/mlflow-artifacts/artifacts?path=..")
    places = (f"file://{home}", str(home), f"file://{home}?a=", f"file://{home}/{file}#", f"file://{home}/{file}?a=")
    for number, place in enumerate((*places, "mlflow-artifacts:/../..", "mlflow-artifacts:/%2e%2e/%2e%2e", "..")):
        made = mlflow.ask("/api/2.0/mlflow/experiments/create", {"name": f"e{number}", "artifact_location": place})
        run = mlflow.ask("/api/2.0/mlflow/runs/create", {"experiment_id": made.get("experiment_id", "0")})
        run_id = run.get("run", {}).get("info", {}).get("run_id", "")
        for way in ("", *ways):
            mlflow.ask(f"/get-artifact?run_id={run_id}&path={quote(way, safe='')}")
            mlflow.ask(f"/api/2.0/mlflow/artifacts/list?run_id={run_id}&path={quote(way, safe='')}")
        mlflow.ask("/api/2.0/mlflow/registered-models/create", {"name": "m"})
        for extra in ({}, {"run_id": run_id}):
            source = {"name": "m", "source": place, **extra}
            version = (
                mlflow.ask("/api/2.0/mlflow/model-versions/create", source).get("model_version", {}).get("version")
            )
            for way in ways if version else ():
                mlflow.ask(f"/model-versions/get-artifact?name=m&version={version}&path={quote(way, safe='')}")
    assert len(mlflow.answers) > 100
    assert [answer for answer in mlflow.answers if token.encode() in answer] == []
