"""The child process that runs a job: `intentloop retrain`, which cannot outlive its parent."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pydantic import SecretStr

from pipelines.schemas.verdict import ACCEPT_RELABELLED
from pipelines.settings import ENV_PREFIX, Settings
from serving.processes.child import Child, Program
from serving.store.work.jobs import Job

RETRAIN = (sys.executable, "-m", "serving.cli", "retrain")
EXIT_BUSY = 3
"""Exit code of a retraining that did nothing since another process is retraining the bot."""
_POLL_SECONDS = 0.2
_OWN_WORDS = "intentloop: "
# Serving gives up on MLflow within seconds, and its children inherit that; a training has large files to upload.
PATIENT = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "120", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "7"}


@dataclass(frozen=True)
class ChildExit:
    """How a child ended: its exit code, 128 + N if signal N ended it, and the same in a sentence."""

    code: int
    sentence: str


class TrainingProcess:
    """Runs jobs, each in a child process with the same settings.

    `command` is given the bot and the number of the job.
    """

    def __init__(self, settings: Settings, *, command: Sequence[str] = RETRAIN) -> None:
        self._settings, self._command = settings, command

    async def run(self, job: Job, *, stop: asyncio.Event) -> ChildExit:
        """Run a job to its end, or end it as soon as `stop` is set or this task is cancelled."""
        accepting = [ACCEPT_RELABELLED] if job.accepts_relabelled else []
        program = Program(
            f"training-{job.bot}",
            f"the training of bot {job.bot!r}",
            [*self._command, "--bot", job.bot, "--job", str(job.number), *accepting],
            environment={**environment_of(self._settings), **PATIENT},
        )
        child = await asyncio.to_thread(partial(Child, program, home=self._settings.home.resolve()))
        try:
            while child.exit_code is None and not stop.is_set():  # noqa: ASYNC110  an end must be polled for
                await asyncio.sleep(_POLL_SECONDS)
        finally:
            await asyncio.to_thread(child.finish_stop)
        return ChildExit(child.exit_code or 0, _describe_end(child))


def _describe_end(child: Child) -> str:
    """Describe how a child ended, with its own sentence if it had one; the rest of its log may quote examples."""
    how = str(child.failure()).partition("\n")[0]
    said = [line for line in child.tail().splitlines() if line.startswith(_OWN_WORDS)]
    return f"{how}; it said: {said[-1].removeprefix(_OWN_WORDS)}" if said else how


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment variables that give a child the settings of this process, whatever their source."""
    variables = {}
    for name in settings.model_fields_set:
        value, alias = getattr(settings, name), Settings.model_fields[name].validation_alias
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        elif isinstance(value, tuple):
            value = ",".join(value)
        elif isinstance(value, dict):
            value = json.dumps(value)
        if value is not None:
            variables[alias if isinstance(alias, str) else f"{ENV_PREFIX}{name.upper()}"] = str(value)
    return variables
