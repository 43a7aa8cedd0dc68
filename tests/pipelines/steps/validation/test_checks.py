"""Checks of what an author wrote down about entities."""

from typing import Any

import pandas as pd
import pytest

from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import LabelledSpan
from pipelines.steps.validation.checks import check_entities, check_intents, check_spans


def findings(*entities: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = check_entities(BotFile.model_validate({"intents": [], "entities": entities}))
    return [(finding.severity, finding.check, finding.row) for finding in rows]


def test_check_entities_good_ones_give_nothing() -> None:
    assert (
        findings({"name": "city"}, {"name": "order_id", "pattern": r"ORD-\d+"}, {"name": "system", "lookup": True})
        == []
    )


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"(a)\1", "a*", "", "a" * 1001])
def test_check_entities_pattern_that_cannot_be_used_is_an_error(pattern: str) -> None:
    assert findings({"name": "code", "pattern": pattern}) == [("error", "pattern_can_be_used", "code")]


@pytest.mark.parametrize("name", ["sys.date", "sys.planet", "free_text"])
def test_check_entities_reserved_name_is_an_error(name: str) -> None:
    assert findings({"name": name}) == [("error", "entity_name_is_free", name)]


def test_check_entities_says_how_to_repair_a_pattern() -> None:
    bot_file = BotFile.model_validate({"intents": [], "entities": [{"name": "code", "pattern": "(ab"}]})
    (finding,) = check_entities(bot_file)
    assert "(ab" in finding.explanation
    assert "repair it" in finding.repair


def test_check_intents_knows_the_types_that_need_no_entity() -> None:
    types = ("text", "free_text", "integer", "datetime", "boolean", "sys.phone", "number", "planet")
    parameters = [{"name": name, "type": name} for name in types]
    intents = [{"name": "a", "intentId": "handover", "parameters": parameters}]
    bot_file = BotFile.model_validate({"intents": intents, "entities": [{"name": "number"}]})
    no_examples = pd.DataFrame({"intent": [], "entities": []})
    rows = [(finding.check, finding.row) for finding in check_intents(no_examples, bot_file)]
    assert rows == [("parameter_can_be_filled", "handover.number"), ("parameter_type_is_known", "handover.planet")]


@pytest.mark.parametrize(
    ("text", "value", "is_whole"),
    [
        ("to Bathurst", "Bath", False),
        ("to Zu\u0308rich", "Zu", False),
        ("to Zu\u0308rich", "rich", False),
        ("to Zu\u0308rich", "Zu\u0308rich", True),
        ("to \u200fBerlin\u200f", "Berlin", True),
        ("to \u200fBerlin\u200f", "\u200f", False),
        ("to Ber\u00adlin", "Ber", False),
        ("हिन्दी में", "हिन्", False),
        ("दिल्ली से", "दिल्ली", True),
        ("বাংলায়", "বাং", False),
        ("தமிழில்", "தமிழ", False),
        ("إلى م\u064fح\u064eم\u0651\u064eد", "م\u064fح", False),
        ("明天上海的天气", "上海", True),
        ("iPhone15手机", "iPhone15", True),
        ("東京へ", "東京", True),
        ("か\u3099く", "か", False),
        ("ไปเชียงใหม่", "เชียงใหม่", True),
        ("ไปเชียงใหม่", "ชียง", False),
        ("น้ำแข็ง", "น", False),
        ("ទៅភ្នំពេញ", "ភ", False),
        ("서울에서", "서울", True),
    ],
)
def test_check_spans_finds_marks_that_cut_a_word_or_a_letter(text: str, value: str, is_whole: bool) -> None:
    start = text.index(value)
    span = LabelledSpan(start=start, end=start + len(value), type="city", value=value)
    frame = pd.DataFrame({"example_id": ["go/1"], "text": [text], "entities": [[span]]})
    bot_file = BotFile.model_validate({"intents": [], "entities": [{"name": "city"}]})
    rows = [(finding.check, finding.row, finding.start, finding.end) for finding in check_spans(frame, bot_file)]
    assert rows == ([] if is_whole else [("span_keeps_words_whole", "go/1", start, start + len(value))])
