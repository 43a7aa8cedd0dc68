"""Why a text was interpreted as it was."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipelines.schemas import html
from pipelines.schemas.thresholds import Thresholds
from pipelines.schemas.understanding import NluResult

SignalName = Literal[
    "pattern of decisions",
    "closeness to the nearest kind",
    "lead of the likeliest intent",
    "words its examples use",
]


class IntentContributions(BaseModel):
    """The decision on one intent, and its four additive contributions."""

    model_config = ConfigDict(frozen=True)

    intent_id: str
    confidence: float
    decision: float
    words: float
    sentence: float
    prototypes: float
    constant: float


class FeatureWeight(BaseModel):
    """Contribution of a word, a pair of words or a run of characters to the top intent; negative: against it."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["word", "characters"]
    ngram: str
    weight: float


class SimilarExample(BaseModel):
    """A training example that resembles the text; `similarity` is a cosine."""

    model_config = ConfigDict(frozen=True)

    text: str
    intent_id: str
    similarity: float


class ScopeSignal(BaseModel):
    """One signal of whether the text resembles the training data.

    `value` is the measurement, `usual` the mean of training utterances, and `distance` how many standard deviations the
    text is further out than they are (negative: it is more usual).
    """

    model_config = ConfigDict(frozen=True)

    name: SignalName
    value: float
    usual: float
    distance: float


class Explanation(BaseModel):
    """The interpretation of one text with its reasons.

    `read_as` is the text with its spelling corrected, from which the features come. `intents` are the likeliest ones,
    best first. `features` are the weightiest for and against the first of them, words before characters. `scope` is
    empty for a text without letter or digit; its distances add up to the result's out-of-scope score. `verdict`
    describes how routing treats the text, and for one that a form took also how it would outside the form.
    """

    model_config = ConfigDict(frozen=True)

    result: NluResult
    read_as: str
    intents: tuple[IntentContributions, ...]
    features: tuple[FeatureWeight, ...]
    nearest: tuple[SimilarExample, ...]
    scope: tuple[ScopeSignal, ...]
    thresholds: Thresholds
    verdict: str

    def _repr_html_(self) -> str:
        """Render for a notebook."""
        contributions = [
            (row.intent_id, *(f"{value:+.2f}" for value in (row.words, row.sentence, row.prototypes, row.constant)))
            for row in self.intents
        ]
        return html.block(
            self.result._repr_html_(),
            html.line(self.verdict),
            *([html.line(f"Read as: {self.read_as}")] if self.read_as != self.result.text else []),
            html.table(("intent", "words", "sentence", "prototypes", "constant"), contributions),
            html.table(("feature", "weight"), [(row.ngram, f"{row.weight:+.2f}") for row in self.features]),
            html.table(
                ("similar example", "intent", "cosine"),
                [(row.text, row.intent_id, f"{row.similarity:.2f}") for row in self.nearest],
            ),
        )
