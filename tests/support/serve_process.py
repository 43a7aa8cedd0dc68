"""`intentloop serve` as a process of its own, which follows a real registry."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.servers import free_port, wait_until_listening

ROOT = Path(__file__).parents[2]


def environment_of(home: Path, *, mongo_uri: str, mlflow_uri: str, **settings: str) -> dict[str, str]:
    """Give the variables of a platform's process; `settings` by name without prefix, as `canary_share="0.5"`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("INTENTLOOP_", "MLFLOW_"))}
    given = {"home": str(home), "mongo_uri": mongo_uri, "mongo_database": "intentloop_serve", **settings}
    return {
        **kept, "MLFLOW_TRACKING_URI": mlflow_uri, **{f"INTENTLOOP_{name.upper()}": given[name] for name in given},
    }  # fmt: skip


def start_serve(home: Path, environment: dict[str, str], *, port: int = 0) -> tuple[subprocess.Popen[bytes], str]:
    """Start the chat API and wait until it listens; gives the process and its base URL."""
    port = port or free_port()
    home.mkdir(parents=True, exist_ok=True)
    log = home / "serve.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "serving.cli", "serve"],
            stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=ROOT,
            env={**environment, "INTENTLOOP_API_PORT": str(port)},
        )  # fmt: skip
    wait_until_listening(process, port, log=log)
    return process, f"http://127.0.0.1:{port}"
