"""Whom a key or a token belongs to, as a session remembers it without the key itself."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from serving.access.oidc import Identity


class Holder(BaseModel):
    """The holder of a key of ours, of the admin token, or of a token of the OIDC issuer.

    `id` is the key's id, the hash of the admin token, or the subject of the token; `groups` and `email` are what the
    issuer said. Nothing here opens anything by itself.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["key", "token", "member"]
    id: str
    name: str = ""
    email: str | None = None
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, identity: Identity) -> "Holder":
        """Return the holder of a checked token."""
        return cls(kind="member", id=identity.subject, name=identity.name, email=identity.email, groups=identity.groups)
