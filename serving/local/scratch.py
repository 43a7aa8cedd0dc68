"""A temporary embedded database for one piece of work, such as a notebook's."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.errors import SetupProblem
from pipelines.settings import Settings
from serving.local.home import require_packages
from serving.local.programs import LOOPBACK, database
from serving.processes.child import POLL_SECONDS, Child, free_port, is_listening

_START_SECONDS = 60.0


@contextmanager
def scratch_database(settings: Settings) -> Iterator[Settings]:
    """Run an embedded database in a temporary folder, and yield the settings with it as the database.

    It ends with the context, or with this process. Raises `SetupProblem` if it cannot be started.
    """
    require_packages(["nx_27017"], extra="local", purpose="a database of its own")
    with TemporaryDirectory(prefix="intentloop-scratch-") as folder:
        port = free_port(LOOPBACK)
        placed = settings.model_copy(
            update={"home": Path(folder), "mongo_port": port, "mongo_uri": f"mongodb://{LOOPBACK}:{port}"}
        )
        child = Child(database(placed), home=Path(folder))
        try:
            _wait(child, port)
            yield placed.model_copy(update={"home": settings.home})
        finally:
            child.finish_stop()


def _wait(child: Child, port: int) -> None:
    give_up_at = time.monotonic() + _START_SECONDS
    while not is_listening(LOOPBACK, port):
        if child.exit_code is not None:
            raise child.failure()
        if time.monotonic() > give_up_at:
            raise SetupProblem(
                f"{child.program.label} does not listen after {_START_SECONDS:.0f} s\n{child.last_lines()}"
            )
        time.sleep(POLL_SECONDS)
