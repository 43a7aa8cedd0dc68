"""Real server processes for tests, on loopback, with their data in a temporary folder."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

ENGINES = ("nx-27017", "secantusdb")
START_SECONDS = 300.0
STOP_SECONDS = 60.0


def free_port() -> int:
    """Find a port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_listening(process: subprocess.Popen[bytes], port: int, *, log: Path) -> None:
    """Wait until a process accepts connections; fail with the end of its log if it dies or takes too long."""
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at and process.poll() is None:
        with closing(socket.socket()) as probe:
            probe.settimeout(1.0)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    state = f"ended with {process.returncode}" if process.poll() is not None else "does not listen"
    raise RuntimeError(f"{process.args!r} {state}; its log ends: {log.read_text(errors='replace')[-2000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that this test started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


def start(command: list[str], *, port: int, folder: Path, cwd: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a server and wait until it listens. Its output goes to a log in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "output.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=cwd or folder)
    try:
        wait_until_listening(process, port, log=log)
    except BaseException:
        stop(process)
        raise
    return process


def mongo_command(engine: str, *, port: int, folder: Path) -> list[str]:
    """Give the command line of an embedded database."""
    binaries = Path(sys.executable).parent
    if engine == "nx-27017":
        files = ["--log-file", str(folder / "nx.log"), "--pid-file", str(folder / "nx.pid")]
        data = ["--data-dir", str(folder / "data"), "--host", "127.0.0.1", "-p", str(port)]
        return [str(binaries / "nx-27017"), *data, *files]
    if engine == "secantusdb":
        storage = ["--storage-path", str(folder / "data"), "--cache-size", "64M"]
        return [str(binaries / "secantusd-py"), "--host", "127.0.0.1", "--port", str(port), *storage]
    raise ValueError(f"there is no engine {engine!r}")


@contextmanager
def mongo_server(engine: str, folder: Path) -> Iterator[str]:
    """Run an embedded database; gives its URI."""
    port = free_port()
    process = start(mongo_command(engine, port=port, folder=folder), port=port, folder=folder)
    try:
        yield f"mongodb://127.0.0.1:{port}"
    finally:
        stop(process)
