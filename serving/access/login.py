"""Signing in at the OIDC issuer's own page: the authorization code flow with PKCE (RFC 7636)."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from pipelines.errors import IssuerUnavailable, TokenRefused
from serving.access.issuer import Issuer
from serving.access.oidc import Identity, TokenVerifier

_LOCAL_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1000}")
_ATTEMPT = re.compile(r"([\w-]{43})\.([\w-]{43})\.([\w-]{43})\.([\w-]+)")
_MOST_CODE_CHARS = 4096


def is_local_path(path: str) -> bool:
    """Whether a path leads to a page of this server, and not by a trick to another site."""
    return _LOCAL_PATH.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a browser keeps between leaving for the issuer and coming back; `page` is where it goes then."""

    state: str
    nonce: str
    verifier: str
    page: str

    @classmethod
    def new(cls, page: str) -> "Attempt":
        """Draw the secrets of an attempt."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, page)

    @classmethod
    def parse(cls, cookie: str) -> "Attempt | None":
        """Return the attempt in a cookie, or None."""
        found = _ATTEMPT.fullmatch(cookie)
        if found is None:
            return None
        page = base64.urlsafe_b64decode(found[4] + "=" * (-len(found[4]) % 4)).decode("ascii", "replace")
        return cls(found[1], found[2], found[3], page if is_local_path(page) else "/")

    def __str__(self) -> str:
        page = base64.urlsafe_b64encode(self.page.encode()).rstrip(b"=").decode()
        return f"{self.state}.{self.nonce}.{self.verifier}.{page}"


class Login:
    """Sends people to an issuer and reads what they come back with."""

    def __init__(self, issuer: Issuer, verifier: TokenVerifier, *, client_id: str, client_secret: str | None) -> None:
        self._issuer, self._verifier = issuer, verifier
        self._client_id, self._client_secret = client_id, client_secret

    async def address(self, attempt: Attempt, *, callback: str) -> str:
        """Return where the browser goes to sign in, and from there to `callback`."""
        services = await self._issuer.services()
        if services.authorize is None or services.token is None:
            raise IssuerUnavailable(self._issuer.url, "it names no page to sign in at")
        digest = hashlib.sha256(attempt.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": callback,
            "scope": "openid email profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(services.authorize).query else "?"
        return f"{services.authorize}{joint}{urlencode(query)}"

    async def finish(self, attempt: Attempt, *, code: str, callback: str) -> Identity:
        """Return who has signed in; raise `TokenRefused` if the issuer does not confirm it."""
        services = await self._issuer.services()
        form = {
            "grant_type": "authorization_code",
            "code": code[:_MOST_CODE_CHARS],
            "redirect_uri": callback,
            "client_id": self._client_id,
            "code_verifier": attempt.verifier,
        }
        account = (self._client_id, self._client_secret) if self._client_secret is not None else None
        answer = await self._issuer.post(services.token or "", form, account=account)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise TokenRefused("the issuer sent no id token; allow the client the scope `openid`")
        return await self._verifier.verify(token, nonce=attempt.nonce)
