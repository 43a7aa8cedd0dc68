"""A bot's fixed test set: labelled utterances that every version is judged on and none learns from.

    test_sets   {_id: "bot:number", bot, kind: "version", number, n_rows, sha256, created_at}
                {_id: "bot:sha256:part", bot, kind: "rows", sha256, part, rows: [JSON text of an example, ...]}

A version never changes; the newest one counts. Its rows are found by the hash of their content, so two versions with
the same rows share them. `intentloop forget` alone takes rows out, and gives the version the hash of what is left.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from pipelines.errors import DataRejected
from pipelines.schemas.examples import Example
from pipelines.schemas.keys import TEST_SETS, number_in
from pipelines.schemas.stored import UNREADABLE, describe_fault

VERSION, ROWS = "version", "rows"
ROWS_OF_A_DOCUMENT = 100
_DIGITS = 10


class TestSetVersion(BaseModel):
    """One version of a bot's test set, without its rows.

    `number` counts from 1; 0 stands for the test set in a bot file. `sha256` is over the rows, in any order.
    """

    __test__ = False  # not a test, whatever pytest makes of its name
    model_config = ConfigDict(frozen=True)

    bot: str
    number: int
    n_rows: int
    sha256: str
    created_at: datetime | None = None

    @property
    def name(self) -> str:
        """What a sentence calls it: `test set 3`."""
        return f"test set {self.number}" if self.number else "the bot file's test set"

    @property
    def key(self) -> str:
        """The `_id` of its document."""
        return f"{self.bot}:{self.number:0{_DIGITS}d}"

    def to_document(self) -> dict[str, Any]:
        """Return the document to store."""
        return {"_id": self.key, "kind": VERSION, **self.model_dump()}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a document that `to_document` returned."""
        version = cls.model_validate({name: document[name] for name in cls.model_fields})
        if document["_id"] != version.key:
            raise ValueError("its key is not that of its number")
        return version


class FixedTestSet(BaseModel):
    """A version of a bot's test set with its rows."""

    model_config = ConfigDict(frozen=True)

    version: TestSetVersion
    rows: tuple[Example, ...]

    @classmethod
    def of(cls, rows: Iterable[Example], *, bot: str, number: int = 0, created_at: datetime | None = None) -> Self:
        """Make a version of rows."""
        kept = tuple(rows)
        version = TestSetVersion(bot=bot, number=number, n_rows=len(kept), sha256=hash_of(kept), created_at=created_at)
        return cls(version=version, rows=kept)

    @classmethod
    def from_documents(cls, version: TestSetVersion, parts: Iterable[Mapping[str, Any]]) -> Self | None:
        """Join the documents of a version's rows, in any order; None if some are missing or were changed."""
        try:
            ordered = sorted(parts, key=lambda part: int(part["part"]))
            rows = tuple(Example.model_validate_json(row) for part in ordered for row in part["rows"])
        except UNREADABLE:
            return None
        return cls(version=version, rows=rows) if hash_of(rows) == version.sha256 else None

    def row_documents(self) -> list[dict[str, Any]]:
        """Return the documents of the rows, each of bounded size."""
        bot, sha256 = self.version.bot, self.version.sha256
        return [
            {
                "_id": f"{bot}:{sha256}:{part:04d}",
                "bot": bot,
                "kind": ROWS,
                "sha256": sha256,
                "part": part,
                "rows": [
                    row.model_dump_json(exclude_defaults=True) for row in self.rows[start : start + ROWS_OF_A_DOCUMENT]
                ],
            }
            for part, start in enumerate(range(0, len(self.rows), ROWS_OF_A_DOCUMENT))
        ]


def newest(documents: Iterable[Mapping[str, Any]]) -> TestSetVersion | None:
    """Return the newest of the versions in documents of the collection; None without one that has rows.

    Raise `DataRejected` if the newest one cannot be read: judging by an older one would be another judgement.
    """
    newest_first = sorted(documents, key=lambda each: number_in(each["_id"]) or 0, reverse=True)
    for document in newest_first:
        if document.get("kind") == VERSION:
            return version if (version := read_version(document)).n_rows else None
    return None


def read_version(document: Mapping[str, Any]) -> TestSetVersion:
    """Read a version; raise `DataRejected`, which names the document, if that is impossible."""
    try:
        return TestSetVersion.from_document(document)
    except UNREADABLE as error:
        problem = f"it cannot be read ({describe_fault(error)}); import the test set again, or delete the document"
        raise DataRejected(f"the document {document.get('_id')!r} of {TEST_SETS!r}", [problem]) from error


def hash_of(rows: Sequence[Example]) -> str:
    """Return the SHA-256 of labelled utterances: the same in any order, whatever their ids."""
    fields = [row.model_dump(mode="json", exclude={"id"}, exclude_defaults=True) for row in rows]
    lines = sorted(json.dumps(row, ensure_ascii=True, sort_keys=True) for row in fields)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
