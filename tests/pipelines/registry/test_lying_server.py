"""A server that is no MLflow, or a broken one, is reported as such, and names no folder of ours."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipelines.errors import BotError, RegistryUnavailable
from pipelines.registry.client import Registry

JSON, HTML = "application/json", "text/html"


class Liar(ThreadingHTTPServer):
    """Answers every request with the same."""

    daemon_threads = True
    status, kind, body, location = 200, JSON, b"", ""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        liar = self.server
        assert isinstance(liar, Liar)
        self.send_response(liar.status)
        self.send_header("Content-Type", liar.kind)
        self.send_header("Content-Length", str(len(liar.body)))
        if liar.location:
            self.send_header("Location", liar.location)
        self.end_headers()
        self.wfile.write(liar.body)

    do_POST = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        """Be silent."""


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    server = Liar(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def registry(liar: Liar) -> Registry:
    return Registry(f"http://127.0.0.1:{liar.server_port}")


def version(**fields: Any) -> bytes:
    sound = {"name": "intentloop-x", "version": "1", "run_id": "a" * 32, "source": "s", "creation_timestamp": 1}
    return json.dumps({"model_version": sound | fields, "model_versions": [sound | fields]}).encode()


CALLS: list[Callable[[Registry], object]] = [
    lambda registry: registry.find("x", alias="production"),
    lambda registry: registry.find_version("x", "1"),
]


@pytest.mark.parametrize("call", CALLS, ids=["find", "find_version"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (HTML, b"<html></html>"),
        (JSON, b""),
        (JSON, b"null"),
        (JSON, b"[]"),
        (JSON, b"{}"),
        (JSON, b"[" * 100_000),
        (JSON, b"\xff\xfe"),
        (JSON, b'{"model_version": 5}'),
        (JSON, b'{"model_version": {"version": NaN}}'),
        (JSON, version(version="../../x")),
        (JSON, version(version="1\x00")),
        (JSON, version(version={"a": 1})),
        (JSON, version(run_id="/../../x")),
        (JSON, version(tags="x")),
        (JSON, version(creation_timestamp=10**18)),
        (JSON, version(creation_timestamp=10**30)),
        (JSON, version(creation_timestamp="yesterday")),
    ],
)
def test_answer_that_is_no_registrys_is_no_answer(
    liar: Liar, registry: Registry, call: Callable[[Registry], object], kind: str, body: bytes
) -> None:
    liar.status, liar.kind, liar.body, liar.location = 200, kind, body, ""
    with pytest.raises(RegistryUnavailable) as raised:
        call(registry)
    assert len(str(raised.value)) < 1000


def test_list_with_a_version_that_leads_out_of_the_cache_is_no_answer(liar: Liar, registry: Registry) -> None:
    liar.status, liar.kind, liar.body, liar.location = 200, JSON, version(version="../../x"), ""
    with pytest.raises(RegistryUnavailable):
        registry.versions("x")


@pytest.mark.parametrize("call", CALLS, ids=["find", "find_version"])
@pytest.mark.parametrize(("status", "location"), [(302, "http://127.0.0.1:9/"), (403, ""), (404, ""), (500, "")])
def test_status_without_a_reason_is_no_answer(
    liar: Liar, registry: Registry, call: Callable[[Registry], object], status: int, location: str
) -> None:
    liar.status, liar.kind, liar.body, liar.location = status, HTML, b"<html></html>", location
    with pytest.raises(BotError):
        call(registry)
