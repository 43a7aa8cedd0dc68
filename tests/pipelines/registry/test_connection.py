"""How MLflow is reached, and what its errors become."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

from pipelines.errors import NotFound, RegistryUnavailable
from pipelines.registry.connection import choose_tracking_uri, connect, first_contact, short_reason, translated
from pipelines.settings import Settings
from tests.support.command_line import ROOT
from tests.support.servers import free_port

PATIENCE = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"


def test_choose_tracking_uri_takes_what_is_named_first(settings: Settings, tmp_path: Path) -> None:
    assert choose_tracking_uri("http://named", settings, home=tmp_path) == "http://named"
    there = settings.model_copy(update={"mlflow_tracking_uri": "http://from-environment"})
    assert choose_tracking_uri("auto", there, home=tmp_path) == "http://from-environment"


def test_choose_tracking_uri_finds_a_local_server_or_takes_a_file(settings: Settings, tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        listening = settings.model_copy(update={"mlflow_port": server.getsockname()[1]})
        expected = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert choose_tracking_uri("auto", listening, home=tmp_path) == expected
    alone = settings.model_copy(update={"mlflow_port": free_port()})
    home = tmp_path / "with space"
    uri = choose_tracking_uri("auto", alone, home=home)
    assert uri == f"sqlite:///{home / 'notebook-mlflow' / 'mlflow.db'}"


@pytest.mark.parametrize(("is_patient", "retries"), [(True, None), (False, "1")])
def test_connect_changes_the_patience_of_the_process_only_if_told(
    monkeypatch: pytest.MonkeyPatch, is_patient: bool, retries: str | None
) -> None:
    monkeypatch.setattr(os, "environ", {name: value for name, value in os.environ.items() if name != PATIENCE})
    connect("http://127.0.0.1:9", is_patient=is_patient)
    assert os.environ.get(PATIENCE) == retries


def test_first_contact_is_brief_and_leaves_the_patience_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PATIENCE, raising=False)
    with first_contact():
        assert os.environ[PATIENCE] == "1"
    assert PATIENCE not in os.environ
    monkeypatch.setenv(PATIENCE, "5")
    with first_contact():
        assert os.environ[PATIENCE] == "5", "what the operator has set stays"


def test_translated_tells_what_is_missing_from_a_silent_server() -> None:
    absent = NotFound("run", "r", hint="look again")
    gone = MlflowException("no such run", error_code=RESOURCE_DOES_NOT_EXIST)
    with pytest.raises(NotFound), translated("http://mlflow", missing=absent):
        raise gone
    with pytest.raises(RegistryUnavailable, match="no such run"), translated("http://mlflow"):
        raise gone
    with pytest.raises(RegistryUnavailable, match="connection refused"), translated("http://mlflow", missing=absent):
        raise ConnectionRefusedError(111, "Connection refused")


def test_short_reason_finds_what_the_system_said() -> None:
    wrapped = "API request failed with HTTPConnectionPool(... [Errno 111] Connection refused')) and more"
    assert short_reason(Exception(wrapped)) == "connection refused"
    failing = "Max retries exceeded (Caused by ResponseError('too many 503 error responses'))"
    assert short_reason(Exception(failing)).startswith("it answered 503 again and again; its log says why")
    assert short_reason(Exception("first\nsecond")) == "first"
    assert short_reason(ValueError()) == "ValueError"


def test_importing_the_package_does_not_import_mlflow() -> None:
    names = ("client", "connection", "fetch", "reference", "release", "runs", "verdict")
    code = f"import sys; [__import__('pipelines.registry.' + name) for name in {names}]; print('mlflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"
