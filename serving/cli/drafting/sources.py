"""The sources of a bot under development, its drafts in the database or a bot file: read, repair, and undo a repair."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

from pipelines.errors import DataRejected, DraftChanged, NotFound, SetupProblem
from pipelines.files import write_whole
from serving.cli.arguments import chosen_bot, read_bot_file, with_database
from serving.clock import utc_now

if TYPE_CHECKING:
    from pipelines.settings import Settings
    from pipelines.templates.unknown_names import LoggedShapes

_INDENTS: tuple[int | str | None, ...] = (2, 1, 4, None, "\t", 3, 0)


class Drafts(Protocol):
    """A bot that can be read, repaired and restored."""

    @property
    def name(self) -> str:
        """How messages refer to it."""
        ...

    def read(self) -> dict[str, Any]:
        """Return the bot file."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Return what is read differently from how it is written, in sentences, as an import tells it."""
        ...

    def logged_shapes(self, settings: "Settings") -> "LoggedShapes":
        """Return the names that tools lately answered with; none for a bot that has no log."""
        ...

    def repair(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Replace `before` by `after` unless it has changed since, and keep what an undo needs."""
        ...

    def undo(self) -> str:
        """Undo the last repair unless anything has changed since; return a sentence for the user."""
        ...


@dataclass(frozen=True)
class StoredDrafts:
    """A bot's drafts in the database."""

    bot: str

    @property
    def name(self) -> str:
        """How messages refer to it."""
        return f"bot {self.bot!r} in MongoDB"

    def read(self) -> dict[str, Any]:
        """Return the drafts as a bot file."""
        from serving.store.drafts.bots import export_bot

        return with_database(lambda database: export_bot(database, bot=self.bot))

    def token(self) -> str | None:
        """Return what is another one after each change of the drafts."""
        from serving.store.drafts.revisions import Revisions

        head = with_database(lambda database: Revisions(database).read(self.bot))
        return head.token if head is not None else None

    def notes(self) -> tuple[str, ...]:
        """Return nothing: drafts were converted when they were imported."""
        return ()

    def logged_shapes(self, settings: "Settings") -> "LoggedShapes":
        """Return the names that tools lately answered with."""
        from pipelines.steps.data.answers import read_logged_shapes

        return read_logged_shapes(self.bot, settings)

    def repair(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Replace `before` by `after` unless it has changed since, and keep what an undo needs."""
        from serving.store.drafts.repairs import repair_drafts

        now = utc_now()
        with_database(lambda database: repair_drafts(database, before, after, bot=self.bot, now=now))

    def undo(self) -> str:
        """Undo the last repair unless anything has changed since; return a sentence for the user."""
        from serving.store.drafts.repairs import undo_repair

        intents = with_database(lambda database: undo_repair(database, bot=self.bot))
        return f"{len(intents)} intent(s) of {self.name} are back to their state before the repair"


@dataclass(frozen=True)
class DraftFile:
    """A bot file. The undo data is kept in the platform's home."""

    file: Path
    home: Path

    @property
    def name(self) -> str:
        """How messages refer to it."""
        return str(self.file)

    def read(self) -> dict[str, Any]:
        """Return the bot file."""
        from serving.store.drafts.bots import check_bot_file

        return check_bot_file(read_bot_file(self.file), source=self.name)

    def notes(self) -> tuple[str, ...]:
        """Return what is read differently from how it is written, in sentences, as an import tells it."""
        from pipelines.botfile.check import check_content

        return check_content(read_bot_file(self.file), source=self.name).notes

    def logged_shapes(self, settings: "Settings") -> "LoggedShapes":
        """Return none: a file has no log."""
        from pipelines.templates.unknown_names import LoggedShapes

        return LoggedShapes()

    def repair(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Replace `before` by `after`, in the file's layout, unless it has changed since; keep what an undo needs."""
        old = self._bytes()
        if self.read() != before:
            raise DraftChanged(self.name, remedy="validate it again")
        if not _is_utf8(old):
            raise DataRejected(self.name, ["it is not UTF-8; save the file as UTF-8 before it is repaired"])
        new = _laid_out_like(old, before, after)
        record = {"file": str(self.file.resolve()), "before": old.decode(), "after_sha256": _digest(new)}
        try:
            self._record.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._record, json.dumps(record, ensure_ascii=False).encode())
            write_whole(self.file, new)
        except OSError as error:
            raise SetupProblem(f"cannot write {error.filename} ({error.strerror}); nothing was repaired") from error

    def undo(self) -> str:
        """Undo the last repair unless anything has changed since; return a sentence for the user."""
        if not self._record.exists():
            raise NotFound(
                "repair of", self.name, hint="nothing has been repaired, or the repair has already been undone"
            )
        record = json.loads(self._record.read_text(encoding="utf-8"))
        before = record["before"].encode()
        if _digest(self._bytes()) not in (record["after_sha256"], _digest(before)):
            raise DraftChanged(self.name, remedy=f"its content before the repair is in {self._record}")
        try:
            write_whole(self.file, before)
        except OSError as error:
            raise SetupProblem(f"cannot write {self.file} ({error.strerror}); nothing was undone") from error
        self._record.unlink()
        return f"{self.name} is back to its state before the repair"

    @property
    def _record(self) -> Path:
        file = self.file.resolve()
        return self.home / "undo" / f"{file.stem}-{hashlib.sha256(str(file).encode()).hexdigest()[:16]}.json"

    def _bytes(self) -> bytes:
        try:
            return self.file.read_bytes()
        except OSError as error:
            raise DataRejected(self.name, [f"it cannot be read ({error.strerror}); check the path"]) from error


def drafts_of(file: Path | None, *, bot: str | None, home: Path) -> Drafts:
    """Return the drafts that a command names: a bot file, or a bot's drafts in the database."""
    if file is None:
        return StoredDrafts(chosen_bot(bot))
    if bot is not None:
        raise typer.BadParameter("give either a bot file or --bot, not both", param_hint="--bot")
    return DraftFile(file, home)


def _laid_out_like(old: bytes, before: dict[str, Any], after: dict[str, Any]) -> bytes:
    """Write JSON with the indent, escapes and line end of the old file, so that only the repairs differ.

    A file that Python's JSON writer cannot reproduce is rewritten with an indent of 2.
    """
    for layout in _layouts():
        if layout(before) == old:
            return layout(after)
    return (json.dumps(after, ensure_ascii=False, indent=2) + "\n").encode()


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Layout:
    def __init__(self, indent: int | str | None, ascii_only: bool, is_compact: bool, start: str, end: str) -> None:
        self._options: dict[str, Any] = {"indent": indent, "ensure_ascii": ascii_only}
        if is_compact:
            self._options["separators"] = (",", ":")
        self._start, self._end = start, end

    def __call__(self, wire: dict[str, Any]) -> bytes:
        return (self._start + json.dumps(wire, **self._options) + self._end).encode()


def _layouts() -> Iterator[_Layout]:
    for indent, ascii_only, end, start in product(_INDENTS, (False, True), ("\n", ""), ("", "\ufeff")):
        yield _Layout(indent, ascii_only, False, start, end)
        if indent is None:
            yield _Layout(indent, ascii_only, True, start, end)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
