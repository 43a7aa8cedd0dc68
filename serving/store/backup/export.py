"""Writes the whole database into files while the platform answers.

No server is asked for a snapshot: the embedded ones have none. What a backup needs comes from the order instead: what
refers to something is read before what it refers to. A turn is in the log before its state is written, so states that
are read before the turns never lack one; a log that is ahead of its state is what a crash leaves, too, and is put right
by the next message (`serving.store.threads.ledger`).

Drafts refer to each other in both directions, so they are read until two readings in a row are the same: between the
two, all of it was there at one moment. If a conversation is forgotten meanwhile, everything is read anew, or the person
would be in the backup after all.
"""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import BackupDisturbed, DataRejected
from pipelines.progress import Progress
from pipelines.schemas import keys
from serving.clock import utc_now
from serving.store.backup.manifest import LEFT_OUT, MANIFEST, Manifest, Part
from serving.store.client import ASCENDING, Database, extended_json
from serving.store.threads.forgotten import ForgottenThreads
from serving.store.versions import FIRST, read_version

DRAFTS = (
    keys.DRAFT_REVISIONS, keys.IMPORT_UNDO, keys.DRAFT_UNDO, keys.BOTS, keys.ENTITIES, keys.INTENTS, keys.TEST_SETS,
)  # fmt: skip
LAST = (keys.STATES, keys.TURNS, keys.FORGOTTEN)
"""Read after everything else, in this order."""
ORDER = (*DRAFTS, *sorted(keys.COLLECTIONS - {*DRAFTS, *LAST} - LEFT_OUT), *LAST)
_READINGS = 6
_ATTEMPTS = 3
_AT_ONCE = 200


@dataclass
class _Total:
    """How many documents there are about, and how many were read."""

    expected: int
    read: int = 0


async def export(
    database: Database, place: Path, *, program: str, progress: Progress = lambda share, what: None
) -> Manifest:
    """Write a backup to a folder, or to a file if its name ends in `.zip`; it is there whole or not at all.

    Raises
    ------
    DataRejected
        There is something of that name.
    BackupDisturbed
        Conversations were forgotten in the meantime, again and again.
    """
    folder = _folder_beside(place)
    try:
        for _ in range(_ATTEMPTS):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            before = await ForgottenThreads(database).deletions()
            manifest = await _Export(database, folder, progress).run(program)
            if await ForgottenThreads(database).deletions() <= before:
                break
        else:
            raise BackupDisturbed
        (folder / MANIFEST).write_bytes(manifest.to_bytes())
        if place.suffix == ".zip":
            _pack(folder, place, [MANIFEST, *(part.file for part in manifest.parts)])
        else:
            folder.rename(place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return manifest


class _Export:
    def __init__(self, database: Database, folder: Path, progress: Progress) -> None:
        self._database, self._folder, self._progress = database, folder, progress
        self._total = _Total(1)

    async def run(self, program: str) -> Manifest:
        began = utc_now()
        version = await read_version(self._database)
        kinds = await self._database.collections()
        names = [name for name in ORDER if kinds.get(name) == "collection"]
        self._total = _Total(sum([await self._count(name) for name in names]))
        drafts, are_settled = await self._settled([name for name in names if name in DRAFTS])
        others = [await self._write(name) for name in names if name not in DRAFTS]
        return Manifest(
            schema_number=FIRST if version is None else version.number,
            program=program,
            began_at=began,
            ended_at=utc_now(),
            drafts_are_settled=are_settled,
            parts=(*drafts, *others),
        )

    async def _count(self, name: str) -> int:
        counting = self._database.collection(name).estimated_document_count()
        return int(await self._database.call(f"count {name}", counting))

    async def _settled(self, names: Sequence[str]) -> tuple[list[Part], bool]:
        """Write collections until they were all the same in two readings; return whether they ever were."""
        before: list[Part] = []
        for _ in range(_READINGS):
            self._total.read = 0
            parts = [await self._write(name) for name in names]
            if parts == before:
                return parts, True
            before = parts
        return before, False

    async def _write(self, name: str) -> Part:
        digest, count = hashlib.sha256(), 0
        cursor = self._database.collection(name).find({}).sort("_id", ASCENDING).batch_size(_AT_ONCE)
        with _private(self._folder / f"{name}.jsonl").open("wb") as stream:
            while documents := await self._database.call(f"read {name}", cursor.to_list(_AT_ONCE)):
                for document in documents:
                    line = f"{extended_json(document)}\n".encode()
                    stream.write(line)
                    digest.update(line)
                count += len(documents)
                self._total.read += len(documents)
                self._progress(min(1.0, self._total.read / max(1, self._total.expected)), f"{name}: {count:,}")
            stream.flush()
            os.fsync(stream.fileno())
        return Part(collection=name, n_documents=count, sha256=digest.hexdigest())


def _folder_beside(place: Path) -> Path:
    """Return a folder for what is not finished, on the same file system."""
    if place.exists():
        raise DataRejected(str(place), ["there is a file or folder of that name already; name a new one"])
    place.parent.mkdir(parents=True, exist_ok=True)
    return place.with_name(f".{place.name}.{os.getpid()}.part")


def _private(file: Path) -> Path:
    """Make a file that nobody else may read."""
    file.touch(mode=0o600)
    return file


def _pack(folder: Path, place: Path, names: Iterable[str]) -> None:
    aside = _private(folder / "packed.zip")
    with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(folder / name, name)
    aside.replace(place)
