"""An OpenID Connect issuer: where its services are, and the public keys that its tokens are signed with."""

import asyncio
import json
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
import jwt

from pipelines.errors import IssuerUnavailable, TokenRefused
from serving.clock import MonotonicClock

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""What a token may be signed with: public keys only. A shared secret (HS...) could be an issuer's public key."""
FRESH_SECONDS = 900.0
"""Age from which the keys are fetched again, beside the requests that go on with the old ones."""
MOST_SECONDS = 86_400.0
"""Age from which keys count no more: an issuer that stays away may have withdrawn them."""
UNKNOWN_SECONDS = 60.0
"""Pause between two fetches for keys that are unknown: a made-up key id costs the sender nothing."""
RETRY_SECONDS = 10.0
FETCH_SECONDS = 5.0
MOST_BYTES = 262_144
_MOST_KEYS = 100
_FEWEST_RSA_BITS = 2048
_DISCOVERY = "/.well-known/openid-configuration"
_PUBLIC = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y"), "OKP": ("kty", "crv", "x")}
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_EDWARDS = ("Ed25519", "Ed448")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """The addresses that an issuer publishes. Those for signing people in are None where it offers none."""

    keys: str
    authorize: str | None
    token: str | None


class Issuer:
    """Reads an issuer's addresses and keys, and keeps them.

    A fetch takes at most `fetch_seconds`, whatever the issuer does; concurrent callers share one.

    Parameters
    ----------
    url
        The issuer as its tokens name it.
    clock
        Monotonic, in seconds.
    """

    def __init__(
        self, url: str, *, clock: MonotonicClock = time.monotonic, fetch_seconds: float = FETCH_SECONDS
    ) -> None:
        self.url = url
        self._clock = clock
        self._fetch_seconds = fetch_seconds
        self._http = httpx2.AsyncClient(
            follow_redirects=False,
            timeout=fetch_seconds,
            headers={"User-Agent": "intentloop", "Accept-Encoding": "identity"},
        )
        self._services: Services | None = None
        self._keys: tuple[Mapping[str, Any], ...] = ()
        self._fetched_at = self._tried_at = -math.inf
        self._problem: str | None = None
        self._fetch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._fetch is not None:
            self._fetch.cancel()
            await asyncio.gather(self._fetch, return_exceptions=True)
        await self._http.aclose()

    async def key(self, kid: str | None, *, algorithm: str) -> jwt.PyJWK:
        """Return the key that a token says it is signed with.

        Raises
        ------
        TokenRefused
            The issuer has no such key for this algorithm.
        IssuerUnavailable
            That is not known: the issuer does not answer.
        """
        await self._ensure()
        found = self._find(kid, algorithm)
        if found is None and (self._is_fetching or self._clock() - self._tried_at >= UNKNOWN_SECONDS):
            await self._join_fetch()
            found = self._find(kid, algorithm)
        if found is not None:
            return found
        if self._problem is not None:
            raise IssuerUnavailable(self.url, self._problem)
        raise TokenRefused("the token is not signed with a key of the issuer; sign in again")

    async def services(self) -> Services:
        """Return where the issuer's services are.

        Raises
        ------
        IssuerUnavailable
            The issuer does not answer.
        """
        await self._ensure()
        if self._services is None:
            raise IssuerUnavailable(self.url, self._problem or "its addresses are not known yet")
        return self._services

    async def post(self, url: str, form: Mapping[str, str], *, account: tuple[str, str] | None) -> Mapping[str, Any]:
        """Send a form to one of the issuer's services and return its answer.

        Raises
        ------
        TokenRefused
            It refuses what was sent.
        IssuerUnavailable
            It does not answer, or not with JSON.
        """
        try:
            async with asyncio.timeout(self._fetch_seconds):
                request = self._http.build_request("POST", url, data=dict(form))
                status, body = await self._read(request, auth=account)
        except (TimeoutError, httpx2.HTTPError, ValueError, RecursionError) as error:
            raise IssuerUnavailable(self.url, _describe(error)) from error
        if status in (400, 401, 403):
            raise TokenRefused("the issuer refuses this sign-in; sign in again")
        if status != 200:
            raise IssuerUnavailable(self.url, f"status {status}")
        return body

    @property
    def _is_fetching(self) -> bool:
        return self._fetch is not None and not self._fetch.done()

    async def _ensure(self) -> None:
        """Have keys that count, and begin to fetch newer ones in time."""
        now = self._clock()
        may_try = now - self._tried_at >= RETRY_SECONDS
        if now - self._fetched_at >= MOST_SECONDS:
            if may_try or self._is_fetching:
                await self._join_fetch()
            if now - self._fetched_at >= MOST_SECONDS:
                raise IssuerUnavailable(self.url, self._problem or "no answer yet")
        elif now - self._fetched_at >= FRESH_SECONDS and may_try:
            self._start_fetch()

    def _start_fetch(self) -> asyncio.Task[None]:
        if self._fetch is None or self._fetch.done():
            self._tried_at = self._clock()
            self._fetch = asyncio.create_task(self._fetch_all())
        return self._fetch

    async def _join_fetch(self) -> None:
        await asyncio.shield(self._start_fetch())  # others wait for it too

    async def _fetch_all(self) -> None:
        """Fetch addresses and keys; without success, the old ones stay."""
        try:
            async with asyncio.timeout(self._fetch_seconds):
                services = self._read_services(await self._get(self.url.rstrip("/") + _DISCOVERY))
                keys = _usable_keys(await self._get(services.keys))
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
            self._problem = _describe(error)
            _log.warning("the OIDC issuer cannot be read: %s", self._problem)
            return
        self._services, self._keys, self._problem = services, keys, None
        self._fetched_at = self._clock()

    def _read_services(self, document: Mapping[str, Any]) -> Services:
        named = document.get("issuer")
        if named != self.url:
            raise _Unusable(f"it calls itself {str(named)[:200]!r}; set INTENTLOOP_OIDC_ISSUER to exactly that")
        found = {name: document.get(name) for name in ("jwks_uri", "authorization_endpoint", "token_endpoint")}
        for name, address in found.items():
            if not (address is None and name != "jwks_uri") and not self._is_trusted(address):
                raise _Unusable(f"its {name} is no https:// address")
        return Services(*found.values())  # type: ignore[arg-type]  # checked above

    def _is_trusted(self, address: object) -> bool:
        """Whether an address is as safe from eavesdroppers as the issuer's own."""
        parts = urlsplit(address) if isinstance(address, str) else None
        if parts is None or not parts.hostname or parts.username or parts.password:
            return False
        own = urlsplit(self.url)
        return parts.scheme == "https" or (parts.scheme, parts.hostname) == (own.scheme, own.hostname)

    async def _get(self, url: str) -> Mapping[str, Any]:
        status, body = await self._read(self._http.build_request("GET", url))
        if status != 200:
            raise _Unusable(f"status {status} from {urlsplit(url).path[:100]}")
        return body

    async def _read(
        self, request: httpx2.Request, *, auth: tuple[str, str] | None = None
    ) -> tuple[int, Mapping[str, Any]]:
        response = await self._http.send(request, stream=True, auth=auth)
        try:
            content = bytearray()
            async for piece in response.aiter_raw():
                content += piece
                if len(content) > MOST_BYTES:
                    raise _Unusable(f"it answers with more than {MOST_BYTES:,} bytes")
        finally:
            await response.aclose()
        if response.status_code != 200:
            return response.status_code, {}
        body = json.loads(content)
        if not isinstance(body, dict):
            raise _Unusable("it answers with no JSON object")
        return 200, body

    def _find(self, kid: str | None, algorithm: str) -> jwt.PyJWK | None:
        """Return the one key that fits; without a key id there must be no other."""
        fitting = [key for key in self._keys if _fits(key, algorithm) and kid in (None, key.get("kid"))]
        if len(fitting) != 1:
            return None
        key = fitting[0]
        public = {name: key[name] for name in _PUBLIC[key["kty"]]}
        try:
            return jwt.PyJWK(public, algorithm=algorithm)
        except (jwt.PyJWTError, ValueError, TypeError):
            return None


