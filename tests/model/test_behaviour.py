"""What a trained model does with words it was not taught: the same meaning, the same intent; nonsense, fallback."""

import pytest

from pipelines.nlu.intents.refusal import reason_to_refuse
from pipelines.nlu.model import NluModel
from pipelines.registry.release import Release
from tests.support.bots import TINY_BOT

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def model(tiny_release: Release) -> NluModel:
    return tiny_release.model


def understood(model: NluModel, text: str) -> str:
    result = model.parse(text)
    return "fallback" if reason_to_refuse(result, model.thresholds_) else result.ranking[0].intent_id


def values(model: NluModel, text: str) -> dict[str, str]:
    return {span.type: span.value for span in model.parse(text).entities}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("where is my order?", "track_order"),
        ("WHERE IS MY ORDER", "track_order"),
        ("   where   is my order  ", "track_order"),
        ("wher is my ordr", "track_order"),
        ("could you tell me the status of my order", "track_order"),
        ("Hello!", "greet"),
        ("helo", "greet"),
        ("good morning to you", "greet"),
        ("I would like to buy a tent", "order_product"),
        ("i want to by a tnet", "order_product"),
        ("Cancel", "cancel"),
        ("please stop this", "cancel"),
    ],
)
def test_same_meaning_same_intent(model: NluModel, text: str, intent: str) -> None:
    assert understood(model, text) == intent


@pytest.mark.parametrize("text", ["", "?!", "\U0001f600", "qzqz", "\u16a0\u16a1\u16a2", "\u4f60\u597d"])
def test_nonsense_is_not_understood(model: NluModel, text: str) -> None:
    assert understood(model, text) == "fallback"


@pytest.mark.parametrize("value", ["ORD-1042", "ORD-9999", "ORD-4"])
def test_another_order_number_is_the_same_request(model: NluModel, value: str) -> None:
    text = f"what is the status of order {value}"
    assert understood(model, text) == "track_order"
    assert values(model, text) == {"order_id": value}


@pytest.mark.parametrize(
    ("text", "product", "quantity"),
    [
        ("buy two tents", "tent", "2"),
        ("buy 2 tents", "tent", "2"),
        ("order two backpacks", "backpack", "2"),
        ("order two rucksack", "backpack", "2"),
    ],
)
def test_synonyms_mean_one_value(model: NluModel, text: str, product: str, quantity: str) -> None:
    assert understood(model, text) == "order_product"
    assert values(model, text) == {"product": product, "quantity": quantity}


@pytest.mark.parametrize("text", ["track order ORD-1042", "buy two tents", "hello"])
def test_punctuation_and_case_change_no_intent(model: NluModel, text: str) -> None:
    variants = [text, text.upper(), text.capitalize(), f"{text}!", f"{text} ...", f"  {text}\n"]
    assert len({understood(model, variant) for variant in variants}) == 1


def test_every_training_example_is_understood(tiny_release: Release) -> None:
    for intent in TINY_BOT.intents:
        for example in intent.training_data:
            assert understood(tiny_release.model, example.text) == intent.intent_id, example.text
