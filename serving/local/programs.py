"""The programs that make up the platform on one machine: how each is started, and how it shows that it is ready."""

import base64
import http.client
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

import serving
from pipelines.settings import ENV_PREFIX, Settings
from serving.local.home import admin_token_of
from serving.processes.child import Program, free_port

LOOPBACK = "127.0.0.1"
SHOP = "shop"
SAMPLE = Path(serving.__file__).parents[1] / "data" / "sample"


def local_settings(settings: Settings, home: Path) -> Settings:
    """Complete the settings for every program of the platform: each server has an address, each path is absolute."""
    shop = f"http://{LOOPBACK}:{settings.demo_port}"
    return settings.model_copy(
        update={
            "home": home,
            "mongo_uri": settings.resolved_mongo_uri,
            "mlflow_tracking_uri": settings.resolved_tracking_uri,
            "endpoints": {SHOP: shop, **settings.endpoints},
            "llm_base_url": settings.llm_base_url or f"http://{LOOPBACK}:{free_port(LOOPBACK)}/v1",
            "admin_token": settings.admin_token or SecretStr(admin_token_of(home)),
        }
    )


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables by which our own programs find each other."""
    token = settings.admin_token
    return {
        **({f"{ENV_PREFIX}LLM_BASE_URL": settings.llm_base_url} if settings.llm_base_url else {}),
        **({f"{ENV_PREFIX}ADMIN_TOKEN": token.get_secret_value()} if token else {}),
        f"{ENV_PREFIX}HOME": str(settings.home),
        f"{ENV_PREFIX}MONGO_URI": settings.resolved_mongo_uri,
        f"{ENV_PREFIX}ENDPOINTS": json.dumps(settings.endpoints),
        "MLFLOW_TRACKING_URI": settings.resolved_tracking_uri,
        "MPLCONFIGDIR": str(settings.home / "run" / "matplotlib"),  # plots keep their list of fonts with us
    }


def database(settings: Settings) -> Program:
    """Plan the embedded database; it has no password, so it listens on loopback only."""
    folder = settings.home / "mongo"
    folder.mkdir(parents=True, exist_ok=True)
    # After a crash, or in a copied folder, it may name a process that is alive but another one; the database would then
    # not start. That its port is free was checked before.
    (folder / "server.pid").unlink(missing_ok=True)
    command = [sys.executable, "-m", "nx_27017.nx_27017", "--data-dir", ".", "--host", LOOPBACK]
    command += ["--port", str(settings.mongo_port), "--log-file", "server.log", "--pid-file", "server.pid"]
    return Program("mongo", "the database (NX-27017)", command, folder=folder)


def registry(settings: Settings) -> Program:
    """Plan the MLflow server with its database and artifacts below the home folder."""
    folder = settings.home / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "mlflow", "server", "--host", LOOPBACK, "--port", str(settings.mlflow_port)]
    # Relative to the working folder: a path with `%` or `?` in it would not survive as a part of a URI.
    command += [
        "--backend-store-uri",
        "sqlite:///mlflow.db",
        "--artifacts-destination",
        "./artifacts",
        "--workers",
        "1",
    ]
    quiet = {
        # Its job runner is eight processes and 2 GB that nothing here uses.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_MODEL_CATALOG_URI": "",
    }
    return Program("mlflow", "the MLflow server", command, folder=folder, environment=quiet)


def demo_shop(settings: Settings) -> Program:
    """Plan the demo shop that the sample bot's tools call."""
    command = _uvicorn("serving.demo.api:create_demo_app", port=settings.demo_port)
    return Program("demo", "the demo shop", command)


def stand_in(settings: Settings) -> Program:
    """Plan the stand-in for a language model, at the address in the settings."""
    command = _uvicorn("serving.demo.language_model:create_language_model", port=stand_in_port(settings))
    return Program("llm", "the stand-in for a language model", command)


def stand_in_port(settings: Settings) -> int | None:
    """Return the port of the language model's endpoint."""
    return urlsplit(settings.llm_base_url or "").port


def _uvicorn(factory: str, *, port: int | None) -> list[str]:
    command = [sys.executable, "-m", "uvicorn", factory, "--factory"]
    return [*command, "--host", LOOPBACK, "--port", str(port), "--log-level", "warning"]


def training(settings: Settings, *, is_sample: bool) -> Program:
    """Plan a training that promotes its version; the sample bot has utterances to test on."""
    command = [sys.executable, "-m", "serving.cli", "train", "--promote"]
    if is_sample and (test := SAMPLE / "test.jsonl").is_file():
        command += ["--test", str(test)]
    return Program("train", "the training", command, environment=environment(settings))


def chat_api(settings: Settings) -> Program:
    """Plan the chat API."""
    command = [
        sys.executable,
        "-m",
        "serving.cli",
        "serve",
        "--no-record",
    ]  # `up` has recorded what it was started with
    return Program("api", "the chat API", command, environment=environment(settings))


def get(url: str, *, timeout_seconds: float = 2.0) -> tuple[int, str] | None:
    """Fetch a URL on this machine without a proxy; return status and body, or None if nobody answered."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(_request(url), timeout=timeout_seconds) as response:
            return response.status, response.read(65536).decode("utf-8", errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(65536).decode("utf-8", errors="replace")
    except (OSError, ValueError, http.client.HTTPException):  # the last: the server does not speak HTTP
        return None


def _request(url: str) -> urllib.request.Request:
    """Prepare a request; a user name and password in the address become a header."""
    parts = urlsplit(url)
    account, _, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=host).geturl())  # noqa: S310
    if account:
        request.add_header("Authorization", f"Basic {base64.b64encode(unquote(account).encode()).decode()}")
    return request
