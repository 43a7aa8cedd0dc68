"""Numbers that a database can hold.

NX-27017 answers "malformed JSON" to every query on a collection once one of its documents holds NaN or an infinity, and
no database takes an integer of more than 64 bits.
"""

import logging
import math
from collections.abc import Iterator, Mapping
from typing import Any

_MOST = 2**63
_SHOWN = 5

_log = logging.getLogger(__name__)


def with_storable_numbers(document: dict[str, Any], *, collection: str) -> dict[str, Any]:
    """Return a document, or an update, with null in place of what no database holds; the log names the fields.

    What comes from outside is checked where it arrives. This is for what was overlooked there: a field without a value
    is better than a collection that cannot be read.
    """
    places = list(_unstorable(document, ""))
    if not places:
        return document
    shown = ", ".join(places[:_SHOWN]) + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "")
    _log.warning("a number that no database can hold is stored as null %s fields=%s", collection, shown)
    mended: dict[str, Any] = _mended(document)
    return mended


def _is_unstorable(value: object) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and not -_MOST <= value < _MOST


def _unstorable(value: object, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if not isinstance(each, str):
                yield from _unstorable(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            if not isinstance(each, str):
                yield from _unstorable(each, f"{path}.{number}")
    elif _is_unstorable(value):
        yield path


def _mended(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _mended(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(each) for each in value]
    return None if _is_unstorable(value) else value
