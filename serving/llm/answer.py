"""From the language model's output to a choice among the release's intents. Pure, and trusting nothing."""

import json
import math
import re
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from pipelines.schemas.llm_reading import LlmOutcome
from serving.llm.brief import Brief
from serving.llm.completion import Completion

MAX_CHARS = 50_000
"""A longer answer is ignored."""
_MAX_OBJECTS, _MAX_QUOTES = 50, 50
_INTENT_VALUE = re.compile(rb'"intent"\s*:\s*"((?:[^"\\]|\\.)*)"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Quote:
    """A value that the model claims to quote from the message; it has yet to be found there."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """The model's answer about a message; it holds for any message of the same wording."""

    outcome: LlmOutcome
    why: str
    intent_id: str | None = None
    confidence: float | None = None
    quotes: tuple[Quote, ...] = ()


def read_answer(brief: Brief, completion: Completion) -> ModelAnswer:
    """Read the model's output: `understood` with an intent of the release, `none`, `refused`, or else `unavailable`."""
    if completion.refusal or completion.finish_reason == "content_filter":
        return ModelAnswer("refused", "the language model refused to answer")
    if completion.finish_reason == "length":
        why = f"its answer was cut off at {brief.config.max_tokens} tokens; a larger `llm.max_tokens` may help"
        return ModelAnswer("unavailable", why)
    found, begin = _last_object(completion.content)
    if found is None:
        return ModelAnswer("unavailable", "its answer contains no JSON object with an intent")
    intent_id = found["intent"]
    if intent_id != brief.nothing and intent_id not in brief.intent_ids:
        return ModelAnswer("unavailable", "it chose an intent that the release does not have")
    confidence = _confidence(brief, completion, intent_id, begin=begin)
    if intent_id == brief.nothing:
        return ModelAnswer("none", "the language model finds no intent that fits", confidence=confidence)
    quotes = _quotes(brief, found.get("entities"))
    return ModelAnswer("understood", "chosen by the language model", intent_id, confidence, quotes)


def _last_object(content: str) -> tuple[dict[str, Any] | None, int]:
    """Return the last JSON object that names an intent: models without a JSON mode think aloud before it."""
    found: dict[str, Any] | None = None
    begin, position = 0, content.find("{") if len(content) <= MAX_CHARS else -1
    decoder = json.JSONDecoder()
    for _ in range(_MAX_OBJECTS):
        if position < 0:
            break
        try:
            value, end = decoder.raw_decode(content, position)
        except (ValueError, RecursionError):
            end = position + 1
        else:
            if isinstance(value.get("intent"), str):
                found, begin = value, position
        position = content.find("{", end)
    return found, begin


def _quotes(brief: Brief, rows: object) -> tuple[Quote, ...]:
    """Return the well-formed quotes of the release's types; a malformed row must not cost the intent."""
    return tuple(
        Quote(row["type"], row["quote"])
        for row in (rows[:_MAX_QUOTES] if isinstance(rows, list) else ())
        if isinstance(row, dict) and isinstance(row.get("quote"), str) and row["quote"].strip()
        if isinstance(row.get("type"), str) and row["type"] in brief.entity_types
    )


def _confidence(brief: Brief, completion: Completion, intent_id: str, *, begin: int) -> float | None:
    """Return the probability of the tokens that spell the intent, in [0, 1]; None without probabilities.

    `begin` is the position in the content at which the JSON object begins.
    """
    pieces = [bytes(chance.bytes) if chance.bytes else chance.token.encode() for chance in completion.tokens]
    written, content = b"".join(pieces), completion.content.encode()
    # the list may also include the tokens of thoughts before the answer
    offset = written.rfind(content) if pieces else -1
    value = _INTENT_VALUE.search(written, offset + len(completion.content[:begin].encode())) if offset >= 0 else None
    if value is None or value[1] not in _spellings(intent_id):
        return None
    # if another id continues this one, ending here was part of the choice
    others = (*brief.intent_ids, brief.nothing)
    is_ending_chosen = any(other != intent_id and other.startswith(intent_id) for other in others)
    start, end = value.start(1), value.end(1) + is_ending_chosen
    ends = list(accumulate(map(len, pieces)))
    spelling = [
        chance.logprob
        for chance, piece, piece_end in zip(completion.tokens, pieces, ends, strict=True)
        if piece_end > start and piece_end - len(piece) < end
    ]
    chances = [logprob for logprob in spelling if logprob is not None and math.isfinite(logprob)]
    return math.exp(min(0.0, sum(chances))) if chances and len(chances) == len(spelling) else None


def _spellings(intent_id: str) -> tuple[bytes, bytes]:
    """Return the two usual ways to write a string in JSON, without its quotation marks."""
    return json.dumps(intent_id, ensure_ascii=False).encode()[1:-1], json.dumps(intent_id).encode()[1:-1]
