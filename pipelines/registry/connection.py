"""The connection to MLflow: which server, how patiently, and its errors as ours.

The library is imported with the first client, not with this module: that takes a second or two.
"""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipelines.errors import BotError, RegistryUnavailable
from pipelines.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

_MISSING = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""Error codes of stores for a missing run, model or version, and for an alias that is not set."""
_SYSTEM_ERROR = re.compile(r"\[Errno -?\d+\] ([^\"')]+)")
_SERVER_ERROR = re.compile(r"too many (5\d\d) error responses")
_MAX_REASON_CHARS = 300
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # it prints the address of each run that ends
}
# The library retries seven times with growing pauses, for minutes; a poll every few seconds need not.
_IMPATIENT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "5", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
# A release is plain files; a process that answers must never unpickle anything from the registry.
_WITHOUT_PICKLES = {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
_FIRST_CONTACT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}


def choose_tracking_uri(tracking_uri: str, settings: Settings, *, home: Path) -> str:
    """Return the MLflow server or store to use.

    Parameters
    ----------
    tracking_uri
        A URI to use as it is, or `auto`: `MLFLOW_TRACKING_URI` if set, else the local server if it listens, else a
        SQLite file under `home`, so that a notebook works with nothing running.
    home
        Folder for the SQLite file; created if needed.
    """
    if tracking_uri != "auto":
        return tracking_uri
    if settings.mlflow_tracking_uri:
        return settings.mlflow_tracking_uri
    if _listens(settings.resolved_tracking_uri):
        return settings.resolved_tracking_uri
    folder = home.resolve() / "notebook-mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'mlflow.db'}"


def connect(tracking_uri: str, *, is_patient: bool) -> "MlflowClient":
    """Return a client of a server, or of a database where the full mlflow is installed; sends nothing yet.

    Parameters
    ----------
    is_patient
        Whether to keep the library's own limits: it retries a silent server for minutes, which saves a long training.
        Otherwise this whole process asks only twice from now on, and unpickles nothing.
    """
    for name, value in (_QUIET if is_patient else {**_QUIET, **_IMPATIENT, **_WITHOUT_PICKLES}).items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    with translated(tracking_uri):
        return MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)


@contextmanager
def translated(tracking_uri: str, *, missing: BotError | None = None) -> Iterator[None]:
    """Translate the library's errors: to `missing` if something is not there, else to `RegistryUnavailable`."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        if missing is not None and getattr(error, "error_code", None) in _MISSING:
            raise missing from error
        raise RegistryUnavailable(tracking_uri, short_reason(error)) from error
    except BotError:
        raise
    except Exception as error:  # what the library raises depends on which part of a strange answer it trips over
        raise RegistryUnavailable(tracking_uri, f"its answer cannot be read ({type(error).__name__})") from error


@contextmanager
def first_contact() -> Iterator[None]:
    """Ask a server only twice within this context, even with a patient client. Not thread-safe."""
    own = {name: value for name, value in _FIRST_CONTACT.items() if name not in os.environ}
    os.environ.update(own)
    try:
        yield
    finally:
        for name in own:
            del os.environ[name]


def short_reason(error: Exception) -> str:
    """Return the operating system's message from the many layers around a failed request, or the first line."""
    found = _SYSTEM_ERROR.search(str(error))
    if found:
        return found[1].lower()
    failing = _SERVER_ERROR.search(str(error))
    if failing:
        return f"it answered {failing[1]} again and again; its log says why: a full disk, or no database"
    text = str(error).strip()
    return text.splitlines()[0][:_MAX_REASON_CHARS] if text else type(error).__name__


def _listens(uri: str) -> bool:
    parts = urlsplit(uri)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=0.5):
            return True
    except OSError:
        return False
