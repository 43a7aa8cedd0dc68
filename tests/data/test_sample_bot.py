"""The sample bot keeps the promises that its README makes."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined, meta, nodes

from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.nlu.text import tokenize
from pipelines.schemas.bot import (
    CANCEL_INTENT,
    FALLBACK_INTENT,
    HANDOVER_INTENT,
    SYSTEM_INTENTS,
    WELCOME_INTENT,
    BotFile,
    Intent,
)
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.parameter import FREE_TEXT

pytestmark = pytest.mark.data

FOLDER = Path(__file__).parents[2] / "data" / "sample"
WIRE: dict[str, Any] = json.loads((FOLDER / "bot.json").read_text(encoding="utf-8"))
BOT = BotFile.model_validate(WIRE)
TEMPLATES = Environment(undefined=StrictUndefined, autoescape=False)
CLOSED_TYPES = {"product", "size", "color", "city", "country", "shipping_method", "payment_method", "return_reason"}
TEMPLATE_NAMES = {"parameters", "context", "result"}

# Words of a known value that mean something else there: (intent, words). README.md gives the rules behind.
NOT_A_VALUE = {
    ("cancel_order", "too late"),  # "is it too late to stop it"
    ("change_delivery_address", "42"), ("change_delivery_address", "44"), ("change_delivery_address", "m"),  # addresses
    ("complaint", "express"),  # "to express my dissatisfaction"
    ("find_store", "evening"), ("goodbye", "evening"), ("greet", "afternoon"), ("greet", "evening"),  # "good evening"
    ("greet", "morning"), ("payment_methods", "afternoon"), ("store_hours", "morning"), ("track_order", "evening"),
    ("track_order", "morning"), ("track_parcel", "afternoon"),
    ("gift_cards", "scratched"),  # the panel over the number
    ("missed_delivery", "small"), ("size_guide", "small"), ("size_guide", "large"),  # "a small paper", "come up small"
    ("parcel_at_customs", "38"), ("product_recommendation", "40"),  # money
    ("pickup_points", "locker"), ("pickup_points", "parcel locker"), ("pickup_points", "pickup"),  # places
    ("product_care", "40"), ("return_item", "40"), ("size_guide", "38"), ("size_guide", "40"),  # degrees, days, inches
    ("wrong_item_received", "45"),  # litres
    ("product_recommendation", "edinburgh"),  # the Duke of Edinburgh's award
    ("student_discount", "blue"),  # the Blue Light Card
    ("student_discount", "s"), ("update_email", "l"),  # "over 60s", a letter
}  # fmt: skip


def rows(name: str) -> list[Example]:
    return [Example.model_validate_json(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


def normal(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]|_", " ", text).casefold().split())


def grams(text: str) -> set[str]:
    padded = f" {normal(text)} "
    return {padded[i : i + 4] for i in range(max(1, len(padded) - 3))}


def training() -> Iterator[tuple[str, str, list[tuple[int, int, str]]]]:
    for intent in BOT.intents:
        for example in intent.training_data:
            yield intent.intent_id, example.text, [(span.begin, span.end, span.name) for span in example.entities]


def held_out() -> Iterator[tuple[str, str, list[tuple[int, int, str]]]]:
    for row in rows("test.jsonl"):
        yield row.intent, row.text, [(span.start, span.end, span.type) for span in row.entities]


def templates() -> Iterator[tuple[Intent, str]]:
    for intent in BOT.intents:
        yield intent, intent.speech_response
        yield intent, intent.confirm_prompt
        for parameter in intent.parameters:
            yield intent, parameter.prompt
        if intent.api_details is not None:
            yield intent, intent.api_details.url
            yield intent, intent.api_details.json_data


def test_bot_file_comes_back_as_it_was() -> None:
    assert BOT.to_wire() == WIRE


def test_bot_has_the_promised_size() -> None:
    examples = list(training())
    own = [intent for intent in BOT.intents if intent.user_defined]
    assert len(own) >= 30
    assert sum(bool(intent.parameters or intent.tool) for intent in own) >= 20
    assert sum(intent.tool is not None for intent in own) >= 5
    assert len(examples) >= 1200
    assert sum(len(spans) for _, _, spans in examples) >= 1000
    assert len({name for _, _, spans in examples for _, _, name in spans}) >= 10


def test_system_intents_are_the_only_ones_not_user_defined() -> None:
    assert {intent.intent_id for intent in BOT.intents if not intent.user_defined} == set(SYSTEM_INTENTS)


def test_every_intent_but_fallback_and_welcome_has_examples() -> None:
    counts = Counter(intent for intent, _, _ in training())
    wanted = {intent.intent_id for intent in BOT.intents} - {"fallback", "init_conversation"}
    assert set(counts) == wanted
    assert min(counts.values()) >= 25


def test_closed_types_have_synonyms() -> None:
    lists = {entity.name: entity.entity_values for entity in BOT.entities}
    assert len(lists) == 15
    assert all(any(value.synonyms for value in lists[name]) for name in CLOSED_TYPES)


def test_no_phrase_means_two_values_of_one_type() -> None:
    for entity in BOT.entities:
        phrases = [
            phrase
            for value in entity.entity_values
            for phrase in {
                " ".join(token.text for token in tokenize(p.lower())) for p in (value.value, *value.synonyms)
            }
        ]
        assert [phrase for phrase, count in Counter(phrases).items() if count > 1] == []


def test_annotations_repeat_the_text_they_mark() -> None:
    for intent in BOT.intents:
        for example in intent.training_data:
            for span in example.entities:
                assert example.text[span.begin : span.end] == span.value == span.value.strip() != ""


def test_annotations_never_overlap_and_name_a_type() -> None:
    types = {entity.name for entity in BOT.entities}
    for _, text, spans in (*training(), *held_out()):
        assert {name for _, _, name in spans} <= types, text
        ordered = sorted(spans)
        assert all(before[1] <= after[0] for before, after in pairwise(ordered)), text


def test_every_known_value_is_annotated_or_exempt() -> None:
    known = KnownValues(BOT.entities)
    missed = []
    for intent, text, spans in (*training(), *held_out()):
        tokens = tokenize(text)
        for phrase in known.find(tokens):
            start, end = tokens[phrase.first].start, tokens[phrase.last - 1].end
            inside = any(begin < end and start < stop for begin, stop, _ in spans)
            clitic = phrase.type == "size" and text[max(0, start - 1) : start] in ("'", "\u2019")  # "it's", "I'm"
            # Numbers count much besides what is bought: days, people, times.
            if not (inside or clitic or phrase.type == "quantity" or (intent, text[start:end].lower()) in NOT_A_VALUE):
                missed.append((intent, phrase.type, text[start:end], text))
    assert missed == []


def test_parameters_have_a_known_type_and_required_ones_a_prompt() -> None:
    types = {entity.name for entity in BOT.entities} | {FREE_TEXT}
    for intent in BOT.intents:
        names = [parameter.name for parameter in intent.parameters]
        assert len(names) == len(set(names))
        for parameter in intent.parameters:
            assert parameter.type in types
            assert bool(parameter.prompt) == parameter.required


def test_templates_use_only_known_names() -> None:
    for intent, source in templates():
        tree = TEMPLATES.parse(source)
        tool_texts = (intent.api_details.url, intent.api_details.json_data) if intent.api_details else ()
        allowed = {"parameters", "context", "endpoints"} if source in tool_texts else TEMPLATE_NAMES
        if intent.tool is None:
            allowed = allowed - {"result"}
        if intent.intent_id == CANCEL_INTENT:
            allowed = allowed | {"cancelled"}
        assert meta.find_undeclared_variables(tree) <= allowed, intent.intent_id
        declared = {parameter.name for parameter in intent.parameters}
        attributes = {
            (node.node.name, node.attr)
            for node in tree.find_all(nodes.Getattr)
            if isinstance(node.node, nodes.Name) and node.node.name in ("parameters", "endpoints")
        }
        assert attributes <= {("parameters", name) for name in declared} | {("endpoints", "shop")}, intent.intent_id


def test_replies_need_no_more_than_required_slots_and_a_message() -> None:
    message = "There is no such thing."
    result = {"found": False, "message": message}
    for intent in BOT.intents:
        required = {parameter.name: "x" for parameter in intent.parameters if parameter.required}
        names = {"parameters": required, "context": {}, "result": result}
        names |= {"cancelled": ""} if intent.intent_id == CANCEL_INTENT else {}
        reply = TEMPLATES.from_string(intent.speech_response).render(names)
        assert reply.strip()
        assert all(part.strip() for part in reply.split("###"))
        if intent.tool is not None:
            assert message in reply


def test_tools_render_to_json_and_send_no_slot_twice() -> None:
    for intent in BOT.intents:
        if intent.tool is None:
            continue
        required = {parameter.name: "x" for parameter in intent.parameters if parameter.required}
        body = json.loads(TEMPLATES.from_string(intent.tool.json_data).render(parameters=required))
        assert intent.tool.is_json == (intent.tool.request_type != "GET")
        assert intent.tool.is_json or body == {}
        assert intent.tool.url.startswith("{{ endpoints.shop }}/")
        assert "?" not in intent.tool.url


def test_test_rows_are_separate_from_training() -> None:
    test = rows("test.jsonl")
    seen = [(normal(text), grams(text)) for _, text, _ in training()]
    assert len(test) >= 400
    assert {row.intent for row in test} == {intent for intent, _, _ in training()}
    assert {normal(row.text) for row in test}.isdisjoint(text for text, _ in seen)
    for row in test:
        own = grams(row.text)
        # Sets whose sizes differ by more than a fifth can't be that alike.
        alike = [other for _, other in seen if 0.8 <= len(own) / len(other) <= 1.25]
        assert all(len(own & other) / len(own | other) <= 0.8 for other in alike), row.text


def test_test_values_are_canonical() -> None:
    known = KnownValues(BOT.entities)
    for row in rows("test.jsonl"):
        for span in row.entities:
            assert span.value == known.canonical(span.type, row.text[span.start : span.end])


def test_out_of_scope_rows_are_separate_from_training() -> None:
    outside = rows("oos.jsonl")
    seen = {normal(text) for _, text, _ in training()}
    assert len(outside) >= 200
    assert all(row.intent == OUT_OF_SCOPE and row.entities == () for row in outside)
    assert {normal(row.text) for row in outside if normal(row.text)}.isdisjoint(seen)


def test_ids_and_texts_are_unique() -> None:
    for file_rows in (rows("test.jsonl"), rows("oos.jsonl"), rows("test.jsonl") + rows("oos.jsonl")):
        assert len({row.id for row in file_rows}) == len(file_rows)
        assert len({row.text.casefold() for row in file_rows}) == len(file_rows)
    texts = [normal(text) for _, text, _ in training()]
    assert len(set(texts)) == len(texts)


def test_readme_states_the_true_counts() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    examples, test = list(training()), rows("test.jsonl")
    for count in (
        f"{len(BOT.intents)} intents",
        f"{len(examples):,} utterances",
        f"{sum(len(spans) for _, _, spans in examples):,} annotated spans",
        f"{sum(intent.tool is not None for intent in BOT.intents)} call a tool",
        f"{len(test)} utterances",
        f"{sum(len(row.entities) for row in test)} annotated spans",
        f"{len(rows('oos.jsonl'))} utterances",
    ):
        assert count in readme


def test_bot_file_stays_small() -> None:
    assert (FOLDER / "bot.json").stat().st_size < 1_000_000


def test_buttons_call_intents_that_exist() -> None:
    buttons = [(intent.intent_id, option) for intent in BOT.intents for option in intent.quick_replies]
    assert {intent_id for intent_id, _ in buttons} >= {FALLBACK_INTENT, WELCOME_INTENT}
    ids = {intent.intent_id for intent in BOT.intents}
    assert {option.payload.removeprefix("/") for _, option in buttons} <= ids


def test_the_features_of_the_dialogue_are_shown() -> None:
    intents = {intent.intent_id: intent for intent in BOT.intents}
    assert BOT.timezone == "Europe/London"
    assert HANDOVER_INTENT in intents
    assert all(intents[name].confirm for name in ("order_product", "cancel_order", "change_delivery_address"))
