"""A stand-in for a language model: it matches keywords, so that the route to a model can be seen without one.

It answers as an OpenAI-compatible endpoint does that knows JSON schemas and token probabilities. Not for production.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field, Json

USAGE = {"prompt_tokens": 210, "completion_tokens": 14, "total_tokens": 224}
_LINE = re.compile(r'^- ("(?:[^"\\]|\\.)*"):?(.*)$')
_PIECE = re.compile(r"\w{1,4}|\W")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_LEAST_OVERLAP = 0.5


class _System(BaseModel):
    content: str


class _User(BaseModel):
    content: Json[str]


class Question(BaseModel):
    """What is read of a request: the brief that `serving.llm` writes, and the customer's message as a JSON string.

    A single message is a test of the connection.
    """

    messages: tuple[_System, _User] | tuple[_System] = Field(description="The system message, then the customer's.")


def create_language_model() -> FastAPI:
    """Create the endpoint; its base URL ends in `/v1`."""
    app = FastAPI(title="Stand-in for a language model", description=__doc__, version="1")

    @app.post("/v1/chat/completions")
    async def complete(question: Question) -> dict[str, Any]:
        if len(question.messages) == 1:
            return completion("Yes.")
        system, user = question.messages
        return choose(system.content, user.content)

    return app


def choose(system: str, message: str) -> dict[str, Any]:
    """Choose the intent whose name and examples share the most telling words with a message.

    Parameters
    ----------
    system
        The system message: it lists the intents and the types of values, each with examples.
    message
        What the customer wrote. Values of the lists are quoted where they stand in it.

    Returns
    -------
    dict[str, Any]
        The completion.
    """
    intents, values = _sections(system)
    intent, confidence = _best_match(message, intents)
    entities = [
        {"type": type_, "quote": found[0]}
        for type_, examples in values.items()
        for value in _STRING.findall(examples)
        if (found := re.search(rf"\b{re.escape(json.loads(value))}\b", message, re.IGNORECASE))
    ]
    return completion(json.dumps({"intent": intent, "entities": entities}), intent=intent, confidence=confidence)


def completion(
    content: str | None,
    *,
    confidence: float | None = None,
    intent: str = "",
    refusal: str | None = None,
    finish_reason: str = "stop",
    usage: dict[str, int] | None = USAGE,
) -> dict[str, Any]:
    """Return a completion that says this; with a confidence, the tokens that spell the intent have it together."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": None}
    if confidence is not None and content is not None:
        choice["logprobs"] = {"content": tokens_of(content, intent=intent, confidence=confidence)}
    body = {"id": "c1", "object": "chat.completion", "created": 1, "model": "stand-in", "choices": [choice]}
    return body | ({} if usage is None else {"usage": usage})


def tokens_of(content: str, *, intent: str, confidence: float) -> list[dict[str, Any]]:
    """Split a text as tokenizers do, anywhere; only the intent's tokens are less than certain."""
    begin = content.find(f'"{intent}"') + 1
    pieces = [(match[0], begin <= match.start() < begin + len(intent)) for match in _PIECE.finditer(content)]
    share = math.log(confidence) / max(1, sum(is_intent for _, is_intent in pieces))
    return [
        {"token": piece, "bytes": list(piece.encode()), "logprob": share if is_intent else 0.0, "top_logprobs": []}
        for piece, is_intent in pieces
    ]


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
