"""Values that no version of this program has stored where a test puts them."""

from datetime import UTC, datetime
from typing import Any

from bson.datetime_ms import DatetimeMS

MISSING = object()
STRANGE: tuple[Any, ...] = (
    MISSING, None, "x", "", "3", -1, 3.5, True, [], [1], [{}], {}, {"a": 1}, "{", 2**40, 1e300, b"\xff",
    "2026-01-01T00:00:00", datetime.min.replace(tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), DatetimeMS(2**55),
)  # fmt: skip


FEW: tuple[Any, ...] = (MISSING, None, "x", -1, [{}], {"a": 1}, DatetimeMS(2**55))
"""One of each kind, where a look takes long. Without NaN: once it is stored, NX-27017 refuses every query."""


def mangled(document: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """Return a document with one field changed."""
    changed = {name: old for name, old in document.items() if name != field}
    return changed if value is MISSING else {**changed, field: value}
