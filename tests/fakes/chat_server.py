"""A chat API that answers as a test tells it, and serves the real chat page."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "serving" / "static" / "chat.html"


class ChatServer(ThreadingHTTPServer):
    """Keeps what was sent; answers each message by echoing it.

    `failures` holds what the next messages get instead: an HTTP status, or `hang up`. `more` holds fields that the
    answers to certain texts have beside or instead of the usual ones. While `gate` is cleared, answers wait.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.messages: list[dict[str, Any]] = []
        self.failures: list[int | str] = []
        self.more: dict[str, dict[str, Any]] = {}
        self.gate = threading.Event()
        self.gate.set()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_GET(self) -> None:
        self._send(200, PAGE.read_bytes(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.messages.append(message)
        self.server.gate.wait(20)
        failure = self.server.failures.pop(0) if self.server.failures else None
        if failure == "hang up":
            self.close_connection = True
        elif isinstance(failure, int):
            self._send(failure, json.dumps({"error": "scripted", "detail": "The kettle is on."}).encode())
        else:
            answer = {
                "replies": [{"text": f"echo {message['text']}"}, {"text": "<img src=x onerror=alert(1)>"}],
                "intent_id": "track_order", "confidence": 0.876, "release": "7",
                "form": {"asking": "order_id", "is_complete": False}, "is_handed_over": False,
                **self.server.more.get(message["text"], {}),
            }  # fmt: skip
            self._send(200, json.dumps(answer).encode())

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """Run a server in a thread."""
    with ChatServer() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.gate.set()
            server.shutdown()
            thread.join()
