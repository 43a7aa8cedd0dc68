"""Runs the load generator and listens to it."""

import subprocess
import sys
from collections.abc import Callable

from pipelines.errors import SetupProblem
from serving.bench.plan import LoadEvent, LoadPlan


def run_load(plan: LoadPlan, on_event: Callable[[LoadEvent], None]) -> LoadEvent:
    """Make load in a process of its own, and wait for its end.

    Parameters
    ----------
    plan
        What to send.
    on_event
        Told of each event as it comes.

    Returns
    -------
    LoadEvent
        The last one, which holds the samples.

    Raises
    ------
    SetupProblem
        The generator ended by itself.
    """
    command = [sys.executable, "-m", "serving.bench.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        if process.stdin is None or process.stdout is None:
            raise ValueError("the generator was started without pipes")
        try:
            process.stdin.write(plan.model_dump_json())
            process.stdin.close()
            for line in process.stdout:
                event = LoadEvent.model_validate_json(line)
                on_event(event)
                if event.kind == "done":
                    return event
        finally:
            if process.poll() is None:
                process.kill()
    raise SetupProblem(f"the load generator ended with exit code {process.returncode}; its last words are above")
