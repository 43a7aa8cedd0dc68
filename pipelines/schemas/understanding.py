"""The model's interpretation of one utterance."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.schemas import html


class IntentScore(BaseModel):
    """One entry of a ranking."""

    model_config = ConfigDict(frozen=True)

    intent_id: str
    confidence: float = Field(ge=0.0, le=1.0, description="Probability that this intent is right.")


class EntitySpan(BaseModel):
    """An entity found in the text: characters `[start, end)`; `value` is canonical, `text[start:end]` is as written.

    `alternatives` holds the other readings if the words can mean several things with equal right: 19:00 of `at 7`, or
    both days of a weekday and a date that contradict each other. The dialogue asks which one is meant.
    """

    model_config = ConfigDict(frozen=True)

    start: int
    end: int
    type: str
    value: str
    alternatives: tuple[str, ...] = ()
    role: str | None = None
    confidence: float | None = Field(default=None, ge=0.0, le=1.0)
    source: Literal["tagger", "lookup", "pattern", "system", "llm"] = "tagger"


class NluResult(BaseModel):
    """The interpretation of one utterance.

    `ranking` holds at most ten intents, most likely first, and is empty only for a text without any letter or digit.
    The confidences of all intents sum to at most 1; the rest is the probability that the text means none of them. The
    top confidence is calibrated: of in-scope texts with .8, four out of five are understood correctly.
    `out_of_scope_score` grows with the distance from the training data; None if the model has no such score.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    ranking: tuple[IntentScore, ...]
    entities: tuple[EntitySpan, ...] = ()
    out_of_scope_score: float | None = None

    def _repr_html_(self) -> str:
        """Render for a notebook: the text with its entities, then the ranking."""
        marks = [
            (span.start, span.end, f"{span.role or span.type}: {span.value}" if span.value else span.type)
            for span in self.entities
        ]
        score = [] if self.out_of_scope_score is None else [html.line(f"out of scope: {self.out_of_scope_score:.2f}")]
        ranking = html.bars([(row.intent_id, row.confidence) for row in self.ranking])
        return html.block(html.highlighted(self.text, marks), ranking, *score)


class Prediction(BaseModel):
    """The interpretation of one utterance, and what a release does with it outside a form, at its thresholds.

    `text`, `entities`, `ranking` and `out_of_scope_score` are those of `NluResult`. `intent` is the likeliest intent
    and `confidence` its probability, whatever the decision; a text without any letter or digit has no intent and
    confidence 0. `options` are the intents to choose from if the customer is asked which is meant.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    intent: str | None
    confidence: float = Field(ge=0.0, le=1.0)
    decision: Literal["answered", "asked", "refused"]
    reason: str | None = Field(default=None, description="Why the likeliest intent does not take the turn.")
    options: tuple[str, ...] = ()
    entities: tuple[EntitySpan, ...] = ()
    ranking: tuple[IntentScore, ...] = ()
    out_of_scope_score: float | None = None
