"""Unfinished scorings: the folder of a plan and of the parts that are done, beside the file that comes of them.

Everything that is written before a scoring is finished is in its folder, so that whoever looks for what somebody left
need not look elsewhere.
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
    """What a run scores: kept with its files, so that only the same run goes on with them.

    `asked` is how `since` was asked for: `2w` is another moment on another day, and goes on from the first one.
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
        """How many messages there are."""
        return sum(part.n_messages for part in self.parts)

    def is_for(self, bot: str, release_sha256: str, *, asked: str, since: datetime) -> bool:
        """Tell whether this is what is asked for now."""
        is_same_time = self.since == since or (asked != "" and self.asked == asked)
        return is_same_time and (self.bot, self.release_sha256) == (bot, release_sha256)


def parts_folder(out: Path) -> Path:
    """Give the folder of an unfinished scoring by the file that comes of it."""
    return out.with_name(f"{out.name}{PARTS_SUFFIX}")


def part_file(folder: Path, number: int) -> Path:
    """Give the file of a part."""
    return folder / f"part-{number:06d}.parquet"


def read_plan(folder: Path) -> Plan | None:
    """Read a folder's plan, if there is one; `UserInputError` if it is none of ours."""
    try:
        return Plan.model_validate_json((folder / PLAN_FILE).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValidationError as error:
        raise UserInputError(f"{folder} is no unfinished scoring; delete it or name another --out") from error


def unfinished_in(folder: Path) -> Iterator[tuple[Path, Plan]]:
    """Give each unfinished scoring somewhere in a folder: the file that would come of it, and its plan."""
    for parts in sorted(folder.rglob(f"*{PARTS_SUFFIX}")):
        with suppress(UserInputError):
            plan = read_plan(parts)
            if plan is not None:
                yield parts.with_name(parts.name.removesuffix(PARTS_SUFFIX)), plan


def write_scoring_file(file: Path, content: bytes | Callable[[Path], object], *, folder: Path) -> None:
    """Write a file whole, its unfinished form in the folder of the scoring."""
    try:
        write_whole(file, content, aside_in=folder)
    except OSError as error:
        if not folder.exists():
            raise SetupProblem(f"{folder} was deleted meanwhile; give the same command again to begin anew") from error
        raise SetupProblem(f"{file} cannot be written ({error.strerror}); name another --out") from error


def is_whole(file: Path, schema: pa.Schema) -> bool:
    """Tell whether a part is done: not one that is there and was cut off with the machine's power."""
    try:
        return bool(pq.read_schema(file).equals(schema))
    except (OSError, pa.ArrowInvalid):
        return False


def remove(folder: Path) -> None:
    """Delete an unfinished scoring; a process that still works on it ends when it writes the next part."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():  # such a process has written meanwhile
        shutil.rmtree(folder)
