"""Checks of what an author wrote down about entities."""

from typing import Any

import pandas as pd
import pytest

from pipelines.schemas.bot import BotFile
from pipelines.steps.validation.checks import check_entities, check_intents


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
