"""The confidence of the first choice, and the out-of-scope score, of a fitted model."""

import json

import numpy as np
import pytest

from pipelines.nlu.intents.confidence import ConfidenceModel
from pipelines.nlu.intents.refusal import NOTHING_KNOWN
from pipelines.nlu.model import NluModel
from pipelines.schemas.examples import Example
from pipelines.steps.evaluation.metrics import area_under_roc

KNOWN = ["where is my {}", "track the {} please", "has my {} been sent", "when will the {} arrive"]
OTHER = ["cancel the {}", "i do not want the {} any more", "stop my {} now", "call off the {}"]
OUTSIDE = ["sing a song about {} to me", "who won the game of {} yesterday", "how do i cook {} at home"]
THINGS = ["order", "parcel", "tent", "boots", "lamp", "letter", "chair", "phone", "book", "shirt", "cup", "desk"]


def texts(patterns: list[str], things: list[str]) -> list[str]:
    return [pattern.format(thing) for pattern in patterns for thing in things]


@pytest.fixture(scope="module")
def model() -> NluModel:
    rows = [
        Example(id=text, text=text, intent=intent)
        for intent, patterns in (("track", KNOWN), ("cancel", OTHER))
        for text in texts(patterns, THINGS[:9])
    ]
    return NluModel().fit(rows)


def test_predict_confidence_ranks_known_above_unknown_texts(model: NluModel) -> None:
    inside, outside = (
        np.array([model.parse(text).ranking[0].confidence for text in texts(patterns, THINGS[9:])])
        for patterns in ([*KNOWN, *OTHER], OUTSIDE)
    )
    assert area_under_roc(inside, outside) > 0.95


def test_predict_unknown_text_leaves_room_for_none_of_the_intents(model: NluModel) -> None:
    known, unknown = (
        sum(score.confidence for score in model.parse(text).ranking)
        for text in ("where is my lamp", "who won the game of football yesterday")
    )
    assert unknown < known <= 1.0 + 1e-9


def test_predict_probabilities_are_the_softmax_and_confidences_keep_their_order(model: NluModel) -> None:
    for text in texts([*KNOWN, *OTHER, *OUTSIDE], THINGS):
        prediction = model.confidence_model_.predict(model.classifier_, model.features_.read(text))
        probabilities, confidences = prediction.probabilities, prediction.confidences
        assert probabilities.sum() == pytest.approx(1.0)
        assert np.argsort(-probabilities, kind="stable").tolist() == np.argsort(-confidences, kind="stable").tolist()


def test_predict_text_with_nothing_known_is_out_of_scope(model: NluModel) -> None:
    result = model.parse("\u0416\u0443\u043a")
    assert result.out_of_scope_score == NOTHING_KNOWN
    confidences = [score.confidence for score in result.ranking]
    assert confidences[0] == confidences[1] < 0.001


def test_fit_held_out_rows_are_those_whose_intent_was_known(model: NluModel) -> None:
    assert model.confidence_model_.held_out_ is not None
    assert len(model.confidence_model_.held_out_.correct) == model.classifier_.held_out.is_known.sum()


def test_predict_gives_the_same_after_json(model: NluModel) -> None:
    settings, arrays = model.confidence_model_.to_parts()
    again = ConfidenceModel.from_parts(json.loads(json.dumps(settings)), arrays)
    utterance = model.features_.read("where is the lamp of mine")
    first, second = (one.predict(model.classifier_, utterance) for one in (model.confidence_model_, again))
    assert first.confidences.tolist() == second.confidences.tolist()
    assert first.out_of_scope == second.out_of_scope
