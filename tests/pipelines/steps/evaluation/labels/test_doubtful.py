"""Wrong labels are found by what the cross-validation of a training says about them."""

from pathlib import Path

import pytest

from pipelines.nlu.intents.refusal import outcome_of
from pipelines.nlu.model import NluModel
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import IntentScore, NluResult
from pipelines.steps.evaluation.labels.doubtful import (
    DOUBTFUL,
    LIKELIER,
    SHOWN,
    DoubtfulLabel,
    find_doubtful_labels,
    to_table,
    with_doubtful_labels,
)
from pipelines.steps.evaluation.predictions import Prediction, predict
from pipelines.steps.validation.report import render_report
from pipelines.steps.validation.validate import ValidationReport

_THINGS = ["order", "parcel", "tent", "boots", "lamp", "letter", "chair", "phone", "book", "shirt", "cup", "desk"]
_PATTERNS = {
    "track": ["where is my {}", "track the {} please", "has my {} been sent", "when will the {} arrive"],
    "cancel": ["cancel the {}", "i do not want the {} any more", "stop my {} now", "call off the {}"],
    "price": ["what does the {} cost", "how much is the {}", "the price of the {} please", "is the {} expensive"],
}
_WRONG = {"track/7": "cancel", "cancel/20": "price", "price/33": "track"}


def labelled() -> list[Example]:
    """Give 144 examples of three intents, three of which are filed under another one."""
    texts = {
        name: [each.format(thing) for each in patterns for thing in _THINGS] for name, patterns in _PATTERNS.items()
    }
    rows = [
        Example(id=f"{name}/{number}", text=text, intent=name)
        for name in texts
        for number, text in enumerate(texts[name], start=1)
    ]
    return [row.model_copy(update={"intent": _WRONG.get(row.id, row.intent)}) for row in rows]


@pytest.fixture(scope="module")
def model() -> NluModel:
    return NluModel().fit(labelled())


def test_find_doubtful_labels_finds_the_wrong_ones_first(model: NluModel) -> None:
    found = find_doubtful_labels(model, labelled()[::-1])
    assert {each.example.id for each in found[:3]} == set(_WRONG)
    assert [each.likelier for each in found[:3]] == [each.example.id.partition("/")[0] for each in found[:3]]
    assert [each.probability for each in found] == sorted(each.probability for each in found)
    assert all(0.0 <= each.probability < DOUBTFUL < LIKELIER <= each.likelier_probability <= 1.0 for each in found)


def test_find_doubtful_labels_judges_rows_that_were_held_out_too(model: NluModel) -> None:
    rows = [
        Example(id="cancel/99", text="where is my new order", intent="cancel"),
        Example(id="track/99", text="track the new lamp please", intent="track"),
        Example(id="o", text="where is my cat", intent=OUT_OF_SCOPE),
        Example(id="price/99", text="asdfgh", intent="price"),
    ]
    found = find_doubtful_labels(model, labelled(), predict(model, rows))
    assert [each.example.id for each in found if each.example.id.endswith("99") or each.example.id == "o"] == [
        "cancel/99"
    ]


def test_find_doubtful_labels_passes_over_an_intents_only_example() -> None:
    lone = Example(id="lone/1", text="is the desk expensive, or what does it cost", intent="lone")
    rows = [row for row in labelled() if row.id not in _WRONG]
    assert "lone/1" not in [
        each.example.id for each in find_doubtful_labels(NluModel().fit([*rows, lone]), [*rows, lone])
    ]


def test_find_doubtful_labels_needs_the_model_that_was_just_fitted(model: NluModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    with pytest.raises(ValueError, match="only after fit"):
        find_doubtful_labels(NluModel.load(tmp_path), labelled())


def test_a_label_that_is_ranked_eleventh_has_no_probability() -> None:
    ranking = (IntentScore(intent_id="track", confidence=0.9),)
    result = NluResult(text="where is it", ranking=ranking)
    prediction = Prediction(
        Example(id="price/1", text="where is it", intent="price"),
        result,
        outcome_of(result, Thresholds(confidence=0.5), None),
        1.0,
        1.0,
    )
    fitted = NluModel().fit([row for row in labelled() if row.id not in _WRONG])
    (found,) = find_doubtful_labels(fitted, [row for row in labelled() if row.id not in _WRONG], [prediction])
    assert (found.probability, found.likelier, found.likelier_probability) == (0.0, "track", 0.9)


def doubtful(count: int) -> list[DoubtfulLabel]:
    return [
        DoubtfulLabel(Example(id=f"track/{n}", text=f"what does <b>{n}</b> cost", intent="track"), 0.02, "price", 0.9)
        for n in range(1, count + 1)
    ]


def test_with_doubtful_labels_are_notes_that_stop_nothing() -> None:
    report = with_doubtful_labels(ValidationReport("bot.json", 9, (), ()), doubtful(2))
    report.require_valid()
    assert [(each.severity, each.row, each.intent_id, each.position) for each in report.findings] == [
        ("note", "track/1", "track", 1),
        ("note", "track/2", "track", 2),
    ]
    assert report.findings[0].explanation == (
        "the label 'track' has a probability of 2%, and 'price' one of 90%, for a model that has not seen this example."
    )
    page = render_report(report)
    assert "labels that are probably wrong" in page
    assert "what does &lt;b&gt;1&lt;/b&gt; cost" in page


def test_with_doubtful_labels_shows_the_first_and_counts_the_rest() -> None:
    findings = with_doubtful_labels(ValidationReport("bot.json", 9, (), ()), doubtful(SHOWN + 7)).findings
    assert len(findings) == SHOWN + 1
    assert findings[-1].explanation == "7 more labels are improbable."


def test_to_table_has_a_row_for_each() -> None:
    table = to_table(doubtful(3))
    assert table.iloc[0].tolist() == ["track/1", "what does <b>1</b> cost", "track", 0.02, "price", 0.9]
    assert (len(table), len(to_table([]))) == (3, 0)
