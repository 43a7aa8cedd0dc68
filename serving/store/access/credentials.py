"""Who holds a key or token, and what they may do now."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipelines.errors import TokenRefused
from serving.access.holders import Holder
from serving.access.key_text import KeyText
from serving.access.oidc import Identity, TokenVerifier, looks_like_jwt
from serving.access.roles import ALL_BOTS, Principal, Role, combined
from serving.store.access.api_keys import ApiKey, ApiKeys
from serving.store.access.members import Members
from serving.store.client import Database

HINT = (
    "send the header `Authorization: Bearer KEY`; `intentloop keys create NAME --role ROLE` makes a key, "
    "and so does an owner with POST /api/v1/keys"
)
_UNKNOWN = f"this key is unknown, has expired or was revoked: {HINT}"
_OWNER = {ALL_BOTS: Role.OWNER}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who has shown a key or token, and when that expires."""

    principal: Principal
    holder: Holder
    until: datetime | None


class Credentials:
    """Checks keys and tokens.

    Parameters
    ----------
    admin_token
        Opens everything; None if there is none.
    verifier
        Checks the tokens of the OIDC issuer; None without one.
    group_roles
        Roles of the issuer's groups.
    """

    def __init__(
        self,
        database: Database,
        *,
        admin_token: str | None,
        verifier: TokenVerifier | None,
        group_roles: Mapping[str, Mapping[str, Role]],
        now: Callable[[], datetime],
    ) -> None:
        self._keys, self._members, self._now = ApiKeys(database), Members(database), now
        self._admin_token = admin_token.encode() if admin_token is not None else None
        self._verifier, self._group_roles = verifier, group_roles

    @property
    def has_admin_token(self) -> bool:
        """Whether an admin token opens everything."""
        return self._admin_token is not None

    async def check(self, given: str) -> SignedIn:
        """Return who holds a key or token; raise `TokenRefused` if nobody does."""
        written = given.encode("utf-8", "surrogatepass")
        if self._admin_token is not None and hmac.compare_digest(written, self._admin_token):
            holder = Holder(kind="token", id=self._token_hash())
            return SignedIn(await self.principal(holder), holder, None)
        text = KeyText.parse(given)
        if text is not None:
            key = await self._keys.find(text, now=self._now())
            if key is None:
                raise TokenRefused(_UNKNOWN)
            return SignedIn(_principal(key), Holder(kind="key", id=key.id), key.expires_at)
        if self._verifier is not None and looks_like_jwt(given):
            return await self.of_identity(await self._verifier.verify(given))
        raise TokenRefused(_UNKNOWN)

    async def of_identity(self, identity: Identity) -> SignedIn:
        """Return what somebody may do whose token was checked."""
        holder = Holder.of(identity)
        return SignedIn(await self.principal(holder), holder, identity.expires_at)

    async def principal(self, holder: Holder) -> Principal:
        """Return what somebody who has signed in before may do now; raise `TokenRefused` if they may not any more."""
        if holder.kind == "member":
            groups = [self._group_roles[group] for group in holder.groups if group in self._group_roles]
            own = await self._members.roles_of(subject=holder.id, email=holder.email)
            return Principal(f"member:{holder.id}", holder.name, combined(own, *groups))
        if holder.kind == "token":
            if self._admin_token is None or not hmac.compare_digest(holder.id, self._token_hash()):
                raise TokenRefused("the admin token has changed; sign in again")
            return Principal("token", "admin token", _OWNER)
        key = await self._keys.valid(holder.id, now=self._now())
        if key is None:
            raise TokenRefused("the key of this session has expired or was revoked; sign in with another one")
        return _principal(key)

    def _token_hash(self) -> str:
        return hashlib.sha256(self._admin_token or b"").hexdigest()


def _principal(key: ApiKey) -> Principal:
    return Principal(f"key:{key.id}", key.name, key.roles)
