"""The outcome of each labelled utterance under a release, its grade, and its cost."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from pipelines.nlu.intents.refusal import Outcome, outcome_of
from pipelines.nlu.intents.thresholds import Costs
from pipelines.nlu.model import NluModel
from pipelines.progress import Progress
from pipelines.schemas.bot import Intent
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import NluResult

Grade = Literal[
    "answered right",
    "answered wrong",
    "asked, right one offered",
    "asked, not offered",
    "refused needlessly",
    "refused rightly",
]
"""How good an outcome is. A refusal is needless where the likeliest intent is the right one."""
GRADES: tuple[Grade, ...] = get_args(Grade)


@dataclass(frozen=True)
class Prediction:
    """A model's prediction for one labelled utterance.

    Attributes
    ----------
    outcome
        What the release would do: answer, ask which intent is meant, or refuse.
    wall_ms, cpu_ms
        Time to parse: on the clock, which other programs on the machine lengthen, and computed by this thread.
    """

    example: Example
    result: NluResult
    outcome: Outcome
    wall_ms: float
    cpu_ms: float

    @property
    def intent(self) -> str:
        """The top intent before any threshold; empty if nothing was ranked."""
        return self.result.ranking[0].intent_id if self.result.ranking else ""

    @property
    def is_right(self) -> bool:
        """Whether the top intent is right, before any threshold; never for what is out of scope."""
        return self.intent == self.example.intent

    @property
    def is_fallback(self) -> bool:
        """Whether it is refused."""
        return self.outcome.kind == "refused"

    @property
    def is_asked(self) -> bool:
        """Whether the customer is asked which intent is meant."""
        return self.outcome.kind == "asked"

    @property
    def grade(self) -> Grade:
        """How good the outcome is. Out of scope, only a refusal is right."""
        match self.outcome.kind:
            case "answered":
                return "answered right" if self.is_right else "answered wrong"
            case "asked":
                return (
                    "asked, right one offered" if self.example.intent in self.outcome.options else "asked, not offered"
                )
            case "refused":
                return "refused needlessly" if self.is_right else "refused rightly"

    @property
    def confidence(self) -> float:
        """Confidence of the top intent, in [0, 1]."""
        return self.result.ranking[0].confidence if self.result.ranking else 0.0

    @property
    def out_of_scope_score(self) -> float:
        """The model's out-of-scope score, or 1 - confidence for a model without one."""
        score = self.result.out_of_scope_score
        return 1.0 - self.confidence if score is None else score


def predict(
    model: NluModel,
    examples: Sequence[Example],
    *,
    thresholds: Thresholds | None = None,
    intent_by_id: Mapping[str, Intent] | None = None,
    progress: Progress | None = None,
) -> list[Prediction]:
    """Parse each utterance on its own, as serving does, and time it; the parameters are those of `evaluate_model`.

    Native libraries compute on the calling thread meanwhile, so that its CPU time is the whole cost: the encoder always
    does, and matrix products are kept from starting threads of their own.
    """
    thresholds = thresholds or model.thresholds_
    predictions = []
    with threadpool_limits(limits=1):
        for number, example in enumerate(examples):
            wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
            result = model.parse(example.text)
            wall_ms, cpu_ms = (time.perf_counter_ns() - wall) / 1e6, (time.thread_time_ns() - cpu) / 1e6
            outcome = outcome_of(result, thresholds, intent_by_id)
            predictions.append(Prediction(example, result, outcome, wall_ms, cpu_ms))
            if progress and number % 100 == 0:
                progress(number / len(examples), "evaluating")
    return predictions


def message_costs(predictions: Sequence[Prediction], costs: Costs | None = None) -> npt.NDArray[np.floating]:
    """Return the cost of each message, in units of one wrong answer. Shape ``(n_messages,)``.

    1 for a wrong answer, and for any answer to what is out of scope; `costs.refusal` for a refusal in scope, and for
    any question, since the customer has to write or choose again; else 0. The thresholds are fitted with the same
    costs, but as if nothing were asked about: no threshold fitted by cost decides that.
    """
    refusal = (costs or Costs()).refusal
    return np.array([_cost_of(prediction, refusal=refusal) for prediction in predictions], dtype=float)


def _cost_of(prediction: Prediction, *, refusal: float) -> float:
    match prediction.outcome.kind:
        case "answered":
            return 0.0 if prediction.is_right else 1.0
        case "asked":
            return refusal
        case "refused":
            return 0.0 if prediction.example.intent == OUT_OF_SCOPE else refusal
