"""The stand-in for a language model answers as an endpoint does, by keywords."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.demo.language_model import choose, completion, create_language_model

SYSTEM = """Read the message.

Intents:
- "track_order": where is my order, "has it shipped"
- "cancel": "stop that"
- "hours"

Types of values:
- "city": "Oslo", "New York"
"""


def ask(*messages: dict[str, Any]) -> Any:
    with TestClient(create_language_model()) as client:
        return client.post("/v1/chat/completions", json={"model": "m", "temperature": 0, "messages": messages})


def chosen(message: str) -> Any:
    return json.loads(choose(SYSTEM, message)["choices"][0]["message"]["content"])


def test_endpoint_answers_with_a_completion() -> None:
    done = ask({"role": "system", "content": SYSTEM}, {"role": "user", "content": json.dumps("my order?")})
    assert done.status_code == 200
    assert json.loads(done.json()["choices"][0]["message"]["content"])["intent"] == "track_order"
    assert done.json()["usage"]["total_tokens"] == 224


def test_endpoint_answers_a_test_of_the_connection() -> None:
    done = ask({"role": "user", "content": "Say yes."})
    assert done.json()["choices"][0]["message"]["content"] == "Yes."


@pytest.mark.parametrize("messages", [(), ({"role": "user"},), ({"content": SYSTEM}, {"content": "no JSON"})])
def test_endpoint_refuses_what_is_no_question_of_ours(messages: tuple[dict[str, Any], ...]) -> None:
    assert ask(*messages).status_code == 422


@pytest.mark.parametrize(
    ("message", "intent"),
    [("Where's my ORDER", "track_order"), ("please stop", "cancel"), ("opening hours", "hours"), ("hm", "none")],
)
def test_choose_takes_the_intent_that_shares_most_words(message: str, intent: str) -> None:
    assert chosen(message)["intent"] == intent


def test_choose_quotes_the_values_that_it_finds() -> None:
    assert chosen("an order to new york, not Osloite")["entities"] == [{"type": "city", "quote": "new york"}]


def test_completion_with_a_confidence_spreads_it_over_the_tokens_of_the_intent() -> None:
    (choice,) = completion('{"intent": "track_order"}', intent="track_order", confidence=0.5)["choices"]
    tokens = choice["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == '{"intent": "track_order"}'
    assert sum(token["logprob"] for token in tokens) == pytest.approx(-0.6931, abs=1e-3)
    assert "logprobs" in completion("x")["choices"][0]
