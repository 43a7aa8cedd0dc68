"""Figures of two releases beside each other, with paired intervals."""

from pipelines.nlu.model import NluModel
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import IntentScore, NluResult
from pipelines.steps.evaluation.compare_figures import figure_differences
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model


class Told(NluModel):
    """Says of every text the intent that is its first word, or another one for the share of texts it gets wrong."""

    thresholds_ = Thresholds(confidence=0.5)

    def __init__(self, n_wrong: int) -> None:
        self.n_wrong = n_wrong

    def parse(self, text: str) -> NluResult:
        intent, number = text.split()
        named = "wrong" if int(number) < self.n_wrong else intent
        return NluResult(text=text, ranking=(IntentScore(intent_id=named, confidence=0.9),))


def evaluated(n_wrong: int) -> Evaluation:
    rows = [Example(id=str(n), text=f"a {n}", intent="a" if n < 90 else OUT_OF_SCOPE) for n in range(100)]
    return evaluate_model(Told(n_wrong), rows)


def test_figure_differences_gives_both_sides_and_an_interval_around_the_difference() -> None:
    table = figure_differences(evaluated(40), evaluated(10))
    accuracy = table.loc["accuracy"]
    assert (round(accuracy["first"], 3), round(accuracy["second"], 3)) == (round(50 / 90, 3), round(80 / 90, 3))
    assert 0.2 < accuracy["low"] < accuracy["difference"] < accuracy["high"] < 0.5
    # forty wrong and ten answered out of scope, in a hundred
    assert table.loc["expected cost of a message", "first"] == 0.5
    assert table.loc["expected cost of a message", "high"] < 0
    assert "entity F1" not in table.index


def test_figure_differences_counts_what_is_asked_about() -> None:
    class Torn(Told):
        def parse(self, text: str) -> NluResult:
            rows = tuple(IntentScore(intent_id=name, confidence=0.45) for name in ("wrong", "a"))
            return NluResult(text=text, ranking=rows) if int(text.split()[1]) >= 80 else super().parse(text)

    rows = [Example(id=str(n), text=f"a {n}", intent="a" if n < 90 else OUT_OF_SCOPE) for n in range(100)]
    table = figure_differences(evaluate_model(Told(0), rows), evaluate_model(Torn(0), rows))
    assert table.loc["asked which intent is meant", ["first", "second"]].tolist() == [0.0, 0.2]
    assert table.loc["accuracy at the thresholds", "second"] == 80 / 90
    assert "right one among those offered" not in table.index  # the first asks nothing
    twice = figure_differences(*[evaluate_model(Torn(0), rows)] * 2)
    assert twice.loc["right one among those offered", "first"] == 0.5


def test_figure_differences_of_the_same_is_nothing_and_of_nothing_is_empty() -> None:
    one = evaluated(10)
    assert (figure_differences(one, one)[["difference", "low", "high"]] == 0).all().all()
    nothing = evaluate_model(Told(0), [])
    assert figure_differences(nothing, nothing).empty
