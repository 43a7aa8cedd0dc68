"""Labels that changed, on a bot small enough to count by hand."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from pipelines.registry.client import RegisteredVersion
from pipelines.registry.runs import Runs
from pipelines.schemas.examples import OUT_OF_SCOPE, LabelledSpan
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check
from pipelines.steps.data.frame import COLUMNS, frame_of
from pipelines.steps.data.snapshot import write_snapshot
from pipelines.steps.evaluation.labels.changes import LabelChanges, compare_labels, labels_since
from pipelines.steps.evaluation.labels.gate import check_relabelled

TYPES = ("order_id", "city")
Edit = Callable[[pd.DataFrame], pd.DataFrame]


def row(intent: str, number: int) -> tuple[object, ...]:
    """Give a text like `refund 7 for A7 in Oslo`, its number and its city annotated."""
    start = len(f"{intent} {number} for ")
    place = start + len(f"A{number} in ")
    spans = (
        LabelledSpan(start=start, end=start + len(f"A{number}"), type="order_id", value=f"A{number}"),
        LabelledSpan(start=place, end=place + 4, type="city", value="Oslo"),
    )
    return f"{intent}/{number}", intent, f"{intent} {number} for A{number} in Oslo", spans, "author"


BEFORE = frame_of(row(intent, number) for intent in ("order", "refund", "greet", "bye") for number in range(1, 21))


def labelled(intent: str, new: str, *, count: int = 20) -> Edit:
    """Give the first texts of an intent another label."""

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        chosen = frame.index[frame["intent"] == intent][:count]
        return frame.assign(intent=frame["intent"].where(~frame.index.isin(chosen), new))

    return edit


def annotated(change: Callable[[LabelledSpan], LabelledSpan | None], *, count: int = 80) -> Edit:
    """Change the annotations of the first texts."""

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        spans = [
            tuple(new for span in row if (new := change(span) if number < count else span))
            for number, row in enumerate(frame["entities"])
        ]
        return frame.assign(entities=pd.Series(spans, index=frame.index, dtype=object))

    return edit


def without(name: str) -> Callable[[LabelledSpan], LabelledSpan | None]:
    return lambda span: None if span.type == name else span


def having(name: str, **fields: object) -> Callable[[LabelledSpan], LabelledSpan]:
    return lambda span: span.model_copy(update=fields) if span.type == name else span


def exchanged(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(intent=frame["intent"].replace({"order": "refund", "refund": "order"}))


def changes(*edits: Edit) -> LabelChanges:
    now = BEFORE
    for edit in edits:
        now = edit(now)
    return compare_labels(BEFORE, now, version="3")


def judged(*edits: Edit, types: tuple[str, ...] = TYPES, **params: object) -> Check:
    return check_relabelled(changes(*edits), TrainParams.model_validate(params), types=types, version="3")


PLANTED = {
    "6 of 20 texts of 'order' are now labelled 'refund'": labelled("order", "refund", count=6),
    "10 of 20 texts of 'order' are now labelled 'new'": labelled("order", "new", count=10),
    "20 of 20 texts of 'order' are now labelled 'refund'": labelled("order", "refund"),
    "7 of 20 texts of 'bye' are now labelled out of scope": labelled("bye", OUT_OF_SCOPE, count=7),
    "the labels of 'order' and 'refund' were exchanged: 20 of 20 texts of 'order' are now labelled 'refund', and 20 of "
    "20 the other way": exchanged,
    "80 of 80 annotations of type 'order_id' were removed; none is left": annotated(without("order_id")),
    "30 of 80 annotations of type 'order_id' were removed; there are 50 now": annotated(without("order_id"), count=30),
    "80 of 80 annotations of type 'order_id' are now of type 'city'; none is left": annotated(
        having("order_id", type="city")
    ),
    "80 of 80 annotations of type 'city' now have another value; there are 80 now": annotated(
        having("city", value="Rome")
    ),
    "80 of 80 annotations of type 'order_id' are now on other words of the text": annotated(
        lambda span: span.model_copy(update={"start": span.start - 4}) if span.type == "order_id" else span
    ),
}


@pytest.mark.parametrize(("sentence", "edit"), PLANTED.items(), ids=range(len(PLANTED)))
def test_check_relabelled_refuses_many_changed_labels_and_names_them(sentence: str, edit: Edit) -> None:
    check = judged(edit)
    (reason,) = check.reasons
    assert reason.startswith(sentence)
    assert "if that is meant, train again and accept it: the admin pages have a button" in reason
    assert "`--accept-relabelled`" in reason
    assert not all(measure.passed for measure in check.measures)
    accepted = judged(edit, accept_relabelled=True)
    assert accepted.passed
    assert any(note.startswith(f"accepted: {sentence}") for note in accepted.notes)
    assert all(measure.passed for measure in accepted.measures)


def copied(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame[frame["intent"] == "order"].assign(intent="refund")], ignore_index=True)


def written_otherwise(frame: pd.DataFrame) -> pd.DataFrame:
    moved = labelled("order", "refund", count=6)(frame)
    return moved.assign(text=moved["text"].str.upper() + "!!").pipe(annotated(lambda span: span))


def reworded(frame: pd.DataFrame) -> pd.DataFrame:
    spans = [
        tuple(span.model_copy(update={"start": span.start + 3, "end": span.end + 3}) for span in row)
        for row in frame["entities"]
    ]
    return frame.assign(text="so " + frame["text"], entities=pd.Series(spans, index=frame.index, dtype=object))


def test_check_relabelled_is_not_fooled_by_a_word_more() -> None:
    assert judged(reworded).notes == ()
    assert (
        judged(reworded, labelled("order", "refund", count=6)).reasons[0].startswith("6 of 20 texts of 'order' are now")
    )
    (reason,) = judged(reworded, annotated(without("city"), count=60)).reasons
    assert reason.startswith("60 of 80 annotations of type 'city' were removed; there are 20 now")


def test_check_relabelled_is_not_fooled_by_copies_or_another_way_to_write() -> None:
    assert judged(copied).reasons[0].startswith("20 of 20 texts of 'order' are now labelled 'refund'")
    assert judged(written_otherwise).reasons[0].startswith("6 of 20 texts of 'order' are now labelled 'refund'")


def test_check_relabelled_refuses_few_texts_of_every_intent() -> None:
    def passed_on(frame: pd.DataFrame, *, count: int) -> pd.DataFrame:
        following = frame["intent"].map({"order": "refund", "refund": "greet", "greet": "bye", "bye": "order"})
        is_chosen = frame.groupby("intent").cumcount() < count
        return frame.assign(intent=following.where(is_chosen, frame["intent"]))

    assert judged(partial(passed_on, count=2)).passed, "eight texts"
    (reason,) = judged(partial(passed_on, count=3)).reasons
    assert reason.startswith("12 of 80 texts have another intent than before, most of them of ")


def test_check_relabelled_notes_a_few_moved_texts() -> None:
    check = judged(labelled("order", "refund", count=4))
    assert check.passed
    assert check.notes == (
        "4 of 80 texts have another label than in version 3; the table 'relabelled' of the run lists them",
        "learns from 80 examples, version 3 from 80: 'order' -4, 'refund' +4",
    )
    assert check.figures == {"relabelled_texts": 4.0, "compared_texts": 80.0}


def test_check_relabelled_of_ten_texts_in_an_ordinary_intent_is_a_note() -> None:
    before = frame_of(row(intent, number) for intent in ("order", "refund") for number in range(1, 61))
    now = labelled("order", "refund", count=10)(before)
    assert check_relabelled(compare_labels(before, now, version="3"), TrainParams(), types=TYPES, version="3").passed


def test_check_relabelled_notes_new_names() -> None:
    renamed = labelled("order", "track_order")
    check = judged(renamed, annotated(having("city", type="town")), types=("order_id", "town"))
    assert check.passed
    assert check.notes == (
        "the intent 'order' is now called 'track_order', with 20 texts",
        "the entity type 'city' is now called 'town', with 80 annotations",
    )
    assert changes(renamed).table().empty


def test_check_relabelled_is_no_renaming_if_the_old_name_is_taken() -> None:
    check = judged(labelled("order", "new"), labelled("refund", "order"))
    assert [reason.split(";")[0] for reason in check.reasons] == [
        "20 of 20 texts of 'order' are now labelled 'new'",
        "20 of 20 texts of 'refund' are now labelled 'order'",
    ]


def test_check_relabelled_counts_no_deleted_and_no_added_text() -> None:
    check = judged(lambda frame: frame[~frame["example_id"].isin([f"order/{n}" for n in range(1, 16)])])
    assert check.passed
    assert check.notes[0] == "'order' has 5 texts, of 20 in version 3"
    (reason,) = judged(lambda frame: frame[frame["intent"] != "bye"]).reasons
    assert reason.startswith("the intent 'bye' is gone, with its 20 texts; if that is meant, train again")
    more = frame_of((*BEFORE.itertuples(index=False, name=None), row("extra", 1)), columns=COLUMNS)
    grown = judged(lambda _: more)
    assert grown.notes == ("learns from 81 examples, version 3 from 80: 'extra' +1",)
    assert grown.model_copy(update={"notes": ()}) == judged()


def test_check_relabelled_lets_an_author_annotate_what_had_hardly_any_annotation() -> None:
    few = annotated(without("city"), count=71)(BEFORE)
    taught = compare_labels(few, BEFORE, version="3")
    assert (taught.spans_then["city"], len(taught.spans)) == (9, 71)
    assert check_relabelled(taught, TrainParams(), types=TYPES, version="3").passed
    ten = compare_labels(annotated(without("city"), count=70)(BEFORE), BEFORE, version="3")
    (reason,) = check_relabelled(ten, TrainParams(), types=TYPES, version="3").reasons
    assert reason.startswith("70 annotations of type 'city' were added to texts that had none of it; they were 10; if")


def test_check_relabelled_finds_annotations_that_went_with_their_texts() -> None:
    def replaced(frame: pd.DataFrame) -> pd.DataFrame:
        return annotated(without("order_id"))(frame).assign(text="once more " + frame["text"])

    (reason,) = judged(replaced).reasons
    assert reason.startswith("none of the 80 annotations of type 'order_id' is left: their texts were deleted or")


def test_check_relabelled_lets_a_type_go_that_no_intent_uses() -> None:
    check = judged(annotated(without("city")), types=("order_id",))
    assert check.passed
    assert (
        check.notes[-1]
        == "entity type 'city' has 0 annotations, of 80 in version 3; no intent of the bot uses the type"
    )


def test_check_relabelled_of_unknown_examples_is_noted() -> None:
    check = check_relabelled(None, TrainParams(), types=(), version="3")
    assert check == Check(notes=("the examples of version 3 are unknown, so no label was compared with its own",))


def test_table_of_changes_shows_the_text_unless_a_customer_wrote_it() -> None:
    def mixed(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(origin=frame["origin"].where(frame["example_id"] != "order/2", "label"))

    table = changes(labelled("order", "refund", count=1), annotated(without("city"), count=2), mixed).table()
    assert list(table.columns) == ["text", "was", "is", "example"]
    assert table.to_numpy().tolist() == [
        ["order 1 for A1 in Oslo", "entity 'city'", "no entity", "order/1"],
        ["order 1 for A1 in Oslo", "intent 'order'", "intent 'refund'", "order/1"],
        ["(a customer's message)", "entity 'city'", "no entity", "order/2"],
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of MLflow, in its own store
def test_labels_since_reads_what_a_version_was_trained_with(mlflow_store: str, tmp_path: Path) -> None:
    runs, snapshot = Runs(mlflow_store), write_snapshot(BEFORE, tmp_path)
    trained, silent, damaged = (runs.begin("b") for _ in range(3))
    name = f"data/{snapshot.data_hash[:16]}.parquet"
    mlflow.MlflowClient(mlflow_store).log_artifact(trained, str(snapshot.path), "data")
    runs.log_text(damaged, "no table", name)

    def since(run_id: str) -> LabelChanges | None:
        version = RegisteredVersion("intentloop-b", "3", run_id, tags={"data_hash": snapshot.data_hash})
        return labels_since(runs, version, labelled("order", "refund", count=6)(BEFORE))

    found = since(trained)
    assert found is not None
    assert (found.version, len(found.intents)) == ("3", 6)
    assert [since(run_id) for run_id in (silent, damaged, "0" * 32, "")] == [None] * 4
