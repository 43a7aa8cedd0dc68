"""Validation finds what is wrong, names the row and says how to repair it."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipelines.botfile.check import check_content
from pipelines.errors import DataRejected
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.steps.data.extract import Extract, add_out_of_scope, extract_from_wire
from pipelines.steps.data.frame import COLUMNS, to_frame
from pipelines.steps.validation.checks import check_intents, check_spans, check_texts
from pipelines.steps.validation.validate import ValidationReport, validate_examples
from tests.support.bots import TINY_BOT, TINY_BOT_WIRE, intent, parameter

pytestmark = pytest.mark.usefixtures("great_expectations")


def extract_of(wire: dict[str, Any]) -> Extract:
    """Read a bot's drafts, whose annotations no import has corrected."""
    return extract_from_wire(check_content(wire, source="the test").wire, source="the test")


def checked(wire: dict[str, Any]) -> ValidationReport:
    return validate_examples(extract_of(wire))


def bot(*examples: Any, **fields: Any) -> dict[str, Any]:
    """Give a bot of one intent `a`, with enough good examples that nothing else is found."""
    good = [{"text": text} for text in ("good day", "this is fine", "all is well", "very nice", "how lovely")]
    rows = [{"text": row} if isinstance(row, str) else row for row in examples]
    return {
        "intents": [
            {"name": "a", "intentId": "a", "speechResponse": "Fine.", "trainingData": [*good, *rows], **fields}
        ],
        "entities": [{"name": "city", "entity_values": []}],
    }


def marked(text: str, *spans: tuple[int, int, str, str]) -> dict[str, Any]:
    rows = [{"begin": begin, "end": end, "name": name, "value": value} for begin, end, name, value in spans]
    return {"text": text, "entities": rows}


def summary(report: ValidationReport) -> list[tuple[str, str, str]]:
    return [(finding.severity, finding.check, finding.row) for finding in report.findings]


def test_validate_good_bot_has_no_error() -> None:
    report = checked(TINY_BOT_WIRE)
    assert report.errors == ()
    assert report.n_rows == sum(len(row.training_data) for row in TINY_BOT.intents)
    assert len(report.suite) == 11
    assert all(row["success"] for row in report.suite)
    report.require_valid()
    assert checked(bot()).findings == ()


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u3000", "\u00a0"])
def test_validate_empty_text_is_an_error_of_its_row(text: str) -> None:
    report = checked(bot(text))
    assert {finding.row for finding in report.errors} == {"a/6"}
    assert "the text is empty" in str(report.errors[0])


def test_validate_text_too_long_is_an_error_of_its_row() -> None:
    assert checked(bot("x" * 2000)).errors == ()
    report = checked(bot("x" * 2001))
    assert summary(report) == [("error", "text_is_short_enough", "a/6")]
    assert "shorten it" in report.errors[0].repair


def test_validate_repeated_ids_are_errors_of_their_rows() -> None:
    rows = [Example(id="same", text=text, intent="a") for text in ("one", "two")]
    found = extract_of(bot())
    report = validate_examples(Extract(found.bot_file, to_frame(rows), "x"))
    assert [finding.row for finding in report.errors] == ["same", "same"]
    assert "another row has the same id" in report.errors[0].explanation


@pytest.mark.parametrize(
    ("example", "repair"),
    [
        (marked("to Oslo", (20, 24, "city", "Oslo")), "set them to 3 and 7."),
        (marked("to Oslo", (5, 99, "city", "Rome")), "mark the value again."),
        (marked("to Oslo", (-4, 7, "city", "Oslo")), "set them to 3 and 7."),
        (marked("to Oslo", (7, 3, "city", "Oslo")), "set them to 3 and 7."),
        (marked("to Oslo", (3, 3, "city", "")), "mark the value again."),
    ],
)
def test_validate_span_outside_its_text_is_an_error(example: dict[str, Any], repair: str) -> None:
    report = checked(bot(example))
    assert summary(report) == [("error", "span_in_text", "a/6")]
    assert report.findings[0].repair == repair
    with pytest.raises(DataRejected, match="a/6: characters"):
        report.require_valid()


def test_validate_overlapping_spans_are_an_error() -> None:
    example = marked("to Oslo now", (3, 7, "city", "Oslo"), (5, 11, "city", "lo now"))
    assert summary(checked(bot(example))) == [("error", "spans_do_not_overlap", "a/6")]


def test_validate_touching_spans_are_fine() -> None:
    assert checked(bot(marked("東京大阪", (2, 4, "city", "大阪"), (0, 2, "city", "東京")))).findings == ()


def test_validate_span_with_another_value_and_unknown_type_are_warnings() -> None:
    report = checked(bot(marked("to Oslo", (3, 7, "town", "Rome"))))
    assert summary(report) == [("warning", "span_holds_value", "a/6"), ("warning", "entity_type_is_known", "a/6")]
    report.require_valid()