class _Unusable(ValueError):
    """What the issuer says cannot be used; the message says why."""


def _usable_keys(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    keys = document.get("keys")
    found = [key for key in keys[:_MOST_KEYS] if _is_for_signatures(key)] if isinstance(keys, list) else []
    if not found:
        raise _Unusable("it publishes no key that signatures can be checked with")
    return tuple(found)


def _is_for_signatures(key: object) -> bool:
    if not isinstance(key, dict) or key.get("kty") not in _PUBLIC:
        return False
    operations = key.get("key_ops")
    is_verifying = operations is None or (isinstance(operations, list) and "verify" in operations)
    is_complete = all(isinstance(key.get(name), str) for name in _PUBLIC[key["kty"]])
    is_strong = key["kty"] != "RSA" or (is_complete and len(key["n"].rstrip("=")) * 6 >= _FEWEST_RSA_BITS)
    return bool(key.get("use", "sig") == "sig" and is_verifying and is_complete and is_strong)


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    """Whether a key may check this algorithm: the kind is the key's own, never only the token's claim."""
    if key.get("alg", algorithm) != algorithm:
        return False
    kind, curve = str(key["kty"]), str(key.get("crv"))
    if algorithm == "EdDSA":
        return kind == "OKP" and curve in _EDWARDS
    if algorithm in _CURVES:
        return kind == "EC" and curve == _CURVES[algorithm]
    return algorithm in ALGORITHMS and kind == "RSA"


def _describe(error: Exception) -> str:
    if isinstance(error, _Unusable):
        return str(error)
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
