"""The process that a notebook's training runs in: `python -m serving.lab.train_child PARAMS FOLDER`."""

import sys
from pathlib import Path

from pipelines.errors import BotError
from pipelines.progress import ProgressFile
from pipelines.schemas.training import TrainParams
from serving.lab.report import PROGRESS_FILE, REPORT_FILE, RUN_FILE, Report


def main(asked: Path, folder: Path, *, is_stored: bool) -> None:
    """Train, and write a report whatever happens; `is_stored` if the examples are the drafts of the database."""
    try:
        report = _train(TrainParams.model_validate_json(asked.read_bytes()), folder, is_stored=is_stored)
    except BotError as error:
        report = Report(error=getattr(error, "cause", type(error).__name__), message=str(error))
    (folder / REPORT_FILE).write_text(report.model_dump_json(), encoding="utf-8")


def _train(params: TrainParams, folder: Path, *, is_stored: bool) -> Report:
    from pipelines.home import get_settings
    from pipelines.priority import give_way
    from pipelines.registry.origin import NOTEBOOK
    from pipelines.run import run_training
    from serving.jobs.exclusive import exclusive_training
    from serving.processes.child import is_listening

    settings, progress = get_settings(), ProgressFile(folder / PROGRESS_FILE)

    def note_run(run_id: str) -> None:
        (folder / RUN_FILE).write_text(run_id, encoding="utf-8")

    if is_listening(settings.host, settings.api_port):
        give_way()
    with exclusive_training(settings, params.bot, is_needed=is_stored) as tags:
        outcome = run_training(params, settings, progress=progress, source=NOTEBOOK, tags=tags, begun=note_run)
    return Report(
        run_id=outcome.run_id,
        version=outcome.version,
        is_promoted=outcome.is_promoted,
        tracking_uri=outcome.tracking_uri,
        notebook=str(outcome.notebook),
        metrics=outcome.metrics,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), is_stored="--stored" in sys.argv[3:])
