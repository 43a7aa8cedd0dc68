"""What unfinished scorings hold of a person."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.forget.redact import Words
from pipelines.schemas.keys import thread_id_of
from pipelines.scoring.parts import PLAN_FILE, Plan


def count_held(folder: Path, plan: Plan, words: Words) -> int:
    """Count what an unfinished scoring holds of a person.

    Parameters
    ----------
    folder
        Its folder.
    plan
        Its plan.
    words
        The person's.

    Returns
    -------
    int
        Threads that the plan names, rows, and files that were cut off, since nobody can look into these.
    """
    named = {thread_id_of(key) for part in plan.parts for key in (part.first, part.last)}
    files = [file for file in folder.iterdir() if file.name != PLAN_FILE]
    return len(named & words.thread_ids) + sum(_count_rows(file, words) for file in files)


def _count_rows(file: Path, words: Words) -> int:
    try:
        return int(words.rows_of(pq.read_table(file).to_pandas()).sum())
    except (OSError, pa.ArrowInvalid):
        return 1
