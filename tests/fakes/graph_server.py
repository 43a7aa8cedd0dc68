"""Messenger's Send API over a real socket: it checks what is sent, and fails as the test tells it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.tool_server import Behaviour, Received, ToolServer, answer, tool_server

_FIELDS = {"recipient", "messaging_type", "message", "sender_action", "access_token", "appsecret_proof"}


def failure(code: int, *, status: int = 400, more: str = "", message: str = "scripted", **fields: Any) -> Behaviour:
    """Fail as the Graph API does."""
    body = {"error": {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "x", **fields}}
    return answer(json.dumps(body), status=f"{status} Scripted", more=more)


ACCEPTS = answer('{"recipient_id": "1", "message_id": "m_sent"}')


@dataclass(frozen=True)
class Sent:
    """One request that was accepted or at least well-formed."""

    page: str
    recipient: str
    token: str
    text: str | None
    quick_replies: tuple[dict[str, str], ...]
    action: str | None


@dataclass
class GraphServer:
    """What a test scripts (`behaviours`) and reads. `problems` is what a real platform would have refused."""

    tool: ToolServer
    app_secret: str
    problems: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Base URL with a version, as the settings have it."""
        return f"{self.tool.url}/v24.0"

    @property
    def behaviours(self) -> list[Behaviour]:
        """What the next requests get; the last one stays."""
        return self.tool.behaviours

    @behaviours.setter
    def behaviours(self, behaviours: list[Behaviour]) -> None:
        self.tool.behaviours = behaviours

    @property
    def requests(self) -> list[Sent]:
        """Every request that came in, failed ones included."""
        return [self._read(request) for request in self.tool.received]

    @property
    def messages(self) -> list[Sent]:
        """Every message that came in, failed ones included, without the typing indicators."""
        return [sent for sent in self.requests if sent.action is None]

    @property
    def texts(self) -> list[str | None]:
        """The texts of the messages."""
        return [sent.text for sent in self.messages]

    async def wait_for(self, count: int, *, seconds: float = 15.0) -> list[Sent]:
        """Wait until so many messages have come in."""
        async with asyncio.timeout(seconds):
            while len(self.messages) < count:  # noqa: ASYNC110 - another task's progress
                await asyncio.sleep(0.01)
        return self.messages

    def _read(self, request: Received) -> Sent:
        form = {name: values[0] for name, values in parse_qs(request.body.decode(), strict_parsing=True).items()}
        problems = list(_problems(request, form, app_secret=self.app_secret))
        self.problems += [problem for problem in problems if problem not in self.problems]
        message = json.loads(form.get("message", "{}"))
        return Sent(
            page=urlsplit(request.target).path.split("/")[2],
            recipient=json.loads(form["recipient"])["id"],
            token=form["access_token"],
            text=message.get("text"),
            quick_replies=tuple(message.get("quick_replies", ())),
            action=form.get("sender_action"),
        )


def _problems(request: Received, form: dict[str, str], *, app_secret: str) -> Iterator[str]:
    """Say what the platform's reference does not allow."""
    path = urlsplit(request.target)
    if (request.method, path.query, path.path.split("/")[3:]) != ("POST", "", ["messages"]):
        yield f"{request.method} {request.target}"
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        yield "not a form"
    if unknown := form.keys() - _FIELDS:
        yield f"unknown fields {unknown}"
    proof = hmac.new(app_secret.encode(), form["access_token"].encode(), hashlib.sha256).hexdigest()
    if form.get("appsecret_proof") != proof:
        yield "no proof that the app has the token, as apps may require"
    if ("message" in form) is ("sender_action" in form):
        yield "a message or an action, one of them"
    if "message" in form:
        if form.get("messaging_type") != "RESPONSE":
            yield "no messaging_type"
        yield from _problems_of_message(json.loads(form["message"]))


def _problems_of_message(message: dict[str, Any]) -> Iterator[str]:
    if not message.get("text", "").strip() or len(message["text"].encode("utf-16-le")) > 4000:
        yield "the text is empty or too long"
    buttons = message.get("quick_replies", [])
    if len(buttons) > 13 or ("quick_replies" in message and not buttons):
        yield "the number of quick replies"
    for button in buttons:
        is_right = button.keys() == {"content_type", "title", "payload"} and button["content_type"] == "text"
        if not is_right or not 0 < len(button["title"]) <= 20 or not 0 < len(button["payload"]) <= 1000:
            yield f"quick reply {button}"


@asynccontextmanager
async def graph_server(*, app_secret: str) -> AsyncIterator[GraphServer]:
    """Run the API on loopback, for an app with this secret."""
    async with tool_server() as tool:
        tool.behaviours = [ACCEPTS]
        server = GraphServer(tool, app_secret)
        yield server
        assert server.requests is not None  # reading them finds what is wrong with them
        assert server.problems == []
