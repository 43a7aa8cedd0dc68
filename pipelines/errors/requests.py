"""Errors that the sender of a message or request can mend."""

from pipelines.errors.base import BotError


class UserInputError(BotError):
    """The input cannot be used."""


class NotFound(UserInputError):
    """A named thing does not exist."""

    def __init__(self, kind: str, name: str, *, hint: str) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"there is no {kind} {name!r}; {hint}")


def no_such_bot(bot: str) -> NotFound:
    """Return the error for a bot without a draft."""
    return NotFound("bot", bot, hint="import one with `intentloop import FILE --bot NAME`, or POST /api/v1/bots")


class NotAuthentic(UserInputError):
    """A request's origin is false or cannot be verified."""


class TokenRefused(NotAuthentic):
    """A request needs a token that it did not bring."""


class AccessDenied(NotAuthentic):
    """The sender is known, and may not do this.

    `role` is the least role that may, `reach` for what; `held` is the name of the sender's key.
    """

    def __init__(self, role: str, reach: str, *, held: str) -> None:
        self.role, self.reach, self.held = role, reach, held
        super().__init__(f"this needs the role '{role}' for {reach}, which {held!r} does not have; ask an owner for it")


class TooManyRequests(UserInputError):
    """The sender has sent more than its share; `retry_after` is in seconds."""

    def __init__(self, what: str, *, retry_after: float) -> None:
        self.what, self.retry_after = what, retry_after
        super().__init__(f"{what}; wait {retry_after:.0f} s")


class PreconditionMissing(UserInputError):
    """A write does not say which version it replaces."""

    def __init__(self) -> None:
        super().__init__("send the header `If-Match` with the `ETag` that you read, or `*` to overwrite what is there")
