"""Why a text was understood as it was."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from pipelines.schemas import html
from pipelines.schemas.release import Thresholds
from pipelines.schemas.understanding import NluResult

ViewName = Literal[
    "pattern of decisions",
    "closeness to the nearest kind",
    "lead of the likeliest intent",
    "words its examples use",
]


class IntentShares(BaseModel):
    """The decision on one intent, and what each part of the model gave to it; the four add up to it."""

    model_config = ConfigDict(frozen=True)

    intent_id: str
    confidence: float
    decision: float
    words: float
    sentence: float
    prototypes: float
    constant: float


class FeatureWeight(BaseModel):
    """What a word, a pair of words or a run of characters gives to the likeliest intent; negative: against it."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["word", "characters"]
    ngram: str
    weight: float


class SimilarExample(BaseModel):
    """A training example like the text; `similarity` is a cosine."""

    model_config = ConfigDict(frozen=True)

    text: str
    intent_id: str
    similarity: float


class ScopeView(BaseModel):
    """One view on whether the text is like anything the bot was taught.

    `value` is what was measured, `usual` what training utterances have on average, and `distance` how many standard
    deviations the text lies further out than they do (negative: it is more usual than they are).
    """

    model_config = ConfigDict(frozen=True)

    name: ViewName
    value: float
    usual: float
    distance: float


class Explanation(BaseModel):
    """The understanding of one text with its reasons.

    `read_as` is the text with its misspelt words corrected, as the intent's features see it. `intents` are the
    likeliest ones, best first. `features` are the weightiest for and against the first of them, words before
    characters. `scope` is empty for a text without letter or digit; its distances add up to the result's out-of-scope
    score. `verdict` says in plain words what routing makes of it outside of a form.
    """

    model_config = ConfigDict(frozen=True)

    result: NluResult
    read_as: str
    intents: tuple[IntentShares, ...]
    features: tuple[FeatureWeight, ...]
    nearest: tuple[SimilarExample, ...]
    scope: tuple[ScopeView, ...]
    thresholds: Thresholds
    verdict: str

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        shares = [
            (row.intent_id, *(f"{value:+.2f}" for value in (row.words, row.sentence, row.prototypes, row.constant)))
            for row in self.intents
        ]
        return html.block(
            self.result._repr_html_(),
            html.line(self.verdict),
            *([html.line(f"Read as: {self.read_as}")] if self.read_as != self.result.text else []),
            html.table(("intent", "words", "sentence", "prototypes", "constant"), shares),
            html.table(("feature", "weight"), [(row.ngram, f"{row.weight:+.2f}") for row in self.features]),
            html.table(
                ("similar example", "intent", "cosine"),
                [(row.text, row.intent_id, f"{row.similarity:.2f}") for row in self.nearest],
            ),
        )
