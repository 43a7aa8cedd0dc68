"""`intentloop worker --trainings` as a process whose jobs are done by another command: `python -m ... COMMAND`."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.home import get_settings
from serving.jobs.worker import run_training_worker
from serving.logs import configure_logging
from serving.queues import sqs
from tests.support.serve_process import ROOT

FAKE = (sys.executable, "-m", "tests.fakes.retrain_process")


def start_training_worker(
    log: Path, environment: dict[str, str], *, command: Sequence[str] = FAKE
) -> "subprocess.Popen[bytes]":
    """Start a worker; the settings, the queue among them, come from the environment."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.training_worker", *command],
            stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=ROOT, env=environment,
        )  # fmt: skip


if __name__ == "__main__":
    sqs.POLL_SECONDS = 1
    configure_logging()
    asyncio.run(run_training_worker(get_settings(), command=sys.argv[1:]))
