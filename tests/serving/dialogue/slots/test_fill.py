from typing import Any

from pipelines.schemas.bot import Intent
from pipelines.schemas.release import BotDefinition
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import EntitySpan, NluResult
from serving.dialogue.interpret import Interpretation
from serving.dialogue.slots import fill
from serving.dialogue.slots.fill import MAX_REPROMPTS, Filling
from serving.dialogue.slots.values import ValueReader
from serving.dialogue.state import Form, Slot

READER = ValueReader(BotDefinition(name="b", intents=(), thresholds=Thresholds(confidence=0.5)))


def fill_slots(intent: Intent, form: Form | None, interpretation: Interpretation) -> Filling:
    return fill.fill_slots(intent, form, interpretation, reader=READER)


def intent_with(*parameters: dict[str, Any]) -> Intent:
    return Intent.model_validate({"name": "Buy", "intentId": "buy", "parameters": list(parameters)})


def needs(name: str, kind: str, *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "type": kind, "required": required, "prompt": f"{name}?"}


def said(text: str, *found: tuple[str, str], roles: tuple[str | None, ...] = ()) -> Interpretation:
    """Read a text in which each `(type, surface)` was found; the value is the surface in capitals."""
    spans = []
    for number, (kind, surface) in enumerate(found):
        start = text.index(surface)
        role = roles[number] if number < len(roles) else None
        spans.append(EntitySpan(start=start, end=start + len(surface), type=kind, value=surface.upper(), role=role))
    return Interpretation(nlu=NluResult(text=text, ranking=(), entities=tuple(spans)))


BUY = intent_with(needs("product", "product"), needs("quantity", "number"), needs("color", "color", required=False))
TRIP = intent_with(needs("origin", "city"), needs("destination", "city"))
COMPLAIN = intent_with(needs("order", "order_id"), needs("words", "free_text"))


def values(filling: Filling) -> dict[str, Any]:
    return filling.form.value_by_name()


def test_fill_slots_takes_everything_from_one_message() -> None:
    filling = fill_slots(BUY, None, said("two red tents", ("number", "two"), ("color", "red"), ("product", "tents")))
    assert values(filling) == {"product": "TENTS", "quantity": "TWO", "color": "RED"}
    assert filling.is_complete
    assert filling.form.slots[0].text == "tents"


def test_fill_slots_asks_for_the_first_missing_parameter() -> None:
    filling = fill_slots(BUY, None, said("buy something"))
    assert (filling.form.asking, filling.missing, filling.form.reprompts) == ("product", ("product", "quantity"), 0)
    assert filling.is_open


def test_fill_slots_never_asks_for_what_is_optional() -> None:
    filling = fill_slots(BUY, None, said("two tents", ("number", "two"), ("product", "tents")))
    assert filling.is_complete


def test_fill_slots_goes_on_over_turns() -> None:
    first = fill_slots(BUY, None, said("buy tents", ("product", "tents")))
    second = fill_slots(BUY, first.form, said("two", ("number", "two")))
    assert values(second) == {"product": "TENTS", "quantity": "TWO"}
    assert second.is_complete


def test_fill_slots_corrects_an_only_parameter_of_its_type() -> None:
    first = fill_slots(BUY, None, said("buy tents", ("product", "tents")))
    second = fill_slots(BUY, first.form, said("no, boots, two", ("product", "boots"), ("number", "two")))
    assert values(second) == {"product": "BOOTS", "quantity": "TWO"}


def test_fill_slots_shares_two_values_of_one_type_by_order() -> None:
    filling = fill_slots(TRIP, None, said("paris to rome", ("city", "paris"), ("city", "rome")))
    assert values(filling) == {"origin": "PARIS", "destination": "ROME"}


def test_fill_slots_shares_two_values_of_one_type_by_role() -> None:
    spans = (("city", "rome"), ("city", "paris"))
    filling = fill_slots(TRIP, None, said("to rome from paris", *spans, roles=("destination", "origin")))
    assert values(filling) == {"origin": "PARIS", "destination": "ROME"}


def test_fill_slots_gives_a_value_to_the_parameter_that_was_asked_for() -> None:
    first = fill_slots(TRIP, None, said("from paris", ("city", "paris")))
    assert first.form.asking == "destination"
    second = fill_slots(TRIP, first.form, said("rome", ("city", "rome")))
    assert values(second) == {"origin": "PARIS", "destination": "ROME"}


def test_fill_slots_takes_free_text_only_when_asked_for_it() -> None:
    first = fill_slots(COMPLAIN, None, said("it is broken and late"))
    assert values(first) == {}
    second = fill_slots(COMPLAIN, first.form, said("it is x1", ("order_id", "x1")))
    assert second.form.asking == "words"
    third = fill_slots(COMPLAIN, second.form, said("  it is broken  "))
    assert values(third) == {"order": "X1", "words": "it is broken"}
    assert third.is_complete


def test_fill_slots_takes_no_blank_for_free_text() -> None:
    form = Form(intent_id="buy", slots=(Slot(name="order", type="order_id", value="X1"),), asking="words")
    filling = fill_slots(COMPLAIN, form, said("   "))
    assert (filling.is_open, filling.form.reprompts) == (True, 1)


def test_fill_slots_gives_up_after_so_many_reprompts() -> None:
    filling = fill_slots(BUY, None, said("buy"))
    for number in range(1, MAX_REPROMPTS + 1):
        filling = fill_slots(BUY, filling.form, said("dunno"))
        assert (filling.form.reprompts, filling.has_given_up) == (number, False)
    filling = fill_slots(BUY, filling.form, said("dunno"))
    assert filling.has_given_up
    assert not filling.is_open


def test_fill_slots_forgives_after_progress() -> None:
    filling = fill_slots(BUY, None, said("buy"))
    for _ in range(MAX_REPROMPTS):
        filling = fill_slots(BUY, filling.form, said("dunno"))
    filling = fill_slots(BUY, filling.form, said("tents", ("product", "tents")))
    assert (filling.form.asking, filling.form.reprompts) == ("quantity", 0)


def test_fill_slots_counts_no_button_as_asked_in_vain() -> None:
    form = fill_slots(COMPLAIN, fill_slots(COMPLAIN, None, said("hm")).form, said("x1", ("order_id", "x1"))).form
    filling = fill_slots(COMPLAIN, form, Interpretation(shortcut="init_conversation"))
    assert (filling.form.asking, filling.form.reprompts) == ("words", 0)


def test_fill_slots_drops_what_a_new_release_no_longer_declares() -> None:
    form = Form(
        intent_id="buy",
        slots=(
            Slot(name="gone", type="product", value="A"),
            Slot(name="product", type="another_type", value="B"),
            Slot(name="quantity", type="number", value="2"),
        ),
        asking="gone",
    )
    filling = fill_slots(BUY, form, said("hm"))
    assert values(filling) == {"quantity": "2"}
    assert filling.form.asking == "product"
