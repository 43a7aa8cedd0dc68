"""Tasks whose child processes only play the work, as a plan in the home folder says."""

import json
import sys
from functools import partial
from pathlib import Path

import pytest

from serving.jobs import task_service
from serving.jobs.task_process import TaskProcess

FAKE = (sys.executable, str(Path(__file__).parents[1] / "fakes" / "task_process.py"))


def play_tasks(patch: pytest.MonkeyPatch) -> None:
    """Let apps that open from now on play their tasks."""
    patch.setattr(task_service, "TaskProcess", partial(TaskProcess, command=FAKE))


def plan_tasks(home: Path, **actions_by_bot: str) -> None:
    """Write down what the child does for a bot: `done`, `hang`, `die`, `refuse` or `flood`."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "plan.json").write_text(json.dumps(actions_by_bot), encoding="utf-8")
