"""Bot files, as old programs and hand-written ones come: read without loss, written as they were read."""

import copy
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.schemas.bot import BotFile, Entity, Intent, zone_of
from pipelines.schemas.parameter import FREE_TEXT, Parameter
from tests.support.bots import TINY_BOT, TINY_BOT_WIRE

# as ai-chatbot-framework exported it: an intent with a tool, and one of the time before tools
EXPORTED: dict[str, Any] = {
    "intents": [
        {
            "name": "Restaurant search",
            "userDefined": True,
            "intentId": "search_restaurant",
            "apiTrigger": True,
            "apiDetails": {
                "url": "http://api.example/find?q={{ parameters['cuisine'] }}",
                "requestType": "GET",
                "headers": [{"headerKey": "Accept", "headerValue": "*/*", "comment": "ours"}],
                "isJson": False,
                "jsonData": "{}",
            },
            "speechResponse": "{% for r in result %}{{ r.name }}###{% endfor %}",
            "parameters": [
                {"name": "cuisine", "required": True, "type": "cuisine", "prompt": "Which?", "id": {"$oid": "5a"}}
            ],
            "labeledSentences": [{"id": "1", "data": ["old"]}],
            "trainingData": [
                {"text": "thai near me", "entities": [{"value": "thai", "begin": 0, "end": 4, "name": "cuisine"}]},
                {"text": "food", "entities": []},
            ],
        },
        {"name": "Thanks", "intentId": "thanks", "speechResponse": "You are welcome", "id": "stray"},
        {"name": "Old", "intentId": "old"},
    ],
    "entities": [
        {"name": "cuisine", "entity_values": [{"value": "thai", "synonyms": ["siam"]}, {"value": "turkish"}]},
        {"name": "order_id"},
    ],
}


def test_to_wire_gives_back_an_export_exactly() -> None:
    assert BotFile.model_validate(EXPORTED).to_wire() == EXPORTED
    assert TINY_BOT.to_wire() == TINY_BOT_WIRE


def test_to_wire_survives_json() -> None:
    text = json.dumps(EXPORTED, ensure_ascii=False)
    assert BotFile.model_validate_json(text).to_wire() == EXPORTED


def test_to_wire_keeps_fields_unknown_to_us_at_every_level() -> None:
    wire = copy.deepcopy(EXPORTED)
    wire["nlu_config"] = {"pipeline_type": "traditional", "deep": [{"er": None}]}
    wire["intents"][0] |= {"note": [1, 2.5, None, True], "apiDetails": wire["intents"][0]["apiDetails"] | {"x": 1}}
    wire["intents"][0]["trainingData"][0]["entities"][0]["colour"] = "#fff"
    wire["entities"][0] |= {"description": "what to eat"}
    wire["entities"][0]["entity_values"][0]["weight"] = 3
    assert BotFile.model_validate(wire).to_wire() == wire


def test_model_validate_old_file_gets_defaults() -> None:
    intent = BotFile.model_validate(EXPORTED).intents[2]
    assert (intent.parameters, intent.training_data, intent.tool, intent.speech_response) == ((), (), None, "")
    assert intent.user_defined
    assert not intent.api_trigger
    assert BotFile.model_validate({}).intents == ()


def test_model_validate_null_lists_and_texts_are_empty() -> None:
    intent = Intent.model_validate(
        {
            "name": "x",
            "intentId": "x",
            "apiDetails": {"url": "http://a", "headers": None, "requestType": "post"},
            "parameters": [{"name": "p", "type": None, "prompt": None}],
            "trainingData": [{"text": "a", "entities": None}],
        }
    )
    assert intent.api_details is not None
    assert intent.api_details.headers == ()
    assert intent.api_details.request_type == "POST"
    assert (intent.parameters[0].type, intent.parameters[0].prompt) == (FREE_TEXT, "")
    assert intent.training_data[0].entities == ()
    assert (
        Intent.model_validate({"name": "x", "intentId": "x", "parameters": None, "trainingData": None}).parameters == ()
    )
    assert Entity.model_validate({"name": "e", "entity_values": None}).entity_values == ()


def test_tool_needs_its_trigger() -> None:
    details = {"url": "http://a"}
    assert Intent.model_validate({"name": "x", "intentId": "x", "apiDetails": details}).tool is None
    triggered = Intent.model_validate({"name": "x", "intentId": "x", "apiDetails": details, "apiTrigger": True})
    assert triggered.tool is not None
    assert Intent.model_validate({"name": "x", "intentId": "x", "apiTrigger": True}).tool is None


def test_without_training_data_drops_the_examples_and_nothing_else() -> None:
    intent = BotFile.model_validate(EXPORTED).intents[0]
    wire = intent.without_training_data().to_wire()
    assert wire == {key: value for key, value in EXPORTED["intents"][0].items() if key != "trainingData"}
    assert len(intent.training_data) == 2


