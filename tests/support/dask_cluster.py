"""A Dask cluster for tests: a scheduler and workers, each a process of its own, on loopback."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.servers import free_port, start, stop

_QUIET = ("--host", "127.0.0.1", "--no-dashboard")


@contextmanager
def dask_cluster(folder: Path, *, n_workers: int) -> Iterator[str]:
    """Run a cluster; gives the scheduler's address. Each worker has one thread."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), *_QUIET]
    with ExitStack() as running:
        running.callback(stop, start(command, port=port, folder=folder / "scheduler"))
        for number in range(n_workers):
            running.callback(stop, _start_worker(address, folder / f"worker{number}"))
        yield address


def _start_worker(address: str, folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", *_QUIET]
    command += ["--local-directory", str(folder)]
    with (folder / "output.log").open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=folder)
