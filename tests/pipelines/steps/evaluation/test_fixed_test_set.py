"""The fixed test set in a training: kept apart from the examples, and part of the verdict."""

from datetime import UTC, datetime

import pytest

from pipelines.botfile.test_rows import known_rows
from pipelines.errors import DataRejected
from pipelines.registry.run_record import LoggedRun
from pipelines.registry.runs import LEARNT_FILE, Runs
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.test_sets import FixedTestSet
from pipelines.schemas.verdict import Check
from pipelines.steps.data.frame import to_frame
from pipelines.steps.data.split import fingerprints
from pipelines.steps.evaluation.fixed_test_set import TestRows, check_test_set, set_apart

INTENTS = ("order", "refund")


def rows(*labelled: tuple[str, str]) -> list[Example]:
    return [Example(id=f"r{number}", text=text, intent=intent) for number, (text, intent) in enumerate(labelled, 1)]


EXAMPLES = to_frame(
    rows(
        ("where is my parcel today", "order"),
        ("has it left the warehouse", "order"),
        ("i want my money back please", "refund"),
        ("sing me a song", OUT_OF_SCOPE),
    )
)


def apart(*labelled: tuple[str, str]) -> TestRows:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return set_apart(FixedTestSet.of(rows(*labelled), bot="b", number=3, created_at=moment), EXAMPLES, intents=INTENTS)


def test_set_apart_leaves_out_what_nearly_equals_a_row() -> None:
    found = apart(
        ("Where is my parcel today?!", "order"), ("when do you open", "refund"), ("Sing me a song.", OUT_OF_SCOPE)
    )
    assert found.frame["text"].tolist() == ["has it left the warehouse", "i want my money back please"]
    assert len(found.rows) == 3
    assert found.notes == ("2 examples are not learnt from: they nearly equal a row of test set 3",)


def test_set_apart_names_examples_that_the_test_set_labels_otherwise() -> None:
    found = apart(("where is my parcel today", "refund"))
    assert found.notes[1] == "1 of them have another label in test set 3: 1 'refund' there and 'order' here"


def test_set_apart_says_which_version_was_judged_on() -> None:
    found = apart(("when do you open", "order"))
    assert found.version is not None
    check = found.check()
    assert check.notes == (f"judged on test set 3 too: 1 rows, SHA-256 {found.version.sha256}",)
    assert check.figures == {"test_set_number": 3.0, "test_set_rows": 1.0}
    assert found.what == "utterances of test set 3"


def run_of(**tags: str) -> LoggedRun:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return LoggedRun(run_id="r", status="FINISHED", began_at=moment, artifact_uri="", params={}, tags=tags, metrics={})


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of MLflow, in its own store
def test_seen_by_knows_examples_that_were_annotated_or_written_otherwise(mlflow_store: str) -> None:
    spans = (LabelledSpan(start=9, end=13, type="city", value="Oslo"),)
    learnt = [
        Example(id="1", text="deliver, Oslo please", intent="order", entities=spans),
        *rows(("has it left", "order")),
    ]
    test_set = FixedTestSet.of(
        rows(("Deliver Oslo, please", "order"), ("has it left", "order"), ("new", "order")), bot="b"
    )
    found = set_apart(test_set, to_frame([*learnt, *rows(("where is it", "order"))]), intents=INTENTS)
    runs = Runs(mlflow_store)
    run_id = runs.begin("b")
    assert found.seen_by(runs, run_id) is None
    runs.log_text(run_id, "\n".join(fingerprints(to_frame(learnt))), LEARNT_FILE)
    assert found.seen_by(runs, run_id) == [True, True, False]


def test_check_notes_that_production_was_judged_on_another_test_set() -> None:
    found = apart(("when do you open", "order"))
    assert found.tags() == {"test_set": "3", "test_set_sha256": found.check().notes[0].split()[-1]}
    assert len(found.check(production=run_of(**found.tags())).notes) == 1
    other = found.check(production=run_of(test_set="2", test_set_sha256="x"))
    assert other.notes[1] == "the version in production was judged on test set 2"
    assert found.check(production=run_of()).notes[1] == "the version in production was judged on no test set"
    none = set_apart(None, EXAMPLES, intents=INTENTS)
    assert none.tags() == {}
    assert none.check(production=run_of()) == Check()
    assert none.check(production=run_of(test_set="2")).notes == (
        "the version in production was judged on test set 2 too, this one on none",
    )


def test_set_apart_without_a_test_set_changes_nothing() -> None:
    found = set_apart(None, EXAMPLES, intents=INTENTS)
    assert found.frame is EXAMPLES
    assert (found.rows, found.check()) == ((), Check())


def test_set_apart_refuses_a_test_set_that_leaves_nothing_to_learn_from() -> None:
    with pytest.raises(DataRejected, match=r"every example of 'refund' nearly equals one of its rows"):
        apart(("i want my money back, please", "refund"))


def test_known_rows_leaves_out_rows_of_an_intent_that_is_gone() -> None:
    kept, notes = known_rows(
        rows(("a", "order"), ("b", "old"), ("c", "order"), ("d", OUT_OF_SCOPE)), intents=INTENTS, source="test set 3"
    )
    assert [row.text for row in kept] == ["a", "c", "d"]
    assert notes == ["1 rows of test set 3 are left out: the bot has no intent 'old'"]


def test_known_rows_refuses_the_test_data_of_another_bot() -> None:
    with pytest.raises(DataRejected) as caught:
        known_rows(
            rows(("a", "x"), ("b", "y"), ("c", "order"), ("d", OUT_OF_SCOPE)), intents=INTENTS, source="test.jsonl"
        )
    assert "2 of its 3 utterances are of intents that the bot does not have ('x', 'y')" in str(caught.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of MLflow, in its own store
def test_a_test_file_that_only_production_was_measured_on_is_noted(mlflow_store: str) -> None:
    runs, apart = Runs(mlflow_store), set_apart(None, EXAMPLES, intents=INTENTS)
    measured, other = runs.begin("b"), runs.begin("b")
    runs.log_metrics(measured, {"test_accuracy": 0.921})
    missing = "the version in production was measured on a test file too (accuracy 92.1%), this one on none"
    assert check_test_set(apart, runs, production_run=measured, has_test_file=False).notes == (missing,)
    assert check_test_set(apart, runs, production_run=measured, has_test_file=True).notes == ()
    assert check_test_set(apart, runs, production_run=other, has_test_file=False).notes == ()
    assert check_test_set(apart, runs, production_run="", has_test_file=False).notes == ()
