"""A registry that never finishes an answer is given up, and one whose files are too large is not downloaded."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipelines.errors import RegistryUnavailable, ReleaseRefused
from pipelines.registry.client import RegisteredVersion, Registry
from pipelines.registry.deadline import Bounded

SECONDS = 1.0


class Dripper(threading.Thread):
    """Answers over a real socket: a byte every tenth of a second, without end, or soundly once it is `healed`."""

    def __init__(self, *, drips: bytes) -> None:
        super().__init__(daemon=True)
        self._drips, self.is_healed = drips, False
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port, self.hung_up = self._server.getsockname()[1], 0

    def run(self) -> None:
        while True:
            client, _ = self._server.accept()
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client:
            client.recv(65_536)
            if self.is_healed:
                version = {"name": "intentloop-x", "version": "1", "run_id": "a" * 32, "source": "s"}
                body = json.dumps({"model_version": version}).encode()
                head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                client.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
                return
            try:
                client.sendall(self._drips)
                while True:
                    client.sendall(b"a")
                    time.sleep(0.1)
            except OSError:
                self.hung_up += 1


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture(params=[b"", HEAD + b"X-Long: ", HEAD + b"Content-Length: 9999\r\n\r\n", HEAD + b"\r\n"])
def dripper(request: pytest.FixtureRequest) -> Dripper:
    server = Dripper(drips=request.param)
    server.start()
    return server


def test_a_dripping_registry_is_given_up_and_asked_again(dripper: Dripper) -> None:
    registry = Bounded(Registry(f"http://127.0.0.1:{dripper.port}"), question_seconds=SECONDS)
    for _ in range(2):
        started = time.monotonic()
        with pytest.raises(RegistryUnavailable, match="no whole answer in 1 s"):
            registry.find("x", alias="production")
        assert time.monotonic() - started < SECONDS + 2
    dripper.is_healed = True
    assert registry.find("x", alias="production").version == "1"
    give_up_at = time.monotonic() + 10
    while any(each.name == "registry-question" for each in threading.enumerate()):  # none is left hanging
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def test_what_a_question_raises_is_raised() -> None:
    class Refusing:
        def find(self) -> None:
            raise ReleaseRefused("x", "1", "reasons")

    with pytest.raises(ReleaseRefused, match="reasons"):
        Bounded(Refusing()).find()


@pytest.mark.parametrize("is_nested", [False, True])
def test_files_that_are_too_large_are_not_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_nested: bool
) -> None:
    store, into = tmp_path / "store", tmp_path / "into"
    into.mkdir()
    folder = store / "release" / "nlu" if is_nested else store
    folder.mkdir(parents=True)
    with (folder / "huge").open("wb") as file:
        file.truncate(10 * 2**30)  # sparse: takes no room here, and would there
    registry = Registry("http://127.0.0.1:9")  # only asked where the files are
    monkeypatch.setattr(registry, "files_uri", lambda version: str(store))
    version = RegisteredVersion(name="intentloop-x", version="7", run_id="a" * 32)
    with pytest.raises(ReleaseRefused, match=r"its files have 10,240 MB, more than the 2,048 MB") as raised:
        registry.download(version, into)
    assert "INTENTLOOP_RELEASE_MAX_MEGABYTES" in str(raised.value)
    assert list(into.iterdir()) == []


class LyingStore(BaseHTTPRequestHandler):
    """Lists files of ten bytes or of none, and sends without end."""

    listed: int | None = 10
    n_sent = 0

    def do_GET(self) -> None:
        self.send_response(200)
        if "path=" in self.path:
            size = {"file_size": self.listed} if self.listed is not None else {}
            body = json.dumps({"files": [{"path": "manifest.json", "is_dir": False, **size}]}).encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.end_headers()
        try:
            while type(self).n_sent < 200 * 2**20:
                type(self).n_sent += self.wfile.write(bytes(2**16))
        except OSError:
            pass

    def log_message(self, format: str, *arguments: object) -> None:
        """Be silent."""


@pytest.mark.parametrize("listed", [10, 0, None])
def test_a_store_that_sends_more_than_it_lists_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: int | None
) -> None:
    monkeypatch.setattr(LyingStore, "listed", listed)
    monkeypatch.setattr(LyingStore, "n_sent", 0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), LyingStore)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    registry = Registry("http://127.0.0.1:9", most_megabytes=1)
    monkeypatch.setattr(
        registry, "files_uri", lambda version: f"http://127.0.0.1:{server.server_port}/mlflow-artifacts/artifacts/store"
    )
    version = RegisteredVersion(name="intentloop-x", version="7", run_id="a" * 32)
    with pytest.raises(ReleaseRefused, match="sends more bytes of its files than it lists"):
        registry.download(version, tmp_path)
    server.shutdown()
    server.server_close()
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) <= 2**20
    assert LyingStore.n_sent < 50 * 2**20
