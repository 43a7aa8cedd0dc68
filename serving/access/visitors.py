"""Signed visitor identity: a token from the shop's own server says who writes in a conversation.

It is a JSON Web Token, signed with HMAC-SHA256 and a key of the bot's: `aud` is the bot, `sub` the visitor's id,
`thread` the conversation and `exp` its end. It counts in that conversation alone, so a copy opens no other one.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import jwt
from pydantic import JsonValue

from pipelines.errors import TokenRefused
from serving.clock import utc_now

ALGORITHM = "HS256"
LONGEST = timedelta(hours=24)
"""A token may count for so long at most: it cannot be revoked."""
MOST_TOKEN_CHARS = 4096
MOST_ID_CHARS = 200
LEEWAY_SECONDS = 30
_REGISTERED = frozenset(("iss", "sub", "aud", "exp", "nbf", "iat", "jti", "thread", "id"))
_REASONS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "the visitor's token has expired; ask your server for a new one"),
    (jwt.ImmatureSignatureError, "the visitor's token is not valid yet; compare the clocks of the two servers"),
    (jwt.InvalidAudienceError, "the visitor's token is for another bot; its `aud` must name this one"),
    (jwt.MissingRequiredClaimError, "the visitor's token lacks one of the claims `aud`, `sub`, `thread` and `exp`"),
    (jwt.InvalidSignatureError, "the visitor's token is not signed with a key of this bot"),
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visitor whose identity was verified; `claims` are what else the token says about them."""

    id: str
    claims: dict[str, JsonValue]

    @property
    def context(self) -> dict[str, JsonValue]:
        """What templates and tools see as `context.visitor`."""
        return {"id": self.id, **self.claims}


def read_visitor(token: str, *, bot: str, thread_id: str, secrets: Iterable[str]) -> Visitor:
    """Return whom a token speaks for; raise `TokenRefused` if it does not count for this conversation now."""
    if len(token) > MOST_TOKEN_CHARS:
        raise TokenRefused(f"the visitor's token is longer than {MOST_TOKEN_CHARS} characters")
    refused = "this bot has no key for visitors' tokens; make one first"
    for secret in secrets:
        try:
            claims = jwt.decode(
                token,
                secret,
                algorithms=[ALGORITHM],
                audience=bot,
                leeway=LEEWAY_SECONDS,
                options={"require": ["aud", "sub", "thread", "exp"], "enforce_minimum_key_length": True},
            )
        except jwt.InvalidSignatureError as error:
            refused = _reason(error)
        except (jwt.PyJWTError, ValueError) as error:
            raise TokenRefused(_reason(error)) from None
        else:
            return _checked(claims, thread_id=thread_id)
    raise TokenRefused(refused)


def _reason(error: Exception) -> str:
    found = (why for kind, why in _REASONS if isinstance(error, kind))
    return next(found, "the visitor's token cannot be read; it must be a JSON Web Token signed with HS256")


def _checked(claims: dict[str, JsonValue], *, thread_id: str) -> Visitor:
    visitor_id, ends_at = claims["sub"], claims["exp"]
    if not isinstance(visitor_id, str) or not 0 < len(visitor_id) <= MOST_ID_CHARS or not visitor_id.isprintable():
        raise TokenRefused(f"the `sub` of a visitor's token is a text of 1 to {MOST_ID_CHARS} characters")
    if claims["thread"] != thread_id:
        raise TokenRefused("the visitor's token is for another conversation; its `thread` must be the `thread_id`")
    latest = utc_now() + LONGEST + timedelta(seconds=LEEWAY_SECONDS)
    if not isinstance(ends_at, int | float) or ends_at > latest.timestamp():
        hours = LONGEST.total_seconds() / 3600
        raise TokenRefused(f"a visitor's token may count for {hours:.0f} hours at most; sign one with an earlier `exp`")
    return Visitor(visitor_id, {name: value for name, value in claims.items() if name not in _REGISTERED})


def visitor_hash(bot: str, visitor_id: str) -> str:
    """Return what a conversation remembers of the visitor it belongs to, without naming them."""
    return hashlib.sha256(f"{bot}\n{visitor_id}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
