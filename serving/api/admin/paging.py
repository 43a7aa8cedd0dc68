"""Lists in pages, with opaque cursors."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from pipelines.errors import UserInputError

MAX_LIMIT = 200
_LONGEST_CURSOR = 2000

Cursor = Annotated[
    str | None, Query(max_length=_LONGEST_CURSOR, description="`next` of the page before; without it, the first page.")
]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items in a page, at most.")]

Item = TypeVar("Item")
Part = str | int | float | None


class Page(BaseModel, Generic[Item]):
    """A part of a list."""

    items: Sequence[Item]
    next: str | None = Field(default=None, description="Cursor of the next page; null on the last one.")


def encode_cursor(*parts: Part) -> str:
    """Return the cursor that stands for a place in a list."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type | tuple[type, ...]) -> tuple[Part, ...]:
    """Return the parts of a cursor, one for each of `kinds`; raise `UserInputError` for one that is not from here."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise UserInputError(_REFUSAL) from error
    if not isinstance(parts, list) or len(parts) != len(kinds):
        raise UserInputError(_REFUSAL)
    if any(isinstance(part, bool) or not isinstance(part, kind) for part, kind in zip(parts, kinds, strict=True)):
        raise UserInputError(_REFUSAL)
    return tuple(parts)


_REFUSAL = "cursor: not one of this list; take `next` of the page before, or leave it out"
