"""A parameter that takes whole answers: what the tagger found of an answer is not all of it."""

from typing import Any

import pytest

from pipelines.schemas.bot import Intent
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import EntitySpan, NluResult
from serving.dialogue.interpret import Interpretation
from serving.dialogue.slots.fill import fill_slots
from serving.dialogue.slots.values import ValueReader
from serving.dialogue.state import Form

ADDRESS: dict[str, Any] = {
    "name": "address",
    "type": "address",
    "required": True,
    "prompt": "Where do you live?",
    "freeText": True,
}
QUANTITY = {"name": "quantity", "type": "number", "required": True, "prompt": "How many?"}
DAY = {"name": "day", "type": "date", "required": False}
CLOCK = {"name": "clock", "type": "time", "required": False}
CITY = {"name": "city", "type": "city", "required": False}


def slots(
    text: str,
    *found: tuple[str, ...],
    parameters: tuple[dict[str, Any], ...] = (ADDRESS,),
    asking: str | None = "address",
    language: str = "en",
) -> dict[str, Any]:
    """Return what an answer fills; each find is a type, the words, and perhaps source and value."""
    intent = Intent.model_validate({"name": "Order", "intentId": "order", "parameters": list(parameters)})
    spans, place = [], 0
    for kind, surface, *more in found:
        start = place = text.index(surface, place)
        source, value = (*more, *("tagger", surface)[len(more) :])
        place += len(surface)
        spans.append(
            EntitySpan.model_validate({"start": start, "end": place, "type": kind, "value": value, "source": source})
        )
    definition = BotDefinition(name="b", language=language, intents=(intent,), thresholds=Thresholds(confidence=0.5))
    read = Interpretation(nlu=NluResult(text=text, ranking=(), entities=tuple(spans)))
    form = Form(intent_id="order", asking=asking) if asking else None
    return fill_slots(intent, form, read, reader=ValueReader(definition)).form.value_by_name()


@pytest.mark.parametrize(
    ("text", "found", "value"),
    [
        ("12 Market Street", "Market Street", "12 Market Street"),
        ("12b High Street", "High Street", "12b High Street"),
        ("Flat 3, 9 Elm Street", "9 Elm Street", "Flat 3, 9 Elm Street"),
        ("Flat 3, 9 Elm Street", "Elm Street", "Flat 3, 9 Elm Street"),
        ("12 Market Street, London W1A 1AA", "Market Street", "12 Market Street, London W1A 1AA"),
        ("9 Elm Street\nYork", "Elm Street", "9 Elm Street\nYork"),
        ("12-14 King's Road", "Road", "12-14 King's Road"),
        ("O'Connell Street 5", "Connell Street", "O'Connell Street 5"),
        ("E 14th Street", "14th Street", "E 14th Street"),
        ("Well Street 5", "Street 5", "Well Street 5"),
        ("12 Main St, Springfield IL", "Main St", "12 Main St, Springfield IL"),
        ("No. 5 Elm Street", "Elm Street", "No. 5 Elm Street"),
        ("will smith", "smith", "will smith"),
        ("Van Gogh", "Gogh", "Van Gogh"),
        ("I will take the blue canoe", "canoe", "blue canoe"),
        ("Los Angeles", "Angeles", "Los Angeles"),
        ("Anna Maria van der Berg", "Anna", "Anna Maria van der Berg"),
        ("leave it at the back door", "door", "leave it at the back door"),
        ("something with a motor", "motor", "something with a motor"),
    ],
)
def test_an_answer_is_taken_whole(text: str, found: str, value: str) -> None:
    assert slots(text, ("address", found)) == {"address": value}


