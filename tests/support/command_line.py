"""The `intentloop` command, run as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def intentloop(*arguments: str, stdin: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, in an environment without settings of the developer's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("INTENTLOOP_", "MLFLOW_"))}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "serving.cli", *arguments],
        capture_output=True,
        text=True,
        input=stdin,
        timeout=600,
        check=False,
        cwd=ROOT,
        env={**kept, **variables},
    )
