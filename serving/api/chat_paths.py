"""The paths of the chat routes, for what stands before the routes."""

import re

from starlette.types import Scope

MESSAGES = "/api/v1/bots/{bot}/messages"
COMPAT_MESSAGES = ("/bots/channels/rest/webhook", "/bots/channels/rest/webbook")
_OURS = re.compile(r"/api/v1/bots/([^/]+)/messages")


def is_chat(path: str) -> bool:
    """Whether a path is one of the chat routes, which widgets on other sites may use."""
    return path in COMPAT_MESSAGES or _OURS.fullmatch(path) is not None


def bot_of_chat(scope: Scope) -> str | None:
    """Return the bot that a request to a chat route talks to; None for any other path."""
    path: str = scope["path"]
    found = _OURS.fullmatch(path)
    if found is not None:
        return found[1]
    default: str = scope["app"].state.default_bot
    return default if path in COMPAT_MESSAGES else None
