"""Rows that are no examples: texts out of scope, kept as a file that every training of the bot reads."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from pipelines.errors import DataRejected
from pipelines.files import write_whole
from pipelines.nlu.text import fold_text
from pipelines.schemas.examples import Example


def keep_rows(rows: Iterable[Example], file: Path, *, replaces: bool = False) -> int:
    """Add rows to a JSONL file, each text once, and return how many are new; `replaces` drops what it held."""
    old = [] if replaces or not file.is_file() else read_kept(file)
    known = {fold_text(row.text) for row in old}
    new = [row for row in rows if fold_text(row.text) not in known]
    lines = [row.model_dump_json(exclude_none=True, exclude={"channel"}) for row in (*old, *new)]
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, "".join(f"{line}\n" for line in lines).encode())
    return len(new)


def read_kept(file: Path) -> list[Example]:
    """Return the rows of a file; `DataRejected` if it cannot be read."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        return [Example.model_validate_json(line) for line in lines if line.strip()]
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise DataRejected(str(file), ["it cannot be read; repair it or delete it, then import again"]) from error
