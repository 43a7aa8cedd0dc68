"""Validation and cleaning that every channel applies to input."""

import math
import re
import uuid
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue

from pipelines.settings import BOT_NAME

MAX_ID_CHARS = 200
MAX_CONTEXT_DEPTH = 16
_INT64 = 2**63
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Replace what cannot be stored or sent: lone surrogates by U+FFFD, NUL by a space."""
    if "\x00" in text:
        text = text.replace("\x00", " ")
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")


def _clean_if_text(value: Any) -> Any:
    return clean_text(value) if isinstance(value, str) else value


def _check_id(value: str) -> str:
    if not value.isprintable():
        raise ValueError("an id holds printable characters only")
    return value


def _clean_json(value: Any, depth: int = 0) -> Any:
    if depth > MAX_CONTEXT_DEPTH:
        raise ValueError(f"the context may be nested {MAX_CONTEXT_DEPTH} deep")
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {_clean_if_text(name): _clean_json(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_clean_json(inner, depth + 1) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("the context may hold finite numbers only")
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise ValueError("the context may hold numbers of 64 bits only")
    return value


def _no_context(value: Any) -> Any:
    return {} if value is None else _clean_json(value)


BotName = Annotated[str, Field(pattern=BOT_NAME, description="Name of the bot.")]
# Not cleaned: cleaning could make two ids equal.
Id = Annotated[str, AfterValidator(_check_id), Field(min_length=1, max_length=MAX_ID_CHARS)]
Text = Annotated[str, BeforeValidator(_clean_if_text)]
Context = Annotated[dict[str, JsonValue], BeforeValidator(_no_context)]


def new_message_id() -> str:
    """Return an id for a message without one; its sender cannot repeat the message."""
    return uuid.uuid4().hex