def test_validate_text_of_two_intents_names_both() -> None:
    wire = bot("Same  words")
    wire["intents"].append({**bot("same words")["intents"][0], "intentId": "b"})
    wire["intents"][1]["trainingData"] = wire["intents"][1]["trainingData"][5:]
    report = checked(wire)
    assert ("warning", "one_intent_a_text", "b/1") in summary(report)
    assert "'a' (a/6)" in report.findings[0].explanation


def test_validate_text_without_letter_or_digit_is_a_warning() -> None:
    assert summary(checked(bot("?!", "\U0001f600"))) == [
        ("warning", "text_has_content", "a/6"),
        ("warning", "text_has_content", "a/7"),
    ]


def test_validate_few_examples_is_a_warning_and_so_is_none() -> None:
    wire = {
        "intents": [intent("few", "Few.", ["one", "two"]), intent("none", "", []), *bot()["intents"]],
        "entities": [],
    }
    assert summary(checked(wire)) == [
        ("warning", "enough_examples", "few"),
        ("warning", "intent_can_be_reached", "none"),
    ]


def test_validate_an_intent_that_says_nothing_is_a_warning() -> None:
    tool = {"url": "https://shop.example/orders"}
    quiet = {**bot(speechResponse=" ")["intents"][0], "parameters": [parameter("city", "Which?", type="text")]}
    for fields, said in (
        ({}, [("warning", "intent_says_something", "a")]),
        ({"apiDetails": tool}, [("warning", "intent_says_something", "a")]),  # it is not called
        ({"apiDetails": tool, "apiTrigger": True}, []),
        ({"speechResponses": ["", "Hello"]}, []),
        ({"intentId": "cancel"}, [("error", "bot_has_examples", "the whole bot")]),  # it has a sentence of its own
    ):
        wire = {"intents": [{**quiet, **fields}], "entities": []}
        assert summary(checked(wire)) == said


@pytest.mark.parametrize(
    ("field", "severity", "repair"),
    [
        ("reply", "warning", "rename it, if speechResponse is meant."),
        ("speechRespons", "warning", "rename it, if speechResponse is meant."),
        ("Speech_Responses", "warning", "rename it, if speechResponses is meant."),
        ("examples", "warning", "rename it, if trainingData is meant."),
        ("owner", "note", "delete it, or leave it: an export returns it."),
    ],
)
def test_validate_unknown_field_of_an_intent_is_named(field: str, severity: str, repair: str) -> None:
    report = checked(bot(**{field: "yes", "_id": "5f", "labeledSentences": []}))
    assert summary(report) == [(severity, "field_is_known", "a")]
    assert (field in report.findings[0].explanation, report.findings[0].repair) == (True, repair)


def test_validate_unknown_fields_of_parts_are_named_with_their_place() -> None:
    tool = {"url": "https://shop.example/orders", "method": "POST", "request_typ": "POST"}
    wire = bot(parameters=[{"name": "size", "type": "text", "id": "1", "question": "Which?"}], apiDetails=tool)
    wire["entities"][0]["entityValues"] = []
    assert [(finding.check, finding.row, finding.repair) for finding in checked(wire).findings] == [
        ("field_is_known", "a.size", "rename it, if prompt is meant."),
        ("field_is_known", "a.apiDetails", "rename it, if requestType is meant."),
        ("field_is_known", "a.apiDetails", "rename it, if requestType is meant."),
        ("field_is_known", "city", "rename it, if entity_values is meant."),
    ]


def test_validate_names_the_intent_of_what_is_wrong_with_one_or_a_part_of_it() -> None:
    few = intent("few", "{{ parameters.x }}", ["one", "two"], parameters=[parameter("few.where", "W?", type="place")])
    wire = {"intents": [few, *bot("?!")["intents"]], "entities": [{"name": "few", "pattern": "("}]}
    found = {(finding.check, finding.row): finding.intent_id for finding in checked(wire).findings}
    assert found == {
        ("pattern_can_be_used", "few"): "",  # an entity
        ("text_has_content", "a/6"): "a",
        ("enough_examples", "few"): "few",
        ("parameter_type_is_known", "few.few.where"): "few",
        ("template_names_are_known", "few.speechResponse"): "few",
    }


def test_validate_system_intents_chosen_by_the_platform_need_no_examples() -> None:
    wire = bot()
    wire["intents"] += [intent("fallback", "", []), intent("init_conversation", "", []), intent("cancel", "", [])]
    report = validate_examples(extract_of(wire), public_shortcuts=("cancel",))
    assert summary(report) == [("warning", "intent_can_be_reached", "cancel")]


def test_validate_parameters_that_cannot_be_asked_for_or_filled() -> None:
    wire = bot(
        parameters=[
            parameter("where", "Where?", type="place"),
            parameter("city", " ", required=True),
            parameter("note", "Note?", type="free_text"),
        ]
    )
    assert summary(checked(wire)) == [
        ("warning", "parameter_type_is_known", "a.where"),
        ("warning", "parameter_can_be_filled", "a.city"),
        ("warning", "prompt_is_there", "a.city"),
    ]


