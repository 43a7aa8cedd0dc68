"""With the encoder, words that no example has may be understood; a text without any word it knows is not."""

import pytest

from pipelines.nlu.encoder.encoder import SentenceEncoder
from pipelines.nlu.intents.refusal import reason_to_refuse
from pipelines.nlu.model import NluModel
from pipelines.schemas.examples import Example
from tests.support.bots import TINY_BOT
from tests.support.releases import examples_of
from tests.support.strange_texts import STRANGE_TEXTS

pytestmark = pytest.mark.model

DINER = {
    "book": [
        "book a table", "i want to reserve a table", "table for dinner please", "can i get a table tonight",
        "reserve a table for us", "make a table reservation", "do you have a free table", "i need a dinner reservation",
    ],
    "hello": ["hello", "good morning", "howdy", "good evening", "hello bot", "hey there"],
    "cancel": ["cancel", "cancel that", "forget it", "stop this", "never mind", "abort"],
    "thanks": ["thanks", "thank you", "thanks a lot", "great, thanks", "thx", "thank you very much"],
}  # fmt: skip


@pytest.fixture(scope="module")
def diner(real_encoder: SentenceEncoder) -> NluModel:
    rows = [Example(id=text, text=text, intent=name) for name, texts in DINER.items() for text in texts]
    return NluModel(encoder=real_encoder).fit(rows)


@pytest.fixture(scope="module")
def tiny(real_encoder: SentenceEncoder) -> NluModel:
    return NluModel(encoder=real_encoder).fit(examples_of(TINY_BOT), TINY_BOT.entities, intents=TINY_BOT.intents)


@pytest.mark.parametrize("kind", STRANGE_TEXTS)
def test_nothing_is_known_in_strange_texts(diner: NluModel, tiny: NluModel, kind: str) -> None:
    for model in (diner, tiny):
        for text in STRANGE_TEXTS[kind]:
            assert reason_to_refuse(model.parse(text), model.thresholds_) in ("nothing-known", "nothing-to-read"), text


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("I'd fancy a spot for supper", "book"),
        ("somewhere to eat", "book"),
        ("greetings", "hello"),
        ("hi", "hello"),
        ("quit", "cancel"),
        ("terminate", "cancel"),
        ("cancelar", "cancel"),
        ("cheers, much appreciated", "thanks"),
        ("grateful", "thanks"),
        ("tabel resevation", "book"),
    ],
)
def test_words_of_the_encoder_are_understood_though_none_was_taught(diner: NluModel, text: str, intent: str) -> None:
    result = diner.parse(text)
    assert result.ranking[0].intent_id == intent
    assert reason_to_refuse(result, diner.thresholds_) is None
