import json
import math
from dataclasses import replace
from itertools import pairwise

import pytest

from serving.demo.language_model import tokens_of
from serving.llm.answer import MAX_CHARS, ModelAnswer, Quote, read_answer
from serving.llm.brief import Brief
from serving.llm.completion import Completion, TokenChance

TRACK = '{"intent": "track_order", "entities": []}'


def read(brief: Brief, content: str, **fields: object) -> ModelAnswer:
    return read_answer(brief, Completion.model_validate({"content": content} | fields))


def test_read_answer_takes_intent_and_quotes(brief: Brief) -> None:
    entities = [{"type": "product", "quote": "tents"}, {"type": "quantity", "quote": "2"}]
    answer = read(brief, json.dumps({"intent": "order_product", "entities": entities}))
    assert (answer.outcome, answer.intent_id, answer.confidence) == ("understood", "order_product", None)
    assert answer.quotes == (Quote("product", "tents"), Quote("quantity", "2"))


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{TRACK}\n```",
        f"The customer asks for an order, so:\n{TRACK}\nI hope this helps.",
        f'<think>{{"intent": "greet"}}? No, {{this}} is about orders.</think>{TRACK}',
        '{"intent": "track_order"}',
        '{"intent": "track_order", "entities": null, "reason": {"intent": 3}}',
        '{"intent": "track_order", "entities": "none"}',
    ],
)
def test_read_answer_finds_the_json_in_the_text(brief: Brief, content: str) -> None:
    answer = read(brief, content)
    assert (answer.outcome, answer.intent_id, answer.quotes) == ("understood", "track_order", ())


@pytest.mark.parametrize(
    "row",
    [3, None, [], {}, {"type": "product"}, {"quote": "tent"}, {"type": "card_number", "quote": "tent"}]
    + [{"type": "product", "quote": quote} for quote in ("", " ", 3, None, ["tent"])]
    + [{"type": ["product"], "quote": "tent"}],
)
def test_read_answer_drops_a_bad_quote_and_keeps_the_rest(brief: Brief, row: object) -> None:
    good = {"type": "product", "quote": "tent"}
    answer = read(brief, json.dumps({"intent": "order_product", "entities": [row, good]}))
    assert answer.quotes == (Quote("product", "tent"),)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "no JSON object"),
        ("I cannot tell.", "no JSON object"),
        ('{"intent": "track_order"', "no JSON object"),
        ("{}", "no JSON object"),
        ('["track_order"]', "no JSON object"),
        ('{"intent": null}', "no JSON object"),
        ('{"intent": ["track_order"]}', "no JSON object"),
        ('{"a":' * 5000, "no JSON object"),
        ("{" * 5000, "no JSON object"),
        (" " * MAX_CHARS + TRACK, "no JSON object"),
        ('{"intent": "delete_account", "entities": []}', "does not have"),
        ('{"intent": "Track_Order"}', "does not have"),
        ('{"intent": "fallback"}', "does not have"),
        ('{"intent": "init_conversation"}', "does not have"),
    ],
)
def test_read_answer_of_anything_else_is_no_answer(brief: Brief, content: str, why: str) -> None:
    answer = read(brief, content)
    assert answer.outcome == "unavailable"
    assert why in answer.why
    assert answer.intent_id is None


def test_read_answer_none_is_an_answer(brief: Brief) -> None:
    answer = read(brief, '{"intent": "none", "entities": [{"type": "product", "quote": "tent"}]}')
    assert (answer.outcome, answer.intent_id, answer.quotes) == ("none", None, ())


def test_read_answer_of_a_refusal_says_so_without_its_words(brief: Brief) -> None:
    for fields in ({"refusal": "I can't help with bombs"}, {"finish_reason": "content_filter"}):
        answer = read(brief, TRACK, **fields)
        assert answer.outcome == "refused"
        assert "bombs" not in answer.why


def test_read_answer_that_was_cut_off_is_none(brief: Brief) -> None:
    answer = read(brief, TRACK, finish_reason="length")
    assert answer.outcome == "unavailable"
    assert "cut off at 400 tokens" in answer.why


def confidence(brief: Brief, content: str, rows: list[dict[str, object]]) -> float | None:
    return read_answer(
        brief, Completion(content=content, tokens=tuple(TokenChance.model_validate(row) for row in rows))
    ).confidence


@pytest.mark.parametrize("chance", [0.999, 0.83, 0.01])
def test_confidence_is_that_of_the_tokens_that_spell_the_intent(brief: Brief, chance: float) -> None:
    found = confidence(brief, TRACK, tokens_of(TRACK, intent="track_order", confidence=chance))
    assert found == pytest.approx(chance)


def test_confidence_counts_a_token_that_reaches_into_the_intent(brief: Brief) -> None:
    pieces = [('{"intent": ', -9.0), ('"track', -0.1), ("_order", -0.2), ('", "entities": []}', -9.0)]
    rows: list[dict[str, object]] = [{"token": token, "logprob": logprob} for token, logprob in pieces]
    assert confidence(brief, TRACK, rows) == pytest.approx(math.exp(-0.3))


def test_confidence_counts_the_end_where_another_intent_goes_on(brief: Brief) -> None:
    wider = replace(brief, intent_ids=brief.intent_ids | {"track_order_again"})
    pieces = [('{"intent": "', 0.0), ("track_order", -0.1), ('"', -0.5), (', "entities": []}', 0.0)]
    rows: list[dict[str, object]] = [{"token": token, "logprob": logprob} for token, logprob in pieces]
    assert confidence(wider, TRACK, rows) == pytest.approx(math.exp(-0.6))
    assert confidence(brief, TRACK, rows) == pytest.approx(math.exp(-0.1))


def test_confidence_skips_what_was_thought_before_the_answer(brief: Brief) -> None:
    thought = 'Maybe {"intent": "greet"}.'
    said = f'Or {{"intent": "greet"}}. {TRACK}'
    rows: list[dict[str, object]] = [{"token": thought, "logprob": -9.0}]
    rows += tokens_of(said, intent="track_order", confidence=0.7)
    assert confidence(brief, said, rows) == pytest.approx(0.7)


def test_confidence_of_letters_that_tokens_tear_apart(brief: Brief) -> None:
    odd = replace(brief, intent_ids=frozenset({"größe"}))
    content = '{"intent": "größe"}'
    whole = content.encode()
    cuts = [0, 12, 15, 17, len(whole)]  # in the middle of both letters
    rows: list[dict[str, object]] = [
        {"token": "?", "bytes": list(whole[start:end]), "logprob": -0.1 if 12 <= start < 17 else 0.0}
        for start, end in pairwise(cuts)
    ]
    assert confidence(odd, content, rows) == pytest.approx(math.exp(-0.2))
    escaped = json.dumps({"intent": "größe"})
    assert confidence(odd, escaped, [{"token": escaped, "logprob": -0.3}]) == pytest.approx(math.exp(-0.3))


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"token": TRACK, "logprob": None}],
        [{"token": TRACK, "logprob": float("nan")}],
        [{"token": TRACK, "logprob": float("-inf")}],
        [{"token": "something else", "logprob": -0.1}],
        [{"token": TRACK.replace("track_order", "greet"), "logprob": -0.1}],
    ],
)
def test_confidence_is_never_made_up(brief: Brief, rows: list[dict[str, object]]) -> None:
    assert confidence(brief, TRACK, rows) is None


def test_confidence_is_a_probability_whatever_the_endpoint_says(brief: Brief) -> None:
    assert confidence(brief, TRACK, [{"token": TRACK, "logprob": 3.0}]) == 1.0
    assert confidence(brief, TRACK, [{"token": TRACK, "logprob": 9999.0}]) == 1.0
    assert confidence(brief, TRACK, [{"token": TRACK, "logprob": -9999.0}]) == 0.0
