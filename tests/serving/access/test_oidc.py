import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pipelines.errors import IssuerUnavailable, TokenRefused
from serving.access.issuer import MOST_SECONDS, RETRY_SECONDS, UNKNOWN_SECONDS, Issuer
from serving.access.oidc import MOST_TOKEN_CHARS, Identity, TokenVerifier
from tests.fakes.oidc_issuer import AUDIENCE, FakeIssuer, new_key, oidc_issuer, public_jwk
from tests.fakes.tool_server import Behaviour, answer, drip, flood, hang, hang_up, tool_server

HOUR = 3600


class Clock:
    """Monotonic time that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def issuer() -> AsyncIterator[FakeIssuer]:
    async with oidc_issuer() as issuer:
        yield issuer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(issuer: FakeIssuer, clock: Clock) -> AsyncIterator[Issuer]:
    async with Issuer(issuer.url, clock=clock) as client:
        yield client


@pytest.fixture
def verifier(client: Issuer) -> TokenVerifier:
    return TokenVerifier(client, audiences=(AUDIENCE, "pages"), groups_claim="cognito:groups")


@pytest.fixture
async def impatient(issuer: FakeIssuer, clock: Clock) -> AsyncIterator[TokenVerifier]:
    async with Issuer(issuer.url, clock=clock, fetch_seconds=0.3) as client:
        yield TokenVerifier(client, audiences=(AUDIENCE,), groups_claim="groups")


async def verified(verifier: TokenVerifier, token: str, clock: Clock) -> Identity:
    """Verify a token of an issuer that works, as often as a busy machine needs to answer an impatient client."""
    async with asyncio.timeout(120):
        while True:
            try:
                return await verifier.verify(token)
            except IssuerUnavailable:
                clock.now += RETRY_SECONDS


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def refusal(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(TokenRefused) as caught:
        await verifier.verify(token)
    return str(caught.value)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"])
async def test_verify_says_who_holds_a_token(issuer: FakeIssuer, verifier: TokenVerifier, algorithm: str) -> None:
    issuer.keys["k"] = (algorithm, new_key(algorithm))
    token = issuer.token(kid="k", email="Anna@Example.com", email_verified=True, name="Anna")
    found = await verifier.verify(token)
    assert (found.issuer, found.subject, found.email, found.name) == (issuer.url, "anna", "anna@example.com", "Anna")


async def test_verify_takes_the_access_tokens_of_cognito(issuer: FakeIssuer, verifier: TokenVerifier) -> None:
    more = {"client_id": "pages", "token_use": "access", "username": "anna", "cognito:groups": ["support", 7, "shop"]}
    found = await verifier.verify(issuer.token(drop=("aud",), **more))
    assert (found.groups, found.name, found.email) == (("support", "shop"), "anna", None)
    for wrong in ({"client_id": "other"}, {"token_use": "id"}, {"token_use": "refresh"}):
        assert "audience" in await refusal(verifier, issuer.token(drop=("aud",), **{**more, **wrong}))


async def test_groups_are_found_inside_of_objects(issuer: FakeIssuer, client: Issuer) -> None:
    verifier = TokenVerifier(client, audiences=(AUDIENCE,), groups_claim="realm_access.roles")
    assert (await verifier.verify(issuer.token(realm_access={"roles": ["a"]}))).groups == ("a",)
    for odd in ("a", ["a"], None, {"roles": {"a": 1}}):
        assert (await verifier.verify(issuer.token(realm_access=odd))).groups == ()


@pytest.mark.parametrize("verified", [False, None, "false", 1.5, "yes", [True]])
async def test_an_unverified_email_is_nobodys(issuer: FakeIssuer, verifier: TokenVerifier, verified: object) -> None:
    assert (await verifier.verify(issuer.token(email="a@b.c", email_verified=verified))).email is None


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": int(time.time()) - HOUR}, "expired"),
        ({"exp": "never"}, "cannot be used"),
        ({"exp": None}, "lacks"),
        ({"exp": 1e400}, "cannot be used"),
        ({"nbf": int(time.time()) + HOUR}, "not valid yet"),
        ({"iat": int(time.time()) + HOUR}, "not valid yet"),
        ({"aud": "other"}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": [None, 1, {}]}, "audience"),
        ({"aud": "other", "client_id": "pages", "token_use": "access"}, "audience"),
        ({"aud": f"{AUDIENCE} "}, "audience"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": None}, "lacks"),
        ({"sub": ""}, "sub"),
        ({"sub": "a\u0000b"}, "sub"),
        ({"sub": "x" * 300}, "sub"),
        ({"sub": 7}, "cannot be used"),
        ({"sub": "\ud800"}, "sub"),
    ],
)
async def test_wrong_claims_are_refused(
    issuer: FakeIssuer, verifier: TokenVerifier, claims: dict[str, Any], reason: str
) -> None:
    assert reason in await refusal(verifier, issuer.token(**claims))


@pytest.mark.parametrize("claim", ["exp", "iss", "sub", "aud"])
async def test_missing_claims_are_refused(issuer: FakeIssuer, verifier: TokenVerifier, claim: str) -> None:
    assert await refusal(verifier, issuer.token(drop=(claim,)))


async def test_a_clock_may_be_a_little_wrong(issuer: FakeIssuer, verifier: TokenVerifier) -> None:
    now = int(time.time())
    assert await verifier.verify(issuer.token(exp=now - 10, nbf=now + 10, iat=now + 10))


async def test_unsigned_and_symmetric_tokens_are_refused(issuer: FakeIssuer, verifier: TokenVerifier) -> None:
    key = new_key("RS256")
    issuer.keys["rsa"] = ("RS256", key)
    body = issuer.token().split(".")[1]
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for algorithm in ("none", "None", "NONE", "HS256", "HS512", "", None, ["RS256"], {"a": 1}, "RS257"):
        unsigned = f"{part({'alg': algorithm, 'kid': 'rsa'})}.{body}"
        assert await refusal(verifier, f"{unsigned}.")
        assert await refusal(verifier, f"{unsigned}.{'A' * 43}")
    signed = f"{part({'alg': 'HS256', 'kid': 'rsa'})}.{body}"
    mac = base64.urlsafe_b64encode(hmac.digest(public, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()
    assert "private key" in await refusal(verifier, f"{signed}.{mac}")


async def test_a_key_checks_only_its_own_algorithm(issuer: FakeIssuer, verifier: TokenVerifier) -> None:
    key = new_key("RS256")
    issuer.keys["rsa"] = ("RS256", key)
    assert await verifier.verify(issuer.token(kid="rsa"))
    assert await refusal(verifier, issuer.token(kid="rsa", algorithm="PS256"))
    assert await refusal(verifier, issuer.token(kid="rsa", key=new_key("ES256"), algorithm="ES256"))


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c"])
async def test_a_token_cannot_bring_its_own_key(issuer: FakeIssuer, verifier: TokenVerifier, name: str) -> None:
    own = new_key(number=1)
    async with tool_server() as evil:
        values: dict[str, Any] = {"jku": evil.url, "x5u": evil.url, "jwk": public_jwk(own, algorithm="ES256")}
        header = {name: values.get(name, ["AAAA"])}
        assert "signature" in await refusal(verifier, issuer.token(key=own, header=header))
        assert await refusal(verifier, issuer.token(kid="evil", key=own, header=header, algorithm="ES256"))
        assert evil.received == []


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]}, {"crit": []}, {"b64": False, "crit": ["b64"]}, {"typ": "dpop+jwt"}, {"typ": "logout+jwt"},
        {"typ": ["JWT"]},
    ],
)  # fmt: skip
async def test_tokens_of_another_kind_are_refused(
    issuer: FakeIssuer, verifier: TokenVerifier, header: dict[str, Any]
) -> None:
    signature = issuer.token().split(".")[2]
    body = issuer.token().split(".")[1]
    assert await refusal(verifier, f"{part({'alg': 'ES256', 'kid': 'one', **header})}.{body}.{signature}")


@pytest.mark.parametrize(
    "token",
    [
        "", "a", "a.b", "a.b.c", "a.b.c.d", "..", "eyJhbGciOiJFUzI1NiJ9..", "é.é.é", "eyJ\n.e.e", " . . ",
        base64.urlsafe_b64encode(b"[" * 9000).rstrip(b"=").decode() + ".e30.AAAA",
        base64.urlsafe_b64encode(b'{"alg": "ES256", "kid": ' + b"[" * 9000).rstrip(b"=").decode() + ".e30.AAAA",
        f"{part({'alg': 'ES256', 'kid': {'$ne': None}})}.e30.AAAA",
        f"{part({'alg': 'ES256', 'kid': '../../etc/passwd'})}.e30.AAAA",
        f"{part(['alg'])}.e30.AAAA",
        "e" * (MOST_TOKEN_CHARS + 1),
        f"{part({'alg': 'ES256', 'kid': 'one'})}.{'A' * 10_000_000}.AAAA",
    ],
    ids=range(17),
)  # fmt: skip
async def test_what_is_no_token_is_refused(verifier: TokenVerifier, token: str) -> None:
    assert await refusal(verifier, token)


async def test_a_changed_token_is_refused(issuer: FakeIssuer, verifier: TokenVerifier) -> None:
    header, body, signature = issuer.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert "signature" in await refusal(verifier, f"{header}.{part({**claims, 'sub': 'root'})}.{signature}")


async def test_keys_are_fetched_once_for_many(issuer: FakeIssuer, verifier: TokenVerifier) -> None:
    await asyncio.gather(*(verifier.verify(issuer.token()) for _ in range(50)))
    assert issuer.n_fetches == 1


async def test_a_new_key_is_found_and_an_old_one_forgotten(
    issuer: FakeIssuer, verifier: TokenVerifier, clock: Clock
) -> None:
    old = issuer.token()
    await verifier.verify(old)
    issuer.keys = {"two": ("ES256", new_key(number=1))}
    clock.now += UNKNOWN_SECONDS
    await verifier.verify(issuer.token(kid="two"))
    assert await refusal(verifier, old)


async def test_made_up_key_ids_fetch_once_a_minute(issuer: FakeIssuer, verifier: TokenVerifier, clock: Clock) -> None:
    await verifier.verify(issuer.token())
    forged = issuer.token(kid="forged", key=new_key(number=1), algorithm="ES256")
    for minute in range(3):
        await asyncio.gather(*(refusal(verifier, forged) for _ in range(20)))
        assert issuer.n_fetches == 1 + minute
        clock.now += UNKNOWN_SECONDS


async def test_without_a_key_id_the_only_key_counts(issuer: FakeIssuer, verifier: TokenVerifier, clock: Clock) -> None:
    assert await verifier.verify(issuer.token(kid=None))
    issuer.keys["two"] = ("ES256", new_key(number=1))
    clock.now += UNKNOWN_SECONDS
    assert await verifier.verify(issuer.token(kid="two"))
    assert await refusal(verifier, issuer.token(kid=None))


BROKEN: dict[str, Behaviour] = {
    "hang": hang,
    "drip": drip,
    "flood": flood,
    "hang_up": hang_up,
    "error": answer("{}", status="500 Internal Server Error"),
    "redirect": answer("", status="302 Found", more="Location: http://127.0.0.1:1/\r\n"),
    "html": answer("<html>"),
    "list": answer("[]"),
    "deep": answer("[" * 100_000),
    "no keys": answer('{"keys": []}'),
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_an_issuer_that_fails_never_hangs_the_api(
    issuer: FakeIssuer, impatient: TokenVerifier, clock: Clock, broken: str
) -> None:
    token = issuer.token()
    issuer.instead = BROKEN[broken]
    started_at = time.monotonic()
    tries = await asyncio.gather(*(impatient.verify(token) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(each, IssuerUnavailable) for each in tries)
    with pytest.raises(IssuerUnavailable):  # at once, without asking again
        await impatient.verify(token)
    assert time.monotonic() - started_at < 3
    issuer.instead = None
    clock.now += RETRY_SECONDS
    assert await verified(impatient, token, clock)


@pytest.mark.parametrize("broken", ["hang", "error", "no keys"])
async def test_known_keys_outlive_an_issuer_that_is_down(
    issuer: FakeIssuer, impatient: TokenVerifier, clock: Clock, broken: str
) -> None:
    token = issuer.token()
    await verified(impatient, token, clock)
    issuer.instead = BROKEN[broken]
    for _ in range(5):
        clock.now += HOUR
        started_at = time.monotonic()
        assert await impatient.verify(token)
        assert time.monotonic() - started_at < 0.25
    clock.now += MOST_SECONDS
    with pytest.raises(IssuerUnavailable):
        await impatient.verify(token)


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"issuer": "https://other.example"}, "calls itself"),
        ({"issuer": None}, "calls itself"),
        ({"jwks_uri": "http://keys.example/"}, "jwks_uri"),
        ({"jwks_uri": None}, "jwks_uri"),
        ({"jwks_uri": "file:///etc/passwd"}, "jwks_uri"),
        ({"jwks_uri": "https://u:p@keys.example/"}, "jwks_uri"),
        ({"jwks_uri": ["http://127.0.0.1/"]}, "jwks_uri"),
        ({"token_endpoint": "javascript:alert(1)"}, "token_endpoint"),
    ],
)
async def test_an_issuer_that_lies_is_not_believed(
    issuer: FakeIssuer, verifier: TokenVerifier, metadata: dict[str, Any], reason: str
) -> None:
    issuer.metadata = metadata
    with pytest.raises(IssuerUnavailable, match=reason):
        await verifier.verify(issuer.token())


async def test_unusable_keys_do_not_count(issuer: FakeIssuer, verifier: TokenVerifier) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    good = new_key(number=1)
    issuer.keys["good"] = ("ES256", good)
    issuer.jwks = {
        "keys": [
            None, 7, "key", [], {}, {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
            public_jwk(weak, algorithm="RS256", kid="weak"),
            public_jwk(good, algorithm="ES256", kid="for encryption", use="enc"),
            public_jwk(good, algorithm="ES256", kid="for signing", key_ops=["sign"]),
            {**public_jwk(good, algorithm="ES256", kid="off the curve"), "x": "AAAA"},
            public_jwk(good, algorithm="ES256", kid="good"),
        ]
    }  # fmt: skip
    assert await verifier.verify(issuer.token(kid="good"))
    for kid in ("for encryption", "for signing", "off the curve", "secret"):
        assert await refusal(verifier, issuer.token(kid=kid, key=good, algorithm="ES256"))
    with pytest.warns(match="below"):
        token = issuer.token(kid="weak", key=weak, algorithm="RS256")
    assert await refusal(verifier, token)


async def test_two_keys_of_one_id_sign_nobody_in(issuer: FakeIssuer, verifier: TokenVerifier) -> None:
    keys = [new_key(), new_key(number=1)]
    issuer.jwks = {"keys": [public_jwk(key, algorithm="ES256", kid="one") for key in keys]}
    assert await refusal(verifier, issuer.token(key=keys[0]))


async def test_a_sign_in_is_bound_to_its_nonce(issuer: FakeIssuer, verifier: TokenVerifier) -> None:
    assert await verifier.verify(issuer.token(nonce="n"), nonce="n")
    for claims in ({"nonce": "m"}, {}):
        with pytest.raises(TokenRefused):
            await verifier.verify(issuer.token(**claims), nonce="n")