@pytest.mark.parametrize(
    ("wire", "place"),
    [
        ({"intents": [{"intentId": "a"}]}, ("intents", 0, "name")),
        ({"intents": [{"name": "a"}]}, ("intents", 0, "intentId")),
        ({"intents": [{"name": "a", "intentId": ""}]}, ("intents", 0, "intentId")),
        ({"intents": {"a": 1}}, ("intents",)),
        ({"intents": [None]}, ("intents", 0)),
        ({"entities": [{"name": ""}]}, ("entities", 0, "name")),
        (
            {"intents": [{"name": "a", "intentId": "a", "trainingData": [{}]}]},
            ("intents", 0, "trainingData", 0, "text"),
        ),
        ({"intents": [{"name": "a", "intentId": "a", "apiDetails": {}}]}, ("intents", 0, "apiDetails", "url")),
        ([], ()),
        (None, ()),
    ],
)
def test_model_validate_names_the_place_of_a_fault(wire: Any, place: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        BotFile.model_validate(wire)
    assert caught.value.errors()[0]["loc"] == place


@pytest.mark.parametrize("kind", ["intents", "entities"])
def test_model_validate_refuses_two_of_one_name(kind: str) -> None:
    rows = {"intents": [{"name": "a", "intentId": "x"}] * 2, "entities": [{"name": "x"}] * 2}
    with pytest.raises(ValidationError, match="must be unique; repeated: x"):
        BotFile.model_validate({kind: rows[kind]})


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


WORD = st.text(st.characters(codec="utf-8"), max_size=8)
NAME = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
EXTRA = st.dictionaries(NAME.map(lambda name: f"x-{name}"), st.none() | st.booleans() | WORD, max_size=2)
SPAN = st.fixed_dictionaries({"value": WORD, "begin": st.integers(), "end": st.integers(), "name": WORD})
EXAMPLE = st.tuples(st.fixed_dictionaries({"text": WORD}, optional={"entities": st.lists(SPAN, max_size=2)}), EXTRA)
PARAMETER = st.fixed_dictionaries(
    {"name": NAME}, optional={"id": WORD | st.none(), "required": st.booleans(), "type": WORD, "prompt": WORD}
)
INTENT = st.tuples(
    st.fixed_dictionaries({"name": WORD, "intentId": NAME}),
    optional(
        userDefined=st.booleans(),
        apiDetails=st.none(),
        speechResponse=WORD,
        parameters=st.lists(PARAMETER, max_size=2),
        trainingData=st.lists(EXAMPLE.map(lambda pair: {**pair[1], **pair[0]}), max_size=2),
    ),
    EXTRA,
).map(lambda parts: {**parts[2], **parts[1], **parts[0]})


@given(st.lists(INTENT, max_size=3, unique_by=lambda intent: intent["intentId"]))
def test_to_wire_gives_back_any_file(intents: list[dict[str, Any]]) -> None:
    wire = {"intents": intents, "entities": []}
    bot = BotFile.model_validate(wire)
    assert bot.to_wire() == wire
    assert BotFile.model_validate(json.loads(json.dumps(bot.to_wire()))) == bot


def test_bot_file_language_is_english_unless_it_says_otherwise() -> None:
    assert BotFile().language == "en"
    assert "language" not in BotFile().to_wire()
    assert BotFile.model_validate({"language": None}).language == "en"
    german = BotFile.model_validate({"intents": [], "language": "de-AT"})
    assert german.language == "de-AT"
    assert BotFile.model_validate(german.to_wire()) == german


# every field that is ours, beside those of ai-chatbot-framework
OURS: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "intents": [
        {
            "name": "Order",
            "intentId": "order",
            "speechResponse": "Done.",
            "speechResponses": ["All done."],
            "quickReplies": [{"title": "Track it", "payload": "/track", "icon": "box"}],
            "confirm": True,
            "confirmPrompt": "{{ parameters.quantity }}, right?",
            "resumePrompt": "So: {{ prompt }}",
            "parameters": [
                {
                    "name": "quantity",
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 9.5,
                    "invalidPrompt": "1 to 9, please.",
                },
                {"name": "day", "type": "date", "minimum": "today", "maximum": "2030-12-31"},
                {"name": "size", "type": "text", "choices": ["S", "M"], "pattern": "[SM]", "many": True},
            ],
        }
    ],
    "entities": [],
}


def test_to_wire_gives_back_our_own_fields() -> None:
    bot = BotFile.model_validate(OURS)
    assert bot.to_wire() == OURS
    assert bot.intents[0].parameters[0].invalid_prompt == "1 to 9, please."
    assert bot.intents[0].quick_replies[0].payload == "/track"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pattern": "(?=x)"}, "not a valid RE2 regular expression"),
        ({"pattern": "["}, "not a valid RE2 regular expression"),
        ({"minimum": "tomorrow"}, "write a number, a date like 2026-12-31 or 'today'"),
        ({"choices": "S"}, "valid tuple"),
        ({"many": True}, "takes a whole answer and cannot be a list"),
        ({"many": True, "type": "boolean"}, "takes a whole answer and cannot be a list"),
    ],
)
def test_parameter_refuses_what_cannot_be_checked(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Parameter.model_validate({"name": "p", **fields})


def test_parameter_and_intent_take_null_for_nothing() -> None:
    nothing = {"invalidPrompt": None, "choices": None, "pattern": None, "minimum": None}
    parameter = Parameter.model_validate({"name": "p", **nothing})
    assert (parameter.invalid_prompt, parameter.choices) == ("", ())
    nothing = {"confirm": None, "confirmPrompt": None, "resumePrompt": None, "speechResponses": None}
    intent = Intent.model_validate({"name": "i", "intentId": "i", "quickReplies": None, **nothing})
    assert (intent.confirm, intent.confirm_prompt, intent.speech_responses) == (False, "", ())


@pytest.mark.parametrize("name", ["Mars/Base", "../etc/passwd", "Europe", ""])
def test_bot_file_refuses_a_time_zone_that_is_none(name: str) -> None:
    with pytest.raises(ValidationError, match="there is no time zone"):
        BotFile.model_validate({"timezone": name})


def test_bot_file_without_a_time_zone_is_in_utc() -> None:
    assert BotFile().timezone == BotFile.model_validate({"timezone": None}).timezone == "UTC"
    assert "timezone" not in BotFile().to_wire()
    assert zone_of("UTC").utcoffset(None) == timedelta(0)
