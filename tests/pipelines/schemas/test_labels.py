from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from pipelines.schemas.examples import LabelledSpan
from pipelines.schemas.labels import Decision, LabelItem, Proposal, Source, label_id, side_of, week_of

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def item() -> LabelItem:
    return LabelItem(
        bot="shop",
        text="Where is ORD-1?",
        entities=(LabelledSpan(start=9, end=14, type="order.$id", value="ORD-1"),),
        sources=(Source(thread_id="t", turn=1, message_id="m", said_at=MONDAY, release="3"),),
        proposals=(Proposal(by="llm", intent_id="track_order"),),
        value=1.5,
        cluster="shop:abc",
        week="2026-W45",
        bound_for="train",
        created_at=MONDAY,
    )


def test_item_survives_the_database_with_names_that_authors_chose() -> None:
    document = item().to_document()
    assert document["_id"] == label_id("shop", "where  is ord-1?") == f"shop:{item().key}"
    assert isinstance(document["entities"], str)
    assert LabelItem.from_document(document) == item()


def test_side_of_is_frozen_and_holds_one_in_five_out() -> None:
    sides = [side_of(f"shop:{number}", "2026-W45") for number in range(5000)]
    assert 0.18 < sides.count("holdout") / 5000 < 0.22
    assert [side_of(f"shop:{number}", "2026-W45") for number in range(12)] == sides[:12]
    # whoever changes this rule moves held-out texts into training
    assert [place for place, side in enumerate(sides[:12]) if side == "holdout"] == [3, 7]
    assert side_of("shop:3", "2026-W46") == "train"  # another week draws again


def test_week_of_counts_as_iso_does() -> None:
    assert week_of(datetime(2027, 1, 1, tzinfo=UTC)) == "2026-W53"


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "accepted"},
        {"status": "rejected", "intent_id": "greet"},
        {"status": "done"},
        {"status": "accepted", "intent_id": ""},
    ],
)
def test_decision_that_says_half_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Decision.model_validate(wrong)
