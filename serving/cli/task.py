"""`intentloop task`: the child process in which the admin API has a task done; nobody else runs it."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def task(folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)]) -> None:
    """Do the task whose request lies in a folder, and write its result there.

    Example: `intentloop task .intentloop/tasks/01a2`
    """
    from pipelines.errors import BotError
    from pipelines.files import write_whole
    from pipelines.priority import MILD, give_way
    from pipelines.progress import ProgressFile
    from serving.cli.arguments import read_settings
    from serving.cli.tasks.work import do_task
    from serving.jobs.exclusive import sigterm_as_interrupt
    from serving.jobs.kinds import parse_request
    from serving.jobs.task_process import ERROR, PROGRESS, REQUEST, RESULT
    from serving.logs import configure_logging
    from serving.processes.child import is_listening

    configure_logging()
    settings = read_settings()
    if is_listening(settings.host, settings.api_port):
        give_way(MILD)  # somebody waits for it: on a busy machine, what gives way to everybody does not get on at all
    progress = ProgressFile(folder / PROGRESS)
    progress(0.0, "loading what it needs")
    asked = json.loads((folder / REQUEST).read_bytes())
    request = parse_request(asked["kind"], asked["request"])
    try:
        with sigterm_as_interrupt():
            result = do_task(asked["bot"], request, settings, progress)
    except BotError as error:
        told = {"error": str(error), "error_kind": type(error).__name__}
        write_whole(folder / ERROR, json.dumps(told).encode("utf-8", "surrogatepass"))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    write_whole(folder / RESULT, json.dumps(result, ensure_ascii=False).encode("utf-8", "backslashreplace"))