@pytest.mark.parametrize(
    "lead",
    [
        "it's {}", "to {}", "my address is {}", "address: {}", "I live at {}", "deliver it to {} please",
        "please send the parcel to {}, thanks", "{}, please.", "{} thank you!", "{} is my address", "um, {}",
        "I'd like it delivered to {}", "The delivery address is {}", "{}?", "ok, at {}",
        "no, {}", "pls bring it to {} thx", "{} \N{WAVING HAND SIGN}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("found", ["Market Street", "12 Market Street", "12 Market"])
def test_words_around_the_value_are_no_part_of_it(lead: str, found: str) -> None:
    assert slots(lead.format("12 Market Street"), ("address", found)) == {"address": "12 Market Street"}


@pytest.mark.parametrize(
    ("language", "text", "found", "value"),
    [
        ("de", "Hauptstraße 12 a", "Hauptstraße", "Hauptstraße 12 a"),
        ("de", "ich wohne in der Hauptstraße 12, 10115 Berlin", "Hauptstraße", "Hauptstraße 12, 10115 Berlin"),
        ("de", "bitte an die Lange Gasse 7 liefern", "Gasse", "Lange Gasse 7"),
        ("de", "Am Markt 5", "Markt 5", "Am Markt 5"),
        ("de", "ich wohne am Markt 5", "Markt", "am Markt 5"),
        ("de", "An der Alten Mühle 3", "Mühle 3", "An der Alten Mühle 3"),
        ("de", "Meine Adresse ist Zur Linde 4", "Linde", "Zur Linde 4"),
        ("es", "Calle Mayor 5, 3º B", "Calle Mayor", "Calle Mayor 5, 3º B"),
        ("es", "vivo en la calle Mayor 5, por favor", "Mayor", "calle Mayor 5"),
        ("es", "envíelo a Avenida de la Paz 10, gracias", "Paz", "Avenida de la Paz 10"),
        ("fr", "j'habite au 3 rue de Rivoli, merci", "Rivoli", "3 rue de Rivoli"),
        ("ja", "東京都港区1番地です", "港区", "東京都港区1番地"),
        ("zh", "我住在北京市朝阳区5号", "朝阳区", "北京市朝阳区5号"),
        ("ru", "улица Ленина, 5", "Ленина", "улица Ленина, 5"),
    ],
)  # fmt: skip
def test_an_answer_in_another_language_is_taken_whole(language: str, text: str, found: str, value: str) -> None:
    assert slots(text, ("address", found), language=language) == {"address": value}


def test_the_parts_of_one_value_are_taken_together() -> None:
    assert slots("Flat 3, 9 Elm Street", ("address", "Flat 3"), ("address", "Elm Street")) == {
        "address": "Flat 3, 9 Elm Street"
    }


@pytest.mark.parametrize("text", ["York or Bath", "York and Bath"])
def test_several_values_are_not_taken_together(text: str) -> None:
    assert slots(text, ("address", "York"), ("address", "Bath")) == {}


def test_a_number_in_an_address_is_no_quantity() -> None:
    for text in ("12 Market Street", "at 12 Market Street", "Market Street 12", "Market Street, 12"):
        found = sorted(
            [("address", "Market Street"), ("sys.integer", "12", "system")], key=lambda one: text.index(one[1])
        )
        taken = slots(text, *found, parameters=(ADDRESS, QUANTITY))
        assert taken == {"address": text.removeprefix("at ")}


def test_a_date_in_an_address_is_no_day() -> None:
    text = "Straße des 17. Juni 135"
    found = (("address", "Straße"), ("sys.date", "17. Juni", "system", "2026-06-17"))
    assert slots(text, *found, parameters=(ADDRESS, DAY), language="de") == {"address": text}


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("12 Market Street at 5pm", ("sys.time", "5pm", "system", "17:00"), {"clock": "17:00"}),
        ("12 Market Street, 5pm please", ("sys.time", "5pm", "system", "17:00"), {"clock": "17:00"}),
        ("12 Market Street tomorrow", ("sys.date", "tomorrow", "system", "2026-11-30"), {"day": "2026-11-30"}),
        ("12 Market Street in York", ("city", "York"), {"city": "York"}),
        ("12 Market Street, York", ("city", "York", "lookup"), {"city": "York"}),
        ("12 Market Street for 3 people", ("sys.integer", "3", "system"), {"quantity": 3}),
    ],
)
def test_another_parameter_keeps_its_value(text: str, other: tuple[str, ...], expected: dict[str, Any]) -> None:
    taken = slots(text, ("address", "Market Street"), other, parameters=(ADDRESS, QUANTITY, DAY, CLOCK, CITY))
    assert taken == {"address": "12 Market Street", **expected}


def test_two_addresses_grow_apart() -> None:
    ways = ({**ADDRESS, "cues": ["from"]}, {**ADDRESS, "name": "target", "cues": ["to"]})
    text = "from 12 Market Street to 9 Elm Street"
    taken = slots(text, ("address", "Market Street"), ("address", "Elm Street"), parameters=ways)
    assert taken == {"address": "12 Market Street", "target": "9 Elm Street"}


@pytest.mark.parametrize("source", ["lookup", "pattern"])
def test_a_known_value_stays_as_it_is(source: str) -> None:
    assert slots("the big York office", ("address", "York", source, "YORK")) == {"address": "YORK"}


def test_a_mapped_value_stays_as_it_is() -> None:
    assert slots("the big York office", ("address", "York", "tagger", "Eboracum")) == {"address": "Eboracum"}


@pytest.mark.parametrize("text", ["not Market Street", "anything but Market Street", "not sure, Market Street maybe"])
def test_a_refusal_or_doubt_is_no_address(text: str) -> None:
    assert slots(text, ("address", "Market Street")) == {}


@pytest.mark.parametrize("text", ["do you deliver to Market Street?", "is Market Street too far?"])
def test_a_question_is_not_taken_whole(text: str) -> None:
    assert slots(text, ("address", "Market Street")) == {"address": "Market Street"}


def test_a_question_after_the_answer_is_no_part_of_it() -> None:
    assert slots("12 Market Street. When does it come?", ("address", "Market Street")) == {
        "address": "12 Market Street"
    }


def test_a_first_message_is_no_answer() -> None:
    assert slots("two pizzas to 12 Market Street", ("address", "Market Street"), asking=None) == {
        "address": "Market Street"
    }


def test_a_parameter_that_takes_no_whole_answers_keeps_what_was_found() -> None:
    plain = {**ADDRESS, "freeText": False}
    assert slots("12 Market Street", ("address", "Market Street"), parameters=(plain,)) == {"address": "Market Street"}


def test_a_list_keeps_what_was_found() -> None:
    many = {**ADDRESS, "many": True}
    taken = slots("old York and Bath", ("address", "York"), ("address", "Bath"), parameters=(many,))
    assert taken == {"address": ["York", "Bath"]}
