"""Unfinished scorings: a folder with the plan and the finished parts, beside the file they will become.

Everything a scoring writes before it is finished lies in its folder, so that erasure finds it there.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.errors import SetupProblem, UserInputError
from pipelines.files import write_whole
from pipelines.scoring.log import Part

PLAN_FILE = "plan.json"
PARTS_SUFFIX = ".parts"


class Plan(BaseModel):
    """What a run scores; stored with its files, so that only the same run resumes them.

    `asked` is how `since` was given: `2w` means another moment on another day, and resumes from the first one.
    """

    model_config = ConfigDict(frozen=True)

    bot: str
    release_sha256: str
    asked: str = ""
    since: datetime
    until: datetime
    parts: tuple[Part, ...]

    @property
    def n_messages(self) -> int:
        """Number of messages to score."""
        return sum(part.n_messages for part in self.parts)

    def is_for(self, bot: str, release_sha256: str, *, asked: str, since: datetime) -> bool:
        """Whether a request asks for the same run."""
        is_same_time = self.since == since or (asked != "" and self.asked == asked)
        return is_same_time and (self.bot, self.release_sha256) == (bot, release_sha256)


def parts_folder(out: Path) -> Path:
    """Return the folder of the unfinished scoring that becomes `out`."""
    return out.with_name(f"{out.name}{PARTS_SUFFIX}")


def part_file(folder: Path, number: int) -> Path:
    """Return the file of a part."""
    return folder / f"part-{number:06d}.parquet"


def read_plan(folder: Path) -> Plan | None:
    """Read a folder's plan, if there is one; raise `UserInputError` if it is not one of ours."""
    try:
        return Plan.model_validate_json((folder / PLAN_FILE).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValidationError as error:
        raise UserInputError(f"{folder} is no unfinished scoring; delete it or name another --out") from error


def unfinished_in(folder: Path) -> Iterator[tuple[Path, Plan]]:
    """Yield each unfinished scoring below a folder: the file it would become, and its plan."""
    for parts in sorted(folder.rglob(f"*{PARTS_SUFFIX}")):
        with suppress(UserInputError):
            plan = read_plan(parts)
            if plan is not None:
                yield parts.with_name(parts.name.removesuffix(PARTS_SUFFIX)), plan


def write_scoring_file(file: Path, content: bytes | Callable[[Path], object], *, folder: Path) -> None:
    """Write a file whole; its unfinished form lies in the folder of the scoring."""
    try:
        write_whole(file, content, aside_in=folder)
    except OSError as error:
        if not folder.exists():
            raise SetupProblem(f"{folder} was deleted meanwhile; give the same command again to begin anew") from error
        raise SetupProblem(f"{file} cannot be written ({error.strerror}); name another --out") from error


def is_whole(file: Path, schema: pa.Schema) -> bool:
    """Whether a part is finished, not cut off by a power failure."""
    try:
        return bool(pq.read_schema(file).equals(schema))
    except (OSError, pa.ArrowInvalid):
        return False


def remove(folder: Path) -> None:
    """Delete an unfinished scoring. A process still working on it ends when it writes its next part."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():  # such a process has written meanwhile
        shutil.rmtree(folder)
