"""Repairs that a program may do: what is proposed, what is not, and that nothing else changes."""

import copy
import json
from typing import Any

import pytest

from pipelines.schemas.training import Finding
from pipelines.steps.data.extract import extract_from_wire
from pipelines.steps.validation.repair import apply_repairs, difference, repair_bot
from pipelines.steps.validation.validate import check_bot, validate_examples
from tests.support.bots import TINY_BOT_WIRE

Span = tuple[int, int, str, str]


def wire_of(*rows: dict[str, Any]) -> dict[str, Any]:
    return {
        "intents": [{"name": "a", "intentId": "a", "trainingData": list(rows), "mine": None}],
        "entities": [{"name": "city"}, {"name": "order_id"}],
        "note": "kept",
    }


def row(text: str, *spans: Span, **more: Any) -> dict[str, Any]:
    entities = [{"begin": begin, "end": end, "name": name, "value": value} for begin, end, name, value in spans]
    return {"text": text, "entities": entities, **more}


def findings_of(wire: dict[str, Any]) -> list[Finding]:
    return check_bot(extract_from_wire(wire, source="the test"))


def repaired(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    wire = wire_of(*rows)
    before = copy.deepcopy(wire)
    result = repair_bot(wire, findings_of(wire), check=findings_of)
    assert wire == before
    assert {**result.wire, "intents": None} == {**wire, "intents": None}
    examples: list[dict[str, Any]] = result.wire["intents"][0]["trainingData"]
    return examples


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        (row("to Oslo", (20, 24, "city", "Oslo")), row("to Oslo", (3, 7, "city", "Oslo"))),
        (row("to Oslo", (0, 4, "city", "Oslo")), row("to Oslo", (3, 7, "city", "Oslo"))),
        (row("\U0001f600 Oslo", (3, 7, "city", "Oslo")), row("\U0001f600 Oslo", (2, 6, "city", "Oslo"))),
        (row("to Oslo now", (3, 8, "city", "Oslo ")), row("to Oslo now", (3, 7, "city", "Oslo"))),
        (row("to Oslo now", (4, 6, "city", "sl")), row("to Oslo now", (3, 7, "city", "Oslo"))),
        (
            row("to Oslo", (3, 7, "city", "Oslo"), (3, 7, "city", "Oslo")),
            row("to Oslo", (3, 7, "city", "Oslo")),
        ),
        (
            row("New York", (0, 8, "city", "New York"), (4, 8, "city", "York")),
            row("New York", (0, 8, "city", "New York")),
        ),
        (row("#12", (1, 3, "Order-ID", "12")), row("#12", (1, 3, "order_id", "12"))),
    ],
)
def test_repair_bot_puts_annotations_right(fault: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert repaired(fault) == [wanted]


@pytest.mark.parametrize(
    "fault",
    [
        row("Oslo to Oslo", (20, 24, "city", "Oslo")),  # two places
        row("to Bergen", (20, 24, "city", "Oslo")),  # none
        row("to Oslos", (20, 24, "city", "Oslo")),  # only within a word
        row("to Oslo now", (3, 7, "city", "Oslo"), (5, 11, "city", "lo now")),  # neither holds the other
        row("to Oslo", (3, 7, "city", "Oslo"), (3, 7, "order_id", "Oslo")),  # two types
        row("to Oslo", (3, 7, "town", "Oslo")),  # no such type
        row("to Oslo", (3, 7, "city", "Bergen")),
    ],
)
def test_repair_bot_leaves_alone_what_could_be_meant_otherwise(fault: dict[str, Any]) -> None:
    assert repaired(fault) == [fault]
    assert findings_of(wire_of(fault))


def test_repair_bot_deletes_repeated_rows_and_keeps_the_others() -> None:
    rows = [row("one"), row("two"), row("one"), row("three"), row("one")]
    assert repaired(*rows) == [row("one"), row("two"), row("three")]


def test_repair_bot_deletes_empty_rows(great_expectations: None) -> None:
    wire = wire_of(row("one"), row(" "), row(""), row("two"))
    result = repair_bot(wire, validate_examples(extract_from_wire(wire, source="x")).findings, check=findings_of)
    assert result.wire["intents"][0]["trainingData"] == [row("one"), row("two")]
    assert [finding.row for finding in result.findings] == ["a/2", "a/3"]


def test_repair_bot_puts_stand_ins_for_personal_data_and_moves_annotations() -> None:
    text = "from Oslo to jane.roe@web.de in Rome"
    spans = (5, 9, "city", "Oslo"), (13, 28, "order_id", "jane.roe@web.de"), (32, 36, "city", "Rome")
    (fixed,) = repaired(row(text, *spans))
    assert "web.de" not in json.dumps(fixed)
    assert [fixed["text"][span["begin"] : span["end"]] for span in fixed["entities"]] == [
        span["value"] for span in fixed["entities"]
    ]
    assert [span["value"] for span in fixed["entities"]][::2] == ["Oslo", "Rome"]


def test_repair_bot_several_faults_of_a_row_are_all_repaired() -> None:
    fault = row("Oslo a@b.co", (9, 13, "City", "Oslo"), id=7)
    (fixed,) = repaired(fault)
    assert (fixed["id"], fixed["entities"]) == (7, [{"begin": 0, "end": 4, "name": "city", "value": "Oslo"}])
    assert list(fixed) == list(fault)
    assert findings_of(wire_of(fixed))[0].check == "enough_examples"


def test_repair_bot_of_a_good_bot_changes_nothing() -> None:
    result = repair_bot(TINY_BOT_WIRE, findings_of(TINY_BOT_WIRE), check=findings_of)
    assert result.findings == ()
    assert result.wire == TINY_BOT_WIRE


def test_apply_repairs_where_the_row_has_changed_does_nothing() -> None:
    wire = wire_of(row("to Oslo", (20, 24, "city", "Oslo")))
    findings = findings_of(wire)
    later = wire_of(row("to Oslo!", (20, 24, "city", "Oslo")))
    assert apply_repairs(later, findings) == (later, [])
    assert apply_repairs(wire_of(), findings)[1] == []


def test_difference_shows_what_changes_and_no_more() -> None:
    before = wire_of(row("one"), row("to Oslo", (20, 24, "city", "Oslo")))
    after, _ = apply_repairs(before, findings_of(before))
    lines = difference(before, after).split("\n")
    assert lines[:2] == ["--- intents/a", "+++ intents/a (repaired)"]
    changed = [line.replace(" ", "") for line in lines[2:] if line[0] in "+-"]
    assert changed == ['-"begin":20,', '-"end":24,', '+"begin":3,', '+"end":7,']
    assert difference(before, before) == ""
