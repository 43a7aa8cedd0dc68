"""Visitors' tokens, made as a shop's server makes them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from pipelines.errors import TokenRefused
from serving.access.visitors import read_visitor

SECRET, OTHER = "visitor_" + "a" * 64, "visitor_" + "b" * 64


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    ends = datetime.now(UTC) + timedelta(hours=10)  # some are made long before they are read
    fields = {"aud": "shop", "sub": "user-42", "thread": "t1", "exp": ends, **claims}
    return jwt.encode({name: value for name, value in fields.items() if value is not None}, secret, algorithm)


def read(text: str, **changes: Any) -> Any:
    return read_visitor(text, **({"bot": "shop", "thread_id": "t1", "secrets": [OTHER, SECRET]} | changes))


def test_read_visitor_returns_the_id_and_what_else_is_signed() -> None:
    visitor = read(token(name="Grace", plan="gold", id="forged"))
    assert visitor.id == "user-42"
    assert visitor.context == {"id": "user-42", "name": "Grace", "plan": "gold"}


HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (token("visitor_" + "c" * 64), "not signed with a key of this bot"),
        (token(exp=NOW - HOUR), "expired"),
        (token(nbf=NOW + HOUR), "not valid yet"),
        (token(exp=NOW + 48 * HOUR), "24 hours at most"),
        (token(exp=None), "lacks one of the claims"),
        (token(sub=None), "lacks one of the claims"),
        (token(aud=None), "lacks one of the claims"),
        (token(thread=None), "lacks one of the claims"),
        (token(aud="other"), "for another bot"),
        (token(thread="t2"), "for another conversation"),
        (token(thread=["t1"]), "for another conversation"),
        (token(sub=""), "1 to 200 characters"),
        (token(sub="x" * 201), "1 to 200 characters"),
        (token(sub="a\nb"), "1 to 200 characters"),
        (token(algorithm="HS512"), "signed with HS256"),
        ("", "JSON Web Token"),
        ("a.b.c", "JSON Web Token"),
        ("x" * 5000, "longer than"),
        (token()[:-4] + "AAAA", "not signed with a key"),
    ],
)
def test_read_visitor_refuses(text: str, why: str) -> None:
    with pytest.raises(TokenRefused, match=why):
        read(text)


def test_read_visitor_refuses_a_token_without_a_signature() -> None:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    claims = {"aud": "shop", "sub": "u", "thread": "t1", "exp": (NOW + HOUR).timestamp()}
    for algorithm in ("none", "None", "HS256"):
        with pytest.raises(TokenRefused):
            read(f"{part({'alg': algorithm})}.{part(claims)}.")


def test_read_visitor_refuses_a_weak_secret_and_no_secret() -> None:
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        weak = token("short")
    for secrets in (["short"], []):
        with pytest.raises(TokenRefused):
            read(weak, secrets=secrets)
