"""An OpenID Connect issuer over a real socket, scriptable: it can rotate its keys, be slow, or lie."""

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from tests.fakes.tool_server import Behaviour, Received, ToolServer, answer, tool_server

AUDIENCE = "intentloop-api"


@cache
def new_key(algorithm: str = "ES256", *, number: int = 0) -> Any:
    """Make a private key for an algorithm; another `number` gives another key."""
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    curves: dict[str, ec.EllipticCurve] = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    if algorithm in curves:
        return ec.generate_private_key(curves[algorithm])
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key: Any, *, algorithm: str, **more: object) -> dict[str, Any]:
    """Give the public half of a key as an issuer publishes it."""
    found = get_default_algorithms()[algorithm].to_jwk(key.public_key(), as_dict=True)
    return {**found, "use": "sig", "alg": algorithm, **more}


@dataclass
class FakeIssuer:
    """What the test scripts and reads. `before` is done before each answer, `instead` in its place."""

    server: ToolServer
    keys: dict[str, tuple[str, Any]] = field(default_factory=lambda: {"one": ("ES256", new_key())})
    jwks: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    instead: Behaviour | None = None
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The issuer, as its tokens name it."""
        return f"{self.server.url}/pool"

    @property
    def n_fetches(self) -> int:
        """How often the keys were fetched."""
        return sum(request.target == "/pool/jwks.json" for request in self.server.received)

    def token(
        self,
        *,
        kid: str | None = "one",
        key: Any = None,
        algorithm: str | None = None,
        header: dict[str, Any] | None = None,
        drop: tuple[str, ...] = (),
        **claims: Any,
    ) -> str:
        """Issue a token; claims can be replaced, added and dropped."""
        now = int(time.time())
        named, own = self.keys.get(kid or "one", ("ES256", None))
        body = {"iss": self.url, "sub": "anna", "aud": AUDIENCE, "iat": now, "exp": now + 300, **claims}
        body = {name: value for name, value in body.items() if name not in drop}
        headers = {**({"kid": kid} if kid else {}), **(header or {})}
        content = json.dumps(body).encode()  # whatever it is: `jwt.encode` would refuse strange claims
        return jwt.PyJWS().encode(content, key if key is not None else own, algorithm or named, headers)

    async def behave(self, request: Received, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        if self.instead is not None:
            await self.instead(request, writer)
            return
        path = request.target.partition("?")[0]
        if path == "/pool/.well-known/openid-configuration":
            found = {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/jwks.json",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                **self.metadata,
            }
            await answer(json.dumps(found))(request, writer)
        elif path == "/pool/jwks.json":
            keys = [public_jwk(key, algorithm=algorithm, kid=kid) for kid, (algorithm, key) in self.keys.items()]
            await answer(json.dumps(self.jwks or {"keys": keys}))(request, writer)
        elif path == "/pool/token":
            await self._exchange(request, writer)
        else:
            await answer("{}", status="404 Not Found")(request, writer)

    async def _exchange(self, request: Received, writer: asyncio.StreamWriter) -> None:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        claims = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if claims is None or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != claims.pop("challenge"):
            await answer('{"error": "invalid_grant"}', status="400 Bad Request")(request, writer)
        else:
            await answer(json.dumps({"id_token": self.token(**claims), "token_type": "Bearer"}))(request, writer)


@asynccontextmanager
async def oidc_issuer() -> AsyncIterator[FakeIssuer]:
    """Run an issuer on loopback."""
    async with tool_server() as server:
        issuer = FakeIssuer(server)
        server.behaviours = [issuer.behave]
        yield issuer
