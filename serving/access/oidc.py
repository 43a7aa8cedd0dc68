"""Who holds an OpenID Connect token: its signature and its claims are checked, in that order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

import jwt

from pipelines.errors import TokenRefused
from serving.access.issuer import ALGORITHMS, Issuer

MOST_TOKEN_CHARS = 16_384
LEEWAY_SECONDS = 30
"""How far the issuer's clock may be from ours."""
_MOST_GROUPS = 500
_MOST_NAME_CHARS = 255
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_TYPES = ("", "jwt", "at+jwt", "application/at+jwt")
_SIGN_IN = "sign in again"
_REASONS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, f"the token has expired; {_SIGN_IN}"),
    (jwt.ImmatureSignatureError, "the token is not valid yet; compare the clocks of this server and the issuer"),
    (jwt.InvalidIssuerError, "the token is of another issuer than INTENTLOOP_OIDC_ISSUER"),
    (jwt.MissingRequiredClaimError, "the token lacks one of the claims `iss`, `sub` and `exp`"),
    (jwt.InvalidSignatureError, f"the token's signature is false; {_SIGN_IN}"),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """The person or program that a token was issued to.

    `email` is set only if the issuer has verified it, in lower case. `groups` is what the configured claim lists.
    """

    issuer: str
    subject: str
    email: str | None
    name: str
    groups: tuple[str, ...]
    expires_at: datetime


def looks_like_jwt(token: str) -> bool:
    """Whether a bearer token has the form of a signed JWT, rather than of a key of ours."""
    return token.startswith("eyJ") and token.count(".") == 2


class TokenVerifier:
    """Checks the tokens of one issuer.

    Parameters
    ----------
    audiences
        Accepted values of `aud`; of `client_id` in the access tokens of Amazon Cognito, which have no `aud`.
    groups_claim
        The claim with the holder's groups; dots reach into objects where no claim has that very name.
    """

    def __init__(self, issuer: Issuer, *, audiences: tuple[str, ...], groups_claim: str) -> None:
        self._issuer = issuer
        self._audiences = frozenset(audiences)
        self._groups_claim = groups_claim

    async def verify(self, token: str, *, nonce: str | None = None) -> Identity:
        """Return whom a token belongs to; with `nonce`, it must contain that one.

        Raises
        ------
        TokenRefused
            It cannot be used; the message says why, and quotes nothing of it.
        IssuerUnavailable
            The issuer's keys cannot be had.
        """
        algorithm, kid = _read_header(token)
        key = await self._issuer.key(kid, algorithm=algorithm)
        claims = _decode(token, key, algorithm=algorithm, issuer=self._issuer.url)
        if not self._is_for_us(claims):
            raise TokenRefused("the token is for another audience than INTENTLOOP_OIDC_AUDIENCE names")
        if nonce is not None and claims.get("nonce") != nonce:
            raise TokenRefused(f"the token belongs to another sign-in; {_SIGN_IN}")
        return self._identity(claims)

    def _is_for_us(self, claims: Mapping[str, Any]) -> bool:
        named = claims.get("aud")
        if named is None and claims.get("token_use") == "access":
            named = claims.get("client_id")
        values = named if isinstance(named, list) else [named]
        return any(isinstance(value, str) and value in self._audiences for value in values)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject, email = claims["sub"], claims.get("email")
        if not _is_name(subject):
            raise TokenRefused("the token's `sub` cannot be used as a name: it must be 1 to 255 printable characters")
        is_verified = claims.get("email_verified") in (True, "true")
        names = (claims.get(claim) for claim in ("name", "preferred_username", "username", "cognito:username"))
        address = email.strip().lower() if is_verified and _is_name(email) else None
        name = next((name for name in names if _is_name(name)), address or subject)
        try:
            expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
        except (ValueError, OverflowError, OSError):
            expires_at = datetime.max.replace(tzinfo=UTC)
        return Identity(self._issuer.url, subject, address, name, self._groups(claims), expires_at)

    def _groups(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        found: Any = claims.get(self._groups_claim)
        if found is None:
            found = claims
            for part in self._groups_claim.split("."):
                found = found.get(part) if isinstance(found, dict) else None
        values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        return tuple(value for value in values[:_MOST_GROUPS] if isinstance(value, str))


def _read_header(token: str) -> tuple[str, str | None]:
    """Return the algorithm and key id of a token, which so far are mere claims."""
    if len(token) > MOST_TOKEN_CHARS:
        raise TokenRefused(f"the token is longer than {MOST_TOKEN_CHARS:,} characters")
    if _SHAPE.fullmatch(token) is None:
        raise TokenRefused("this is no signed JSON Web Token: it has three parts of base64url, joined by dots")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused("the token's header cannot be read") from error
    algorithm, kind = header.get("alg"), header.get("typ", "")
    if algorithm not in ALGORITHMS:
        raise TokenRefused(f"the token must be signed with a private key: {', '.join(ALGORITHMS)}")
    if not isinstance(kind, str) or kind.lower() not in _TYPES or "crit" in header or "b64" in header:
        raise TokenRefused("the token is of a kind that signs nobody in; send an access token or an id token")
    return algorithm, header.get("kid")


def _decode(token: str, key: jwt.PyJWK, *, algorithm: str, issuer: str) -> dict[str, Any]:
    options: dict[str, Any] = {"verify_aud": False, "require": ["exp", "iss", "sub"]}
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=issuer,
            leeway=LEEWAY_SECONDS,
            options=options,  # type: ignore[arg-type]  # it names the type of its options nowhere
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        reason = next((text for kind, text in _REASONS if isinstance(error, kind)), "the token cannot be used")
        raise TokenRefused(reason) from error


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value.strip()) <= _MOST_NAME_CHARS and value.isprintable()
