"""What the process of a training leaves behind."""

from pydantic import BaseModel, ConfigDict

PROGRESS_FILE, RUN_FILE, REPORT_FILE = "progress.jsonl", "run", "report.json"
"""Files in the folder that the process writes to: its progress, the id of its run, and at the end its report."""


class Report(BaseModel):
    """The outcome of a training, or the name and sentence of the error that ended it."""

    model_config = ConfigDict(frozen=True)

    run_id: str = ""
    version: str = ""
    is_promoted: bool = False
    tracking_uri: str = ""
    notebook: str = ""
    metrics: dict[str, float] = {}
    error: str = ""
    message: str = ""
