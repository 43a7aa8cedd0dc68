"""Making, changing and revoking the keys in a bot's policy."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from pipelines.errors import NotFound, UserInputError
from pipelines.schemas.policy import BotPolicy, VisitorKey, WidgetKey
from serving.access.origins import read_origin

WIDGET_PREFIX, VISITOR_PREFIX = "widget_", "visitor_"
MOST_KEYS = 50
_FEWEST_SECRET_CHARS = 32  # as many bytes as SHA-256 has
_Key = TypeVar("_Key", WidgetKey, VisitorKey)
_REFERENCE = re.compile(r"secret:[A-Z][A-Z0-9_]*")


def read_origins(origins: Iterable[str]) -> tuple[str, ...]:
    """Return origins as browsers write them, each once; raise `UserInputError` naming one that is none."""
    found: dict[str, None] = {}
    for origin in origins:
        try:
            found[read_origin(origin)] = None
        except ValueError as error:
            raise UserInputError(f"{origin[:100]!r} is no origin: {error}") from error
    return tuple(found)


def new_widget_key(name: str, origins: Iterable[str], *, by: str, now: datetime) -> WidgetKey:
    """Draw a publishable key for pages on some origins."""
    return WidgetKey(
        id=secrets.token_hex(5),
        name=name,
        key=WIDGET_PREFIX + secrets.token_hex(16),
        origins=read_origins(origins),
        created_at=now,
        created_by=by,
    )


def new_visitor_key(name: str, secret: str | None, *, by: str, now: datetime) -> VisitorKey:
    """Draw a secret for signing visitors' tokens, or take a reference `secret:NAME` to one."""
    if secret is not None and not _REFERENCE.fullmatch(secret):
        raise UserInputError("secret: leave it out to have one made, or refer to one of the operator's as secret:NAME")
    drawn = secret or VISITOR_PREFIX + secrets.token_hex(_FEWEST_SECRET_CHARS)
    return VisitorKey(id=secrets.token_hex(5), name=name, secret=drawn, created_at=now, created_by=by)


def with_widget_key(policy: BotPolicy, key: WidgetKey) -> BotPolicy:
    """Add a key."""
    return policy.model_copy(update={"widget_keys": (*_with_room(policy.widget_keys), key)})


def with_visitor_key(policy: BotPolicy, key: VisitorKey) -> BotPolicy:
    """Add a key."""
    return policy.model_copy(update={"visitor_keys": (*_with_room(policy.visitor_keys), key)})


def _with_room(keys: tuple[_Key, ...]) -> tuple[_Key, ...]:
    if len(keys) >= MOST_KEYS:
        raise UserInputError(f"a bot has at most {MOST_KEYS} keys of a kind; revoke one first")
    return keys


def widget_key_of(policy: BotPolicy, key_id: str) -> WidgetKey:
    """Return a key by its id; raise `NotFound` if there is none."""
    return _found(policy.widget_keys, key_id, kind="widget key")


def visitor_key_of(policy: BotPolicy, key_id: str) -> VisitorKey:
    """Return a key by its id; raise `NotFound` if there is none."""
    return _found(policy.visitor_keys, key_id, kind="visitor key")


def _found(keys: Iterable[_Key], key_id: str, *, kind: str) -> _Key:
    for key in keys:
        if key.id == key_id:
            return key
    raise NotFound(kind, key_id, hint=f"list the bot's {kind}s")
