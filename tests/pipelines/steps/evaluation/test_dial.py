"""What other thresholds would mean for customers."""

import pytest

from pipelines.nlu.intents.thresholds import Costs
from pipelines.nlu.model import NluModel
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.steps.evaluation.dial import turn_dial
from pipelines.steps.evaluation.evaluate import evaluate_model
from tests.support.bots import TINY_BOT
from tests.support.releases import examples_of

OUTSIDE = (
    "what is the capital of france", "sing me a song", "how tall is that mountain", "do you like jazz",
    "my order of monks", "buy or rent, what is wiser", "hi fi systems", "cancel culture is a topic",
)  # fmt: skip


@pytest.fixture(scope="module")
def model() -> NluModel:
    rows = [*examples_of(TINY_BOT), *(_outside(text) for text in OUTSIDE)]
    return NluModel(costs=Costs(needless_limit=0.05)).fit(rows, TINY_BOT.entities, intents=TINY_BOT.intents)


def _outside(text: str) -> Example:
    return Example(id=text, text=text, intent=OUT_OF_SCOPE)


def _rows(bot: BotFile, outside: tuple[str, ...]) -> list[Example]:
    return [*examples_of(bot), *(_outside(f"so {text}") for text in outside)]


def test_dial_says_of_the_chosen_limit_what_the_evaluation_does(model: NluModel) -> None:
    evaluation = evaluate_model(model, _rows(TINY_BOT, OUTSIDE))
    dial = turn_dial(model, evaluation, outside=OUTSIDE)
    chosen = dial.choices.set_index("needless_limit").loc[0.05]
    assert chosen["chosen"]
    assert chosen["outside"] == evaluation.metrics["out_of_scope_answered"]
    assert chosen["needless"] == evaluation.metrics["needless_fallback"]
    assert chosen["wrong"] == evaluation.metrics["answered_wrong"]
    assert chosen["low"] < chosen["outside"] + 1e-9 <= chosen["high"] + 1e-9
    assert dial.choices["needless_limit"].tolist() == [0.01, 0.02, 0.05]
    assert f"Of 8 out-of-scope messages, {chosen['outside']:.0%} (95 % interval" in dial.sentences()[0]
    assert "may refuse at most 5 %" in dial.sentences()[1]
    assert "0.05 (chosen)" in dial._repr_html_()


def test_a_wider_limit_never_refuses_less_of_the_training(model: NluModel) -> None:
    limits = [model.thresholds_at(Costs(needless_limit=limit), outside=OUTSIDE) for limit in (0.01, 0.5)]
    results = [model.parse(text) for text in OUTSIDE]
    refused = [
        sum(
            result.ranking[0].confidence < each.confidence
            or (each.out_of_scope is not None and (result.out_of_scope_score or 0.0) > each.out_of_scope)
            for result in results
        )
        for each in limits
    ]
    assert refused[0] <= refused[1]


def test_dial_without_out_of_scope_rows_says_that_it_cannot_tell(model: NluModel) -> None:
    dial = turn_dial(model, evaluate_model(model, _rows(TINY_BOT, ())), outside=())
    assert "There is no out-of-scope utterance to measure on" in dial.sentences()[0]
    assert "<table" not in dial._repr_html_()
