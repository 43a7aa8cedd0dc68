"""What unfinished scorings contain of a person."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.forget.redact import Redaction
from pipelines.schemas.keys import thread_id_of
from pipelines.scoring.parts import PLAN_FILE, Plan


def count_held(folder: Path, plan: Plan, redaction: Redaction) -> int:
    """Count what an unfinished scoring contains of a person: threads named in its plan, rows, and unreadable files."""
    named = {thread_id_of(key) for part in plan.parts for key in (part.first, part.last)}
    files = [file for file in folder.iterdir() if file.name != PLAN_FILE]
    return len(named & redaction.thread_ids) + sum(_count_rows(file, redaction) for file in files)


def _count_rows(file: Path, redaction: Redaction) -> int:
    try:
        return int(redaction.rows_of(pq.read_table(file).to_pandas()).sum())
    except (OSError, pa.ArrowInvalid):
        return 1
