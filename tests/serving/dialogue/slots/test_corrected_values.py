"""A correction of a parameter that takes whole answers changes it to all that the customer wrote."""

from typing import Any

import pytest

from pipelines.schemas.bot import Intent
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import EntitySpan, NluResult
from serving.dialogue.interpret import Interpretation
from serving.dialogue.slots.fill import fill_slots
from serving.dialogue.slots.values import ValueReader
from serving.dialogue.state import Form, Slot

PARAMETERS = [
    {"name": "address", "type": "address", "required": True, "prompt": "Where to?", "freeText": True},
    {"name": "size", "type": "size", "required": True, "prompt": "How large?"},
    {"name": "name", "type": "person", "required": True, "prompt": "Who are you?", "freeText": True},
]
KNOWN = {"address": "12 Market Street", "size": "large", "name": "Ann"}


def changes(
    text: str, *found: tuple[str, ...], language: str = "en", asking: str | None = None, known: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return what a message changes in a form that is to be confirmed; each find is a type, the words, and a source."""
    intent = Intent.model_validate({"name": "Order", "intentId": "order", "parameters": PARAMETERS})
    spans, place = [], 0
    for kind, surface, *source in found:
        start = place = text.index(surface, place)
        place += len(surface)
        fields = {"start": start, "end": place, "type": kind, "value": surface, "source": (*source, "tagger")[0]}
        spans.append(EntitySpan.model_validate(fields))
    definition = BotDefinition(name="b", language=language, intents=(intent,), thresholds=Thresholds(confidence=0.5))
    read = Interpretation(nlu=NluResult(text=text, ranking=(), entities=tuple(spans)))
    kinds = {parameter["name"]: parameter["type"] for parameter in PARAMETERS}
    before = {name: value for name, value in KNOWN.items() if name in (known or KNOWN)}
    slots = tuple(
        Slot.model_validate({"name": name, "type": kinds[name], "value": value}) for name, value in before.items()
    )
    form = Form(intent_id="order", slots=slots, recent=("name",), asking=asking, is_confirming=asking is None)
    after = fill_slots(intent, form, read, reader=ValueReader(definition)).form.value_by_name()
    return {name: value for name, value in after.items() if before.get(name) != value}


@pytest.mark.parametrize(
    "text",
    [
        "no, the address is {}", "the address is {}", "change the address to {} please", "no, {}", "no wait, {}",
        "{} instead", "actually it's {}", "no, deliver it to {}", "wrong address, it should be {}", "I meant {}",
        "yes but the address is {}", "please correct the address: {}", "oh sorry, {}", "make that {}",
        "{}, not 12 Market Street", "not 12 Market Street, {}", "not 12 market  street but {}",
        "can you send it to {} instead of 12 Market Street?", "change 12 Market Street to {}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("found", ["High Street", "14 High Street", "14 High"])
def test_all_of_the_new_value_is_taken(text: str, found: str) -> None:
    assert changes(text.format("14 High Street"), ("address", found)) == {"address": "14 High Street"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("not Market Street but 14 High Street", ("Market Street", "High Street")),
        ("sorry, 14 High Street, not 12 Market Street", ("High Street", "Market Street")),
        ("send it to 14 High Street instead of Market Street", ("High Street", "Market Street")),
        ("no, 14 High Street rather than 12 Market Street", ("14 High Street", "Market")),
    ],
)
def test_the_old_value_is_known_where_it_is_named(text: str, found: tuple[str, ...]) -> None:
    assert changes(text, *(("address", words) for words in found)) == {"address": "14 High Street"}


@pytest.mark.parametrize(
    ("language", "text", "found", "value"),
    [
        ("de", "nein, die Adresse ist Hauptstraße 12", "Hauptstraße", "Hauptstraße 12"),
        ("de", "nicht 12 Market Street, sondern Hauptstraße 12", "Hauptstraße", "Hauptstraße 12"),
        ("de", "nein, an die Hauptstraße 12 statt 12 Market Street bitte", "Hauptstraße", "Hauptstraße 12"),
        ("es", "no, la dirección es Calle Mayor 5", "Mayor", "Calle Mayor 5"),
        ("fr", "non, 3 rue de Rivoli", "Rivoli", "3 rue de Rivoli"),
    ],
)
def test_corrections_in_other_languages(language: str, text: str, found: str, value: str) -> None:
    assert changes(text, ("address", found), language=language) == {"address": value}


def test_a_house_number_alone_is_corrected() -> None:
    assert changes("no, 14 Market Street", ("address", "Market Street")) == {"address": "14 Market Street"}


def test_a_value_that_is_repeated_stays() -> None:
    assert changes("no, it is 12 Market Street", ("address", "Market Street")) == {}


def test_values_of_other_parameters_stay_apart() -> None:
    found = (("address", "High Street"), ("size", "small", "lookup"))
    assert changes("no, 14 High Street and a small one", *found) == {"address": "14 High Street", "size": "small"}


def test_a_correction_while_another_value_is_asked_for() -> None:
    text, found = "no, the address is 14 High Street", ("address", "High Street")
    assert changes(text, found, asking="name", known=("address", "size")) == {"address": "14 High Street"}


@pytest.mark.parametrize("name", ["de Vries", "von Humboldt", "Anna de Vries", "van der Berg"])
def test_a_name_keeps_its_particle(name: str) -> None:
    assert changes(f"no, the name is {name}", ("person", name.split()[-1])) == {"name": name}
