"""Versions of editable resources: an editor may only replace what they have seen."""

import hashlib
import json
from typing import Annotated, Any, TypeVar

from fastapi import Header, Response
from pydantic import BaseModel, JsonValue

from pipelines.errors import EditConflict, PreconditionMissing

Shown = TypeVar("Shown", bound=BaseModel)
ANY = "*"
"""As `If-Match`: whatever is there."""

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description="The `ETag` that was read with the resource, or `*` to overwrite whatever is there.",
    ),
]


def etag_of(value: Any) -> str:
    """Return the ETag of a resource as JSON; equal content has the same one in every process."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def tagged(shown: Shown, response: Response) -> Shown:
    """Return a resource, and its `ETag` in the response's headers."""
    response.headers["ETag"] = etag_of(shown.model_dump(mode="json"))
    return shown


def require_match(expected: str | None, current: JsonValue) -> None:
    """Check an `If-Match` against a resource as it stands now.

    Raise `PreconditionMissing` without one, and `EditConflict` if somebody has changed the resource since. This is for
    readers; the write itself has to compare and set.
    """
    if expected is None:
        raise PreconditionMissing
    etag = etag_of(current)
    # a proxy that compresses marks the tag as weak
    if expected.strip() != ANY and etag not in [tag.strip().removeprefix("W/") for tag in expected.split(",")]:
        raise EditConflict(current, etag=etag)
