"""MongoDB's extended JSON, canonical and relaxed, as ai-chatbot-framework 1 and `mongoexport` write it.

https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md: a value that JSON does not
have is an object whose only field names its type (`{"$oid": "5ae0..."}`).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import JsonValue

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain_json(value: Any) -> Any:
    """Return the plain JSON of a value: ids and dates as text, numbers as numbers.

    An object that only looks like one of MongoDB's types (`{"$numberInt": "many"}`) stays as it is.
    """
    if isinstance(value, list):
        return [plain_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    read = _READERS.get(frozenset(value)) if len(value) <= _MOST_FIELDS else None
    if read is not None:
        try:
            return read({name: plain_json(item) for name, item in value.items()})
        except (TypeError, ValueError, OverflowError):
            return value
    return {name: plain_json(item) for name, item in value.items()}


def is_extended(value: Any) -> bool:
    """Whether a value is or holds one of MongoDB's types."""
    if isinstance(value, list):
        return any(map(is_extended, value))
    if not isinstance(value, dict):
        return False
    return (frozenset(value) in _READERS) or any(map(is_extended, value.values()))


def _text_of(name: str) -> Callable[[dict[str, Any]], JsonValue]:
    def read(fields: dict[str, Any]) -> JsonValue:
        return _text(fields[name])

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole_number(fields: dict[str, Any]) -> JsonValue:
    (written,) = fields.values()
    return int(_text(written))


def _number(fields: dict[str, Any]) -> JsonValue:
    (written,) = fields.values()
    number = float(_text(written))
    if number != number or number in (float("inf"), float("-inf")):
        return _text(written)  # JSON has no such number
    return number


def _moment(fields: dict[str, Any]) -> JsonValue:
    """Read a date: ISO text, or milliseconds since 1970."""
    written = fields["$date"]
    if isinstance(written, str):
        return written
    moment = _EPOCH + timedelta(milliseconds=written)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _nothing(fields: dict[str, Any]) -> JsonValue:
    return None


_READERS: dict[frozenset[str], Callable[[dict[str, Any]], JsonValue]] = {
    frozenset(names): read
    for names, read in (
        (("$oid",), _text_of("$oid")),
        (("$uuid",), _text_of("$uuid")),
        (("$symbol",), _text_of("$symbol")),
        (("$code",), _text_of("$code")),
        (("$date",), _moment),
        (("$numberInt",), _whole_number),
        (("$numberLong",), _whole_number),
        (("$numberDouble",), _number),
        (("$numberDecimal",), _number),
        (("$regularExpression",), lambda fields: _text(fields["$regularExpression"]["pattern"])),
        (("$regex", "$options"), _text_of("$regex")),
        (("$ref", "$id"), lambda fields: fields["$id"]),
        (("$binary",), lambda fields: _text(fields["$binary"]["base64"])),
        (("$binary", "$type"), _text_of("$binary")),
        (("$undefined",), _nothing),
        (("$minKey",), _nothing),
        (("$maxKey",), _nothing),
    )
}
_MOST_FIELDS = max(map(len, _READERS))
