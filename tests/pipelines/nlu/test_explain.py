"""The reasons of an understanding add up to it, and are fit to be shown."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.nlu.explain import explain_text, verdict_of
from pipelines.nlu.model import NluModel
from pipelines.schemas.bot import Intent
from pipelines.schemas.explanation import Explanation
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import IntentScore, NluResult
from tests.support.texts import odd_texts


def result(*ranking: tuple[str, float], score: float | None = None) -> NluResult:
    rows = tuple(IntentScore(intent_id=intent, confidence=confidence) for intent, confidence in ranking)
    return NluResult(text="text", ranking=rows, out_of_scope_score=score)


def test_explain_shares_add_up_to_the_decision(tiny_model: NluModel) -> None:
    for text in ("where is my order ORD-1042", "two tents please", *odd_texts(50, seed=9)):
        explanation = explain_text(tiny_model, text)
        utterance = tiny_model.features_.read(text)
        decisions, _ = tiny_model.classifier_.decide(utterance.sparse, utterance.sentence)
        for row in explanation.intents:
            column = tiny_model.classifier_.intents_.index(row.intent_id)
            assert row.words + row.sentence + row.prototypes + row.constant == pytest.approx(row.decision)
            assert row.decision == pytest.approx(float(decisions[column]), abs=1e-5)


def test_explain_scope_adds_up_to_the_score(tiny_model: NluModel) -> None:
    explanation = explain_text(tiny_model, "where is my order")
    assert explanation.result.out_of_scope_score is not None
    assert sum(view.distance for view in explanation.scope) == pytest.approx(explanation.result.out_of_scope_score)


def test_explain_names_the_word_that_decides(tiny_model: NluModel) -> None:
    features = explain_text(tiny_model, "buy two tents").features
    assert features[0].kind == "word"
    assert "buy" in [row.ngram for row in features if row.weight > 0.0]
    kinds = [row.kind for row in features]
    assert kinds == sorted(kinds, reverse=True)


def test_explain_finds_the_training_example_itself(tiny_model: NluModel) -> None:
    nearest = explain_text(tiny_model, "Good Morning").nearest
    assert (nearest[0].text, nearest[0].intent_id) == ("good morning", "greet")
    assert nearest[0].similarity == pytest.approx(1.0, abs=0.01)
    assert [row.similarity for row in nearest] == sorted((row.similarity for row in nearest), reverse=True)


def test_explain_tells_what_a_form_took_from_what_the_model_reads(tiny_model: NluModel) -> None:
    read, taken = explain_text(tiny_model, "hello"), explain_text(tiny_model, "hello", form="order")
    assert read.verdict.startswith("Answered as greet: its confidence")
    assert taken.verdict == f"Form: the form of order took the text. Outside a form: a{read.verdict[1:]}"


def test_explain_is_the_same_after_loading(tiny_model: NluModel, tmp_path: Path) -> None:
    tiny_model.save(tmp_path)
    assert explain_text(NluModel.load(tmp_path), "where is it") == explain_text(tiny_model, "where is it")


@given(st.text(st.characters(), max_size=100))
def test_explain_never_raises_and_can_be_shown(tiny_model: NluModel, text: str) -> None:
    explanation = explain_text(tiny_model, text)
    assert explanation.result == tiny_model.parse(text)
    assert Explanation.model_validate_json(explanation.model_dump_json()) == explanation
    assert explanation._repr_html_()


@pytest.mark.parametrize(
    ("understood", "verdict"),
    [
        (result(), "Fallback: the text has no letter or digit."),
        (result(("a", 0.9), ("b", 0.1)), "Answered as a: its confidence 0.90 reaches 0.50."),
        (result(("a", 0.4)), "Fallback: a is the likeliest intent, but its confidence 0.40 is below 0.50."),
        (result(("a", 0.52), ("b", 0.48)), "Asked: the customer chooses between a and b, which are close"),
        (result(("a", 0.3), ("b", 0.25), ("c", 0.2)), "Asked: the customer chooses between a, b, c, which are close"),
        (result(("gone", 0.9)), "Fallback: gone is the likeliest intent, but the release does not have it."),
        (result(("a", 0.9), score=100.0), "Fallback: no word in the text was taught"),
        (result(("a", 0.9), score=3.0), "Fallback: a is the likeliest intent, but the text is unlike anything taught"),
    ],
)
def test_verdict_of_says_what_routing_does(understood: NluResult, verdict: str) -> None:
    intent_by_id = {name: Intent(name=name, intent_id=name) for name in ("a", "b", "c")}
    said = verdict_of(understood, Thresholds(confidence=0.5, out_of_scope=2.0), intent_by_id)
    assert said.startswith(verdict)
