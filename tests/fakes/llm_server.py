"""A language model's endpoint over a real socket: scriptable, and by default a modest reader that goes by keywords.

`python tests/fakes/llm_server.py --port N` serves the reader alone, so that the route can be seen without a provider.
"""

import argparse
import asyncio
import json
import math
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

try:
    from tests.fakes.tool_server import Behaviour, Received, ToolServer, answer, json_of, tool_server
except ImportError:  # run as a script, which finds what lies beside it
    from tool_server import Behaviour, Received, ToolServer, answer, json_of, tool_server  # type: ignore[no-redef]

USAGE = {"prompt_tokens": 210, "completion_tokens": 14, "total_tokens": 224}
_LINE = re.compile(r'^- ("(?:[^"\\]|\\.)*"):?(.*)$')
_PIECE = re.compile(r"\w{1,4}|\W")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_LEAST_OVERLAP = 0.5


def says(
    content: str | None,
    *,
    confidence: float | None = None,
    intent: str | None = None,
    refusal: str | None = None,
    finish_reason: str = "stop",
    usage: dict[str, int] | None = USAGE,
) -> Behaviour:
    """Answer with this text; with a confidence, the tokens that spell the intent have it together."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": None}
    if confidence is not None and content is not None:
        choice["logprobs"] = {"content": tokens_of(content, intent=intent or "", confidence=confidence)}
    completion = {"id": "c1", "object": "chat.completion", "created": 1, "model": "fake", "choices": [choice]}
    return answer(json.dumps(completion | ({} if usage is None else {"usage": usage})))


def chooses(intent: str, *quotes: tuple[str, str], confidence: float | None = None, **fields: Any) -> Behaviour:
    """Answer as asked: an intent, and quotes as (type, text)."""
    entities = [{"type": type_, "quote": text} for type_, text in quotes]
    return says(json.dumps({"intent": intent, "entities": entities}), intent=intent, confidence=confidence, **fields)


def tokens_of(content: str, *, intent: str, confidence: float) -> list[dict[str, Any]]:
    """Split a text as tokenizers do, anywhere; only the intent's tokens are less than certain."""
    begin = content.find(f'"{intent}"') + 1
    pieces = [(match[0], begin <= match.start() < begin + len(intent)) for match in _PIECE.finditer(content)]
    share = math.log(confidence) / max(1, sum(is_intent for _, is_intent in pieces))
    return [
        {"token": piece, "bytes": list(piece.encode()), "logprob": share if is_intent else 0.0, "top_logprobs": []}
        for piece, is_intent in pieces
    ]


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
    """Choose the intent whose name and examples share the most telling words with the message."""
    if not request.target.endswith("/chat/completions"):
        await answer("{}", status="404 Not Found")(request, writer)
        return
    intents, values = _sections(question_of(request)["messages"][0]["content"])
    message = message_of(request)
    intent, confidence = _best_match(message, intents)
    quotes = [
        (type_, found[0])
        for type_, examples in values.items()
        for value in _STRING.findall(examples)
        if (found := re.search(rf"\b{re.escape(json.loads(value))}\b", message, re.IGNORECASE))
    ]
    await chooses(intent, *quotes, confidence=confidence)(request, writer)


def _sections(system: str) -> tuple[dict[str, str], dict[str, str]]:
    """Read the lists of the system message: what is said of each intent, and of each type of value."""
    lists: dict[str, dict[str, str]] = {"Intents:": {}, "Types of values:": {}}
    heading = ""
    for line in system.splitlines():
        heading = line if line in lists else heading
        row = _LINE.match(line)
        if row is not None and heading:
            lists[heading][json.loads(row[1])] = row[2]
    return lists["Intents:"], lists["Types of values:"]


def _best_match(message: str, intents: dict[str, str]) -> tuple[str, float]:
    words_by_intent = {intent: _words(f"{intent} {about}") for intent, about in intents.items()}
    spread = Counter(word for words in words_by_intent.values() for word in words)
    said = _words(message)
    scores = {intent: sum(1 / spread[word] for word in said & words) for intent, words in words_by_intent.items()}
    ranked: Sequence[str] = sorted(scores, key=lambda intent: -scores[intent])
    if not ranked or scores[ranked[0]] < _LEAST_OVERLAP:
        return "none", 0.5
    return ranked[0], scores[ranked[0]] / (scores[ranked[0]] + (scores[ranked[1]] if len(ranked) > 1 else 0.0))


def _words(text: str) -> set[str]:
    return {word.removesuffix("s") for word in re.findall(r"[^\W_]+", text.lower()) if len(word) > 2}


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


async def serve(port: int) -> None:
    """Serve the keyword reader until cancelled."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # One for each connection: what it remembers of requests goes with it.
        await ToolServer(port=port, behaviours=[read_keywords]).handle(reader, writer)

    async with await asyncio.start_server(connected, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A stand-in for a language model's endpoint.")
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(serve(parser.parse_args().port))
