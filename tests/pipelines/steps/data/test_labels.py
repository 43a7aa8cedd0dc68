"""Accepted labels as training data: a union with the drafts."""

from pipelines.schemas.examples import OUT_OF_SCOPE, LabelledSpan
from pipelines.steps.data.frame import to_examples
from pipelines.steps.data.labels import accepted_labels
from tests.support.labels import accepted_item, label_item

TRAIN = accepted_item(
    "b", "get me two tents", "buy", entities=(LabelledSpan(start=7, end=10, type="quantity", value="2"),)
)
HELD = accepted_item("b", "where is my parcel then", "track", bound_for="holdout")
OUTSIDE = accepted_item("b", "who won the cup", OUT_OF_SCOPE)
LOST = accepted_item("b", "sing me a song", "sing")


def test_accepted_labels_are_sorted_by_where_they_go_and_lost_intents_are_said() -> None:
    found = accepted_labels([TRAIN, HELD, OUTSIDE, LOST, label_item("b", "not decided")], intents=["buy", "track"])
    assert found.train[["intent", "text", "origin"]].to_numpy().tolist() == [
        ["buy", "get me two tents", "label"],
        [OUT_OF_SCOPE, "who won the cup", "label"],
    ]
    assert found.holdout["text"].tolist() == ["where is my parcel then"]
    assert found.holdout["week"].tolist() == ["2026-W45"]
    assert found.notes == ("1 labels are left out: the drafts have no intent sing",)
    example = to_examples(found.train)[0]
    assert example.id == f"buy/label-{TRAIN.key}"
    assert example.entities == (LabelledSpan(start=7, end=10, type="quantity", value="two"),)  # as authors write it


def test_text_that_an_author_has_written_since_is_no_label() -> None:
    found = accepted_labels([TRAIN, HELD], intents=["buy", "track"], written=["Get me  two TENTS", "hello"])
    assert found.train.empty
    assert found.holdout["text"].tolist() == ["where is my parcel then"]
    assert found.notes == ("1 labels are left out: their texts are now examples in the drafts",)
