"""Kinds of utterances measured apart, on a real tiny model."""

from dataclasses import replace

from pipelines.nlu.intents.refusal import Outcome
from pipelines.nlu.model import NluModel
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.steps.evaluation.evaluate import evaluate_model
from pipelines.steps.evaluation.slices import slice_by_kind


def test_slice_by_kind_counts_each_row_once_a_slice(tiny_model: NluModel) -> None:
    rows = [
        Example(id="1", text="hello", intent="greet", channel="rest"),
        Example(id="2", text="please, where is my order now", intent="track_order", channel="facebook"),
        Example(id="3", text="hello", intent="track_order"),
        Example(id="4", text="qqq", intent=OUT_OF_SCOPE, channel="rest"),
    ]
    table = slice_by_kind(evaluate_model(tiny_model, rows), tiny_model)
    found = table.set_index(["slice", "value"])
    assert found["utterances"].to_dict() == {
        ("channel", "facebook"): 1, ("channel", "rest"): 1, ("length", "1 to 3 words"): 2,
        ("length", "4 to 8 words"): 1, ("spelling", "without typos"): 3,
    }  # fmt: skip
    assert found.loc[("length", "1 to 3 words"), "accuracy"] == 0.5
    assert found["asked"].tolist() == [0.0] * 5
    assert found.loc[("channel", "rest"), "low"] < found.loc[("channel", "rest"), "high"] == 1.0


def test_slice_by_kind_counts_what_is_asked_about_apart(tiny_model: NluModel) -> None:
    rows = [Example(id=text, text=text, intent="greet") for text in ("hello", "hi")]
    evaluation = evaluate_model(tiny_model, rows)
    first, second = evaluation.predictions
    asked = replace(first, outcome=Outcome("asked", "greet", None, ("greet", "track_order")))
    table = slice_by_kind(replace(evaluation, predictions=(asked, second)), tiny_model)
    assert table.loc[0, ["accuracy", "effective_accuracy", "asked"]].tolist() == [1.0, 0.5, 0.5]


def test_slice_by_kind_of_nothing_has_its_columns(tiny_model: NluModel) -> None:
    assert slice_by_kind(evaluate_model(tiny_model, []), tiny_model).columns.tolist()[:3] == [
        "slice",
        "value",
        "utterances",
    ]
