"""A language model's endpoint over a real socket: scriptable, and by default the stand-in that goes by keywords."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from serving.demo.language_model import choose, completion
from tests.fakes.tool_server import Behaviour, Received, ToolServer, answer, json_of, tool_server


def says(content: str | None, **fields: Any) -> Behaviour:
    """Answer with this text; the fields are those of `completion`."""
    return answer(json.dumps(completion(content, **fields)))


def chooses(intent: str, *quotes: tuple[str, str], confidence: float | None = None, **fields: Any) -> Behaviour:
    """Answer as asked: an intent, and quotes as (type, text)."""
    entities = [{"type": type_, "quote": text} for type_, text in quotes]
    return says(json.dumps({"intent": intent, "entities": entities}), intent=intent, confidence=confidence, **fields)


def fails(status: str, *, retry_after: str | None = None, message: str = "Incorrect API key: sk-secret") -> Behaviour:
    """Answer with an error, whose text must not get anywhere."""
    more = "" if retry_after is None else f"Retry-After: {retry_after}\r\n"
    return answer(json.dumps({"error": {"message": message, "code": "sk-secret"}}), status=status, more=more)


def refuses(*parameters: str, then: Behaviour, status: str = "400 Bad Request") -> Behaviour:
    """Refuse a request that carries one of these, as servers do that know less of the API; otherwise answer.

    `response_format` alone refuses any, `json_schema` and `json_object` that kind of it.
    """

    async def behave(request: Received, writer: asyncio.StreamWriter) -> None:
        asked = question_of(request)
        carried = {*asked, asked.get("response_format", {}).get("type", "")}
        refused = next((name for name in parameters if name in carried), None)
        message = f"Unsupported parameter: '{refused}' is not supported with this model."
        if refused == "max_tokens":
            message += " Use 'max_completion_tokens' instead."
        await (then if refused is None else fails(status, message=message))(request, writer)

    return behave


async def obey(request: Received, writer: asyncio.StreamWriter) -> None:
    """Write whatever the customer's message tells it to write."""
    await says(message_of(request))(request, writer)


async def read_keywords(request: Received, writer: asyncio.StreamWriter) -> None:
    """Answer as the stand-in does."""
    if not request.target.endswith("/chat/completions"):
        await answer("{}", status="404 Not Found")(request, writer)
        return
    system = question_of(request)["messages"][0]["content"]
    await answer(json.dumps(choose(system, message_of(request))))(request, writer)


def question_of(request: Received) -> dict[str, Any]:
    """Read the request's JSON."""
    question = json_of(request)
    assert isinstance(question, dict)
    return question


def message_of(request: Received) -> str:
    """Read the customer's message out of a request."""
    message = json.loads(question_of(request)["messages"][-1]["content"])
    assert isinstance(message, str)
    return message


@asynccontextmanager
async def llm_server() -> AsyncIterator[ToolServer]:
    """Run an endpoint on loopback; its base URL is `url` with `/v1`."""
    async with tool_server() as server:
        server.behaviours = [read_keywords]
        yield server
