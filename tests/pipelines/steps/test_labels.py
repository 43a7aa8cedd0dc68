"""Accepted labels as training data: a union with the drafts, and a wall to what is held out."""

import pandas as pd
import pytest

from pipelines.errors import DataRejected
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.steps.extract import to_examples, to_frame
from pipelines.steps.labels import accepted_labels, measured_apart
from tests.support.labels import accepted_item, label_item

TRAIN = accepted_item(
    "b", "get me two tents", "buy", entities=(LabelledSpan(start=7, end=10, type="quantity", value="2"),)
)
HELD = accepted_item("b", "where is my parcel then", "track", bound_for="holdout")
OUTSIDE = accepted_item("b", "who won the cup", OUT_OF_SCOPE)
LOST = accepted_item("b", "sing me a song", "sing")


def authors(*texts: str) -> pd.DataFrame:
    examples = [Example(id=f"track/{number}", text=text, intent="track") for number, text in enumerate(texts, start=1)]
    return to_frame(examples, origin="author")


def test_accepted_labels_are_sorted_by_where_they_go_and_lost_intents_are_said() -> None:
    found = accepted_labels([TRAIN, HELD, OUTSIDE, LOST, label_item("b", "not decided")], intents=["buy", "track"])
    assert found.train[["intent", "text", "origin"]].to_numpy().tolist() == [
        ["buy", "get me two tents", "label"],
        [OUT_OF_SCOPE, "who won the cup", "label"],
    ]
    assert found.holdout["text"].tolist() == ["where is my parcel then"]
    assert found.holdout["week"].tolist() == ["2026-W45"]
    assert found.notes == ("1 accepted labels are left out: the drafts have no intent sing",)
    example = to_examples(found.train)[0]
    assert example.id == f"buy/label-{TRAIN.key}"
    assert example.entities == (LabelledSpan(start=7, end=10, type="quantity", value="two"),)  # as authors write it


def test_measured_apart_leaves_out_what_an_author_has_written_since() -> None:
    holdout = accepted_labels(
        [HELD, accepted_item("b", "any news of it", "track", bound_for="holdout")], intents=["track"]
    )
    kept = measured_apart(holdout.holdout, authors("my order", "Where is my parcel, then?"))
    assert kept["text"].tolist() == ["any news of it"]
    assert len(measured_apart(holdout.holdout, authors("my order"))) == 2
    assert measured_apart(holdout.holdout.head(0), authors("my order")).empty


def test_measured_apart_refuses_labels_on_both_sides() -> None:
    twin = accepted_item("b", "Where is my parcel then?!", "track")
    found = accepted_labels([HELD, twin], intents=["track"])
    with pytest.raises(DataRejected) as caught:
        measured_apart(found.holdout, pd.concat([authors("my order"), found.train], ignore_index=True))
    assert twin.key in str(caught.value)
    assert HELD.key in str(caught.value)
    assert "intentloop label --decide" in str(caught.value)
