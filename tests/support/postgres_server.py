"""A PostgreSQL of a test's own on loopback, its data in a temporary folder, and the driver that MLflow's image has."""

import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.servers import free_port, start, stop

_LOCK = Path(__file__).parents[2] / ".requirements" / "mlflow.txt"
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/bin", "/usr/bin")


def find_program(name: str) -> Path | None:
    """Return a program of PostgreSQL, the newest if there are several; None if it is not installed."""
    found = sorted(path for place in _PLACES for path in Path("/").glob(f"{place[1:]}/{name}"))
    return found[0] if found else None


def _owner() -> str | None:
    """Return whom the server runs as, which refuses to run as root; None for whoever runs the test."""
    return "postgres" if os.geteuid() == 0 else None


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server with an empty database; gives its URI, with the driver that MLflow's image has."""
    initdb, postgres = find_program("initdb"), find_program("postgres")
    if initdb is None or postgres is None:
        raise RuntimeError("PostgreSQL is not installed")
    port, password = free_port(), secrets.token_hex(8)
    with TemporaryDirectory(prefix="postgres-") as place:
        folder = Path(place)
        (folder / "password").write_text(password)
        owner = _owner()
        for path in (folder, folder / "password") if owner is not None else ():
            shutil.chown(path, owner)
        options = ["--auth=scram-sha-256", "--username=mlflow", f"--pwfile={folder / 'password'}", "--encoding=UTF8"]
        making = [str(initdb), *options, "--no-sync", str(folder / "data")]
        subprocess.run(making, check=True, capture_output=True, cwd=folder, user=owner)
        command = [str(postgres), "-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
        if owner is not None:
            command = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups", *command]
        process = start(command, port=port, folder=folder)
        try:
            yield f"postgresql+psycopg2://mlflow:{password}@127.0.0.1:{port}/postgres"
        finally:
            stop(process)


def install_driver(folder: Path) -> None:
    """Install the locked driver of MLflow's image into a folder, for a server's path."""
    blocks = re.split(r"^(?=\w)", _LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(block for block in blocks if block.startswith("psycopg")))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    subprocess.run([*command, "--target", str(folder / "site"), "-r", str(requirements)], check=True)
