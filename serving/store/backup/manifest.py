"""What a backup says of itself, and whether its files are still what was written.

    manifest.json      a `Manifest`, with a hash of itself
    COLLECTION.jsonl   a document a line, as MongoDB's extended JSON, in the order of the `_id`s

They lie in a folder or in a ZIP file. The hashes find damage and careless edits, not a forger: whoever can write a
backup can compute them, too.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.errors import DataRejected
from pipelines.progress import Progress
from pipelines.schemas.keys import COLLECTIONS, HEALTH, SCHEMA
from serving.store.client import Document, from_extended_json
from serving.store.versions import NUMBER

MANIFEST = "manifest.json"
FORMAT = 1
LEFT_OUT = frozenset((HEALTH, SCHEMA))
"""Collections that are no part of a backup: signs of life, and the schema, which the manifest has."""
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError)
_LONGEST_LINE = 64 * 2**20
"""A document of 16 MB may be several times as long in extended JSON."""


class Part(BaseModel):
    """The documents of a collection."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    collection: str
    n_documents: int
    sha256: str

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.collection}.jsonl"


class Manifest(BaseModel):
    """What a backup holds.

    Attributes
    ----------
    schema_number
        The schema of its documents.
    drafts_are_settled
        Whether all drafts are from one moment; False if somebody went on changing them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    schema_number: int
    program: str
    began_at: datetime
    ended_at: datetime
    drafts_are_settled: bool
    parts: tuple[Part, ...]

    @property
    def n_documents(self) -> int:
        """The number of documents in all collections."""
        return sum(part.n_documents for part in self.parts)

    @property
    def digest(self) -> str:
        """The SHA-256 of everything else in the manifest, which names the backup."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def to_bytes(self) -> bytes:
        """Return the manifest's file."""
        fields = {**self.model_dump(mode="json"), "sha256": self.digest}
        return (json.dumps(fields, indent=2) + "\n").encode()


class Files(Protocol):
    """The files of a backup."""

    def names(self) -> Sequence[str]:
        """Return the files' names."""

    def open(self, name: str) -> BinaryIO:
        """Open one to read."""


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Sequence[str]:
        return sorted(file.name for file in self._folder.iterdir())

    def open(self, name: str) -> BinaryIO:
        return (self._folder / name).open("rb")


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def names(self) -> Sequence[str]:
        return sorted(self._archive.namelist())

    def open(self, name: str) -> BinaryIO:
        return self._archive.open(name)  # type: ignore[return-value]  # it reads bytes as a file does


class Backup:
    """A backup whose manifest has been read; `verify` reads the rest."""

    def __init__(self, source: str, files: Files) -> None:
        self._source, self._files = source, files
        self.manifest = self._read_manifest()

    def _read_manifest(self) -> Manifest:
        if MANIFEST not in self._files.names():
            raise self._rejected(f"there is no {MANIFEST} in it: it is no backup, or was not finished")
        try:
            with self._files.open(MANIFEST) as stream:
                fields = json.load(stream)
            digest = fields.pop("sha256")
            schema = fields.get("schema_number")
        except (ValueError, AttributeError, KeyError, TypeError, *_UNREADABLE) as error:
            raise self._rejected(f"{MANIFEST} cannot be read") from error
        if fields.get("format") != FORMAT or (isinstance(schema, int) and schema > NUMBER):
            raise self._rejected(
                f"it was made by a newer version (format {fields.get('format')}, schema {schema}; this program knows "
                f"format {FORMAT} and schemas up to {NUMBER}); restore it with that version"
            )
        try:
            manifest = Manifest.model_validate(fields)
        except ValidationError as error:
            raise self._rejected(f"{MANIFEST} cannot be read") from error
        if manifest.digest != digest:
            raise self._rejected(f"{MANIFEST} was changed after the backup was made")
        return manifest

    def _rejected(self, fault: str) -> DataRejected:
        return DataRejected(self._source, [f"{fault}; take another backup"])

    def verify(self, progress: Progress) -> None:
        """Raise `DataRejected` unless every document is there, as it was written."""
        parts = self.manifest.parts
        expected = {MANIFEST, *(part.file for part in parts)}
        names = set(self._files.names())
        faults = [f"{name} is missing" for name in sorted(expected - names)]
        faults += [f"{name} does not belong to it" for name in sorted(names - expected)]
        faults += [f"{each.collection!r} is no collection of ours" for each in parts if each.collection in LEFT_OUT
                   or each.collection not in COLLECTIONS]  # fmt: skip
        seen = 0
        for part in parts:
            if part.file in names:
                fault = self._fault_of(part)
                faults += [fault] if fault else []
            seen += part.n_documents
            progress(seen / max(1, self.manifest.n_documents), f"verifying {part.collection}")
        if faults:
            raise DataRejected(self._source, [f"{fault}; take another backup" for fault in faults])

    def _fault_of(self, part: Part) -> str | None:
        digest, count = hashlib.sha256(), 0
        try:
            with self._files.open(part.file) as stream:
                while line := stream.readline(_LONGEST_LINE):
                    digest.update(line)
                    count += 1
        except _UNREADABLE as error:
            return f"{part.file} cannot be read: {error}"
        if count != part.n_documents:
            return f"{part.file} has {count:,} documents instead of {part.n_documents:,}"
        if digest.hexdigest() != part.sha256:
            return f"{part.file} was changed after the backup was made"
        return None

    def documents(self, part: Part) -> Iterator[Document]:
        """Yield the documents of a part, which was verified before."""
        with self._files.open(part.file) as stream:
            while line := stream.readline(_LONGEST_LINE):
                yield from_extended_json(line.decode())


@contextmanager
def open_backup(place: Path) -> Iterator[Backup]:
    """Open a backup, a folder or a ZIP file. `DataRejected` says what is wrong with it."""
    if place.is_dir():
        yield Backup(str(place), _Folder(place))
        return
    try:
        archive = zipfile.ZipFile(place)
    except FileNotFoundError as error:
        raise DataRejected(str(place), ["there is no such file or folder; name a backup"]) from error
    except (OSError, zipfile.BadZipFile) as error:
        raise DataRejected(str(place), ["it is neither a folder nor a whole ZIP file; take another backup"]) from error
    with archive:
        yield Backup(str(place), _Zip(archive))
