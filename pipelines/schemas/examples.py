"""Labelled utterances for training and evaluation."""

from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

OUT_OF_SCOPE = "__oos__"


def name_of(intent: str) -> str:
    """Return an intent's name as a sentence quotes it."""
    return "out of scope" if intent == OUT_OF_SCOPE else repr(intent)


class LabelledSpan(BaseModel):
    """An entity in an example: characters `[start, end)` of the text; `value` is its canonical form."""

    model_config = ConfigDict(frozen=True)

    start: int
    end: int
    type: str
    value: str
    role: str | None = None


class Example(BaseModel):
    """A labelled utterance.

    `intent` is `__oos__` for one that no intent should take. `channel` is where it was written, if known.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    text: str
    intent: str
    entities: tuple[LabelledSpan, ...] = ()
    channel: str = ""

    @model_validator(mode="after")
    def _spans_lie_in_the_text(self) -> Self:
        for span in self.entities:
            if not 0 <= span.start < span.end <= len(self.text):
                raise ValueError(
                    f"example {self.id!r}: span [{span.start}, {span.end}) of {span.type!r} "
                    f"lies outside its text of {len(self.text)} characters"
                )
        return self
