"""Values that are remembered only to be recognised: a short hash of each, from which nobody can tell the value.

Of ten thousand phone numbers one has the same: enough to recognise a wish, too few to find out a number.
"""

import hashlib
import json
import re
from collections.abc import Mapping

from pydantic import JsonValue

_SEALED = re.compile(r"\[sealed [0-9a-f]{5}\]")


def seal(value: JsonValue, key: str) -> str:
    """Return what stands for a value; `key` makes the same value another one elsewhere."""
    digest = hashlib.sha256(f"{key}\n{json.dumps(value, sort_keys=True)}".encode()).hexdigest()
    return f"[sealed {digest[:5]}]"


def are_same(stored: Mapping[str, JsonValue], values: Mapping[str, JsonValue], *, key: str) -> bool:
    """Whether stored values, some of them sealed under a key, are these."""
    return stored.keys() == values.keys() and all(_is_same(stored[name], values[name], key) for name in values)


def _is_same(stored: JsonValue, value: JsonValue, key: str) -> bool:
    if stored == value:
        return True
    return isinstance(stored, str) and _SEALED.fullmatch(stored) is not None and stored == seal(value, key)
