"""The sample bot as it ships, trained with the real encoder: changes of the wording change no meaning."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.nlu.encoder.encoder import SentenceEncoder
from pipelines.nlu.explain import explain_text
from pipelines.nlu.intents.refusal import reason_to_refuse
from pipelines.nlu.model import NluModel
from pipelines.schemas.understanding import NluResult
from pipelines.steps.data.extract import extract_from_file, read_examples
from pipelines.steps.data.frame import to_examples
from pipelines.steps.evaluation.behaviour import BehaviourResult, run_behaviour
from tests.support.texts import odd_texts

pytestmark = [pytest.mark.model, pytest.mark.slow]

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
CHANGES = ("upper_case", "lower_case", "other_punctuation", "emoji", "greeting", "more_space", "typo", "entity_swap")
LEAST_KEPT = 0.95


@pytest.fixture(scope="session")
def model(real_encoder: SentenceEncoder) -> NluModel:
    found = extract_from_file(SAMPLE / "bot.json")
    rows = [*to_examples(found.frame), *read_examples(SAMPLE / "oos.jsonl")[:130]]
    trained = NluModel(encoder=real_encoder, language=found.bot_file.language)
    return trained.fit(rows, found.bot_file.entities, intents=found.bot_file.intents)


@pytest.fixture(scope="session")
def behaviour(model: NluModel) -> dict[str, BehaviourResult]:
    return {result.change: result for result in run_behaviour(model, read_examples(SAMPLE / "test.jsonl"))}


def top(model: NluModel, text: str) -> str:
    return model.parse(text).ranking[0].intent_id


@pytest.mark.parametrize("change", CHANGES)
def test_change_keeps_the_intent(behaviour: dict[str, BehaviourResult], change: str) -> None:
    result = behaviour[change]
    assert result.n_utterances > 100
    assert result.kept >= LEAST_KEPT, result.broken


def test_every_change_is_tested(behaviour: dict[str, BehaviourResult]) -> None:
    assert set(behaviour) == set(CHANGES)


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("my parcel has arrived", "my parcel has not arrived"),
        ("sign me up for the newsletter", "I don't want the newsletter any more"),
        ("I can log in to my account", "I cannot log in to my account, it does not take my password"),
    ],
)
def test_negation_is_another_meaning(model: NluModel, text: str, negated: str) -> None:
    assert model.parse(text).ranking != model.parse(negated).ranking


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("my order has not arrived, it's two weeks late", "order_never_arrived"),
        ("please don't send me your newsletter any more", "unsubscribe_newsletter"),
        ("my discount code is not working", "apply_discount"),
    ],
)
def test_negated_wishes_are_understood(model: NluModel, text: str, intent: str) -> None:
    assert top(model, text) == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [("hello", "greet"), ("thanks", "thank_you"), ("refund", "request_refund"), ("cancel", "cancel")],
)
def test_one_word_is_understood(model: NluModel, text: str, intent: str) -> None:
    assert top(model, text) == intent


def test_a_hundred_words_are_understood(model: NluModel) -> None:
    story = "we had such a lovely holiday in the hills with the children and the weather was kind to us all week long"
    text = f"i want to cancel my order ORD-1042. {story}, {story}, {story}, {story} so please cancel order ORD-1042"
    assert len(text.split()) >= 100
    assert top(model, text) == "cancel_order"


def test_unseen_values_are_found(model: NluModel) -> None:
    result = model.parse("where is order ORD-9876543 for zanzibar.quill@example.org")
    values = {span.type: span.value for span in result.entities}
    assert values["order_id"] == "ORD-9876543"
    assert values["email"] == "zanzibar.quill@example.org"


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u2003", "\u200b", "?!", "\U0001f600", "\x00"])
def test_empty_texts_are_fallback(model: NluModel, text: str) -> None:
    result = model.parse(text)
    assert result.ranking == ()
    assert reason_to_refuse(result, model.thresholds_) == "nothing-to-read"


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(st.characters(), max_size=300))
def test_any_string_is_read(model: NluModel, text: str) -> None:
    result = model.parse(text)
    NluResult.model_validate(result.model_dump())
    assert all(0 <= span.start < span.end <= len(text) for span in result.entities)


def test_odd_mixtures_are_read_and_explained(model: NluModel) -> None:
    for text in odd_texts(200, seed=11):
        assert explain_text(model, text).result == model.parse(text)
