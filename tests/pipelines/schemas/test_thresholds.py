"""Thresholds that an author sets in place of the fitted ones."""

import pytest
from pydantic import ValidationError

from pipelines.schemas.bot import BotFile
from pipelines.schemas.thresholds import ChosenThresholds, Thresholds

FITTED = Thresholds(confidence=0.3, out_of_scope=4.5)


def test_chosen_thresholds_leave_the_others_as_fitted() -> None:
    assert ChosenThresholds(confidence=0.6).over(FITTED) == Thresholds(confidence=0.6, out_of_scope=4.5, clarify=0.7)
    assert ChosenThresholds(clarify=1.0, out_of_scope=None).over(FITTED) == FITTED.model_copy(update={"clarify": 1.0})


@pytest.mark.parametrize("given", [{"confidence": 1.1}, {"clarify": 0}, {"margin": 0.1}, {"out_of_scope": -1}])
def test_impossible_thresholds_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ChosenThresholds.model_validate(given)


def test_a_bot_file_keeps_its_thresholds_as_written() -> None:
    wire = {"thresholds": {"confidence": 0.5, "clarify": None}, "intents": [], "entities": []}
    assert BotFile.model_validate(wire).to_wire() == wire
