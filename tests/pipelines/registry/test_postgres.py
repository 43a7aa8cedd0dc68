"""MLflow on PostgreSQL, as in production: train, promote, serve, roll back."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.support.command_line import ROOT, intentloop
from tests.support.mlflow_server import start_mlflow
from tests.support.postgres_server import find_program, install_driver, postgres_server
from tests.support.servers import free_port, start, stop

pytestmark = [
    pytest.mark.prove,
    pytest.mark.integration,
    pytest.mark.skipif(find_program("initdb") is None, reason="PostgreSQL is not installed"),
    pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="needs setpriv as root"),
]


def promoted(folder: Path, *, text: str, variables: dict[str, str]) -> dict[str, object]:
    """Start the chat API, ask it, and end it."""
    port = free_port()
    more = {"INTENTLOOP_API_PORT": str(port), "INTENTLOOP_HOST": "127.0.0.1", **variables}
    os.environ.update(more)
    try:
        process = start([sys.executable, "-m", "serving.cli", "serve"], port=port, folder=folder, cwd=ROOT)
    finally:
        for name in more:
            del os.environ[name]
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120.0) as client:
            ready = client.get("/health/ready").json()
            answer = client.post("/api/v1/bots/default/messages", json={"thread_id": "t", "text": text})
            assert answer.status_code == 200, answer.text
            return {"release": ready["release"], **answer.json()}
    finally:
        stop(process)


@pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
def test_a_release_goes_through_a_registry_on_postgres(mongo_uri: str, new_name: str, tmp_path: Path) -> None:
    install_driver(tmp_path)
    port = free_port()
    path = {"PYTHONPATH": str(tmp_path / "site")}
    with postgres_server() as store:
        server = start_mlflow(tmp_path / "mlflow", port=port, store=store, environment=path)
        try:
            variables = {
                "INTENTLOOP_HOME": str(tmp_path / "home"),
                "INTENTLOOP_MONGO_URI": mongo_uri,
                "INTENTLOOP_MONGO_DATABASE": new_name,
                "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}",
            }
            for command in (("import", "data/sample/bot.json"), ("train", "--promote"), ("train", "--promote")):
                done = intentloop(*command, **variables)
                assert done.returncode == 0, done.stderr
            answer = promoted(tmp_path / "api", text="hello", variables=variables)
            assert answer["release"] == "2"
            assert answer["replies"]
            back = intentloop("rollback", **variables)
            assert back.returncode == 0, back.stderr
            assert promoted(tmp_path / "api", text="hello", variables=variables)["release"] == "1"
        finally:
            stop(server)
        tables = subprocess.run(
            [str(find_program("psql")), store.replace("+psycopg2", ""), "-Atc", "select count(*) from model_versions"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert tables.stdout.strip() == "2"
