"""Runs the load generator and reads its events."""

import subprocess
import sys
from collections.abc import Callable

from pipelines.errors import SetupProblem
from serving.bench.plan import LoadEvent, LoadPlan


def run_load(plan: LoadPlan, on_event: Callable[[LoadEvent], None]) -> LoadEvent:
    """Generate load in a separate process, reporting each event, and return the last one, which holds the samples.

    Raise `SetupProblem` if the generator fails.
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
    raise SetupProblem(f"the load generator ended with exit code {process.returncode}; see its output above")
