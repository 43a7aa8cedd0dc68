"""References to a version: its number, its alias, or a `models:/` URI of MLflow."""

import re
from dataclasses import dataclass

from pipelines.errors import UserInputError
from pipelines.registry.client import MODEL_PREFIX
from pipelines.settings import is_bot_name

_URI = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<rest>[^/@]+))")
_NUMBER = re.compile(r"[0-9]{1,9}")
_ALIAS = re.compile(r"@(?P<alias>[^/@\s]+)")


@dataclass(frozen=True)
class Reference:
    """A version of a bot, by its number or by its alias or stage."""

    bot: str
    version: str | None = None
    alias: str | None = None


def parse_reference(text: str, *, bot: str) -> Reference:
    """Parse a user's reference to a version, which need not exist; raises `UserInputError` if it is malformed.

    Parameters
    ----------
    text
        `7`, `@production`, `models:/NAME/7`, `models:/NAME@production`, or with a stage, as older servers have it,
        `models:/NAME/Production`.
    bot
        The bot that a plain number or alias belongs to.
    """
    if _NUMBER.fullmatch(text):
        return Reference(bot, version=text)
    if (named := _ALIAS.fullmatch(text)) is not None:
        return Reference(bot, alias=named["alias"])
    uri = _URI.fullmatch(text)
    if uri is None:
        raise UserInputError(
            f"{text!r} names no version; write a number such as 7, @production, or "
            f"models:/{MODEL_PREFIX}{bot}@production"
        )
    owner = uri["name"].removeprefix(MODEL_PREFIX)
    if owner == uri["name"] or not is_bot_name(owner):
        raise UserInputError(f"{uri['name']!r} is no bot's model; those are called {MODEL_PREFIX}BOT")
    rest = uri["rest"]
    if rest is not None and _NUMBER.fullmatch(rest):
        return Reference(owner, version=rest)
    return Reference(owner, alias=uri["alias"] or rest.lower())
