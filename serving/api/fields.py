"""Fields of requests: patterns that several routes share, and what is said of a field that cannot be used."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.settings import BOT_NAME, BOT_NAME_RULE

BOT_OR_ALL = rf"{BOT_NAME}|^\*$"
VERSION_PATTERN = r"^[1-9][0-9]{0,8}$"
CHANNEL_NAME = r"^[a-z][a-z0-9_-]{0,31}$"
CHAT_KEY_ID = r"^[0-9a-f]{10}$"
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""Without control characters: it is shown at terminals."""
EMAIL = r"^[^\s@\x00-\x1f\x7f-\x9f]+@[^\s@\x00-\x1f\x7f-\x9f]+$"
_RULES = {
    BOT_NAME: BOT_NAME_RULE,
    BOT_OR_ALL: f"{BOT_NAME_RULE}; `*` means all bots",
    VERSION_PATTERN: "a version is a whole number from 1",
    CHANNEL_NAME: "a channel's name is in lower case, such as `facebook`",
    CHAT_KEY_ID: "an id has ten digits of 0-9 and a-f; the list shows it",
    ONE_LINE: "write one line, without control characters",
    EMAIL: "an e-mail address has a name, `@` and a domain",
}
_OTHER_RULE = "it is not written as /docs describes"
_OBJECT_TYPES = ("model_attributes_type", "model_type", "dict_type")
_OBJECTS = dict.fromkeys(("trainingData", "training_data", "examples"), '{"text": "what a customer writes"}')
_MOST_SENTENCES, _MOST_CHARACTERS = 5, 1000


def describe_validation(errors: Sequence[Mapping[str, Any]]) -> str:
    """Describe what is wrong with a request, field by field, without quoting the input."""
    sentences = []
    for error in errors[:_MOST_SENTENCES]:
        place = [str(part) for part in error["loc"] if part != "body"]
        message = _message(error, place)
        sentences.append(f"{'.'.join(place)}: {message}" if place else message)
    more = f"; and {len(errors) - _MOST_SENTENCES} more" if len(errors) > _MOST_SENTENCES else ""
    text = "; ".join(sentences) + more
    return text.encode("utf-8", errors="replace").decode()[:_MOST_CHARACTERS]


def _message(error: Mapping[str, Any], place: Sequence[str]) -> str:
    kind = error.get("type")
    if kind == "string_pattern_mismatch":
        return _RULES.get(error["ctx"]["pattern"], _OTHER_RULE)
    if kind in _OBJECT_TYPES:
        example = next((_OBJECTS[name] for name in place[-2:-1] if name in _OBJECTS), None)
        return f"write an object, such as {example}" if example is not None else "write an object: {...}"
    return str(error["msg"]).removeprefix("Value error, ")