def test_validate_parameters_found_without_a_marked_example_can_be_filled() -> None:
    wire = bot(parameters=[parameter(name, "Which?", type=name) for name in ("code", "colour", "sys.date")])
    wire["entities"] = [{"name": "code", "pattern": "[A-Z]{3}"}, {"name": "colour", "lookup": True}]
    assert checked(wire).findings == ()


def test_validate_errors_come_first() -> None:
    report = checked(bot("?!", marked("to Oslo", (20, 24, "city", "Oslo"))))
    assert [finding.severity for finding in report.findings] == ["error", "warning"]


@pytest.mark.parametrize(
    "wire", [{"intents": []}, {"intents": [intent("a", "", [])]}, {"intents": [intent("a", "", ["?!", "..."])]}]
)
def test_validate_bot_with_nothing_to_learn_is_an_error(wire: dict[str, Any]) -> None:
    assert [finding.check for finding in checked(wire).errors] == ["has_examples"]


def test_validate_bot_with_no_intent_of_its_own_is_an_error() -> None:
    built_in = intent("cancel", "", ["stop that", "forget it", "never mind", "no more", "leave it"])
    assert summary(checked({"intents": [built_in]})) == [("error", "bot_has_examples", "the whole bot")]
    own = intent("order", "Thanks.", ["a pizza please", "I want soup", "bring me tea", "a cake", "one coffee"])
    assert not checked({"intents": [built_in, own]}).errors
    asks_llm = {"intents": [built_in], "llm": {"mode": "zero_shot", "model": "any"}}
    assert not checked(asks_llm).errors


def test_validate_out_of_scope_rows_are_not_examples(tmp_path: Path) -> None:
    """An out-of-scope file beside a bot without examples would pass and break the training."""
    file = tmp_path / "oos.jsonl"
    file.write_text(Example(id="o", text="sing", intent="x").model_dump_json(), encoding="utf-8")
    found = extract_of({"intents": [intent("a", "", [])]})
    report = validate_examples(Extract(found.bot_file, add_out_of_scope(found.frame, file), "x"))
    assert [finding.check for finding in report.errors] == ["has_examples"]


def test_validate_out_of_scope_rows_are_no_intent() -> None:
    found = extract_of(bot())
    outside = to_frame([Example(id="o", text="sing", intent=OUT_OF_SCOPE)])
    frame = pd.concat([found.frame, outside], ignore_index=True)
    assert list(check_intents(frame, found.bot_file)) == []


def test_checks_of_an_empty_frame_find_nothing() -> None:
    frame = to_frame([])
    assert tuple(frame.columns) == COLUMNS
    assert [*check_spans(frame, TINY_BOT), *check_texts(frame), *check_intents(frame, BotFile())] == []


def test_to_frame_has_its_columns_even_without_findings() -> None:
    assert list(checked(bot()).to_frame().columns) == [
        *("severity", "check", "row", "explanation", "repair", "intent_id", "position", "text", "start", "end"),
        "is_repairable",
    ]


def test_require_valid_names_every_row_and_its_repair() -> None:
    report = checked(bot("", marked("to Oslo", (20, 24, "city", "Oslo"))))
    with pytest.raises(DataRejected) as caught:
        report.require_valid()
    assert caught.value.source == "the test"
    text = str(caught.value)
    assert "a/6: the text is empty. Repair: write an utterance or delete the row." in text
    assert "a/7: characters 20 to 24 of 'to Oslo' lie outside the text. Repair: set them to 3 and 7." in text
    brief = caught.value.in_brief()
    assert "a/7: annotations outside their text." in brief
    assert "Oslo" not in brief


def test_report_shows_itself_in_a_notebook() -> None:
    page = checked(bot("", "?!", marked("<to> Oslo", (20, 24, "city", "Oslo"))))._repr_html_()
    assert "the test: 8 examples, 2 error(s), 2 warning(s), 0 note(s)" in page
    assert page.count("<tr>") == 5
    assert "annotations outside their text" in page
    assert "&lt;to&gt;" in page
    assert "<table" not in checked(bot())._repr_html_()


@pytest.mark.parametrize(
    ("text", "start", "end", "value", "is_value"),
    [
        ("to NYC", 3, 6, "New York", True),
        ("to new york", 3, 11, "NYC", True),
        ("to L\u2019Aquila", 3, 11, "L'Aquila", True),
        ("to Oslo", 3, 7, "New York", False),
        ("to NYC", 3, 6, "Paris", False),
    ],
)
def test_validate_accepts_a_value_that_is_only_written_differently(
    text: str, start: int, end: int, value: str, is_value: bool
) -> None:
    wire = bot(marked(text, (start, end, "city", value)))
    wire["entities"] = [{"name": "city", "entity_values": [{"value": "New York", "synonyms": ["NYC"]}]}]
    checks = [finding.check for finding in checked(wire).findings]
    assert ("span_holds_value" not in checks) is is_value
