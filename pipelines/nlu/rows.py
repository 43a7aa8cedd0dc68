"""Which texts the model learns from, in which order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.nlu.text import clean, has_content
from pipelines.schemas.examples import OUT_OF_SCOPE, Example

_WORD_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+")


@dataclass(frozen=True, slots=True)
class Extra:
    """A text that is learnt from like an utterance, but that nobody said.

    Attributes
    ----------
    text, intent
        What is learnt.
    origin
        Row of the utterance that it is a copy of, which must not be evaluated by a model that saw the copy; None for a
        text of its own.
    """

    text: str
    intent: str
    origin: int | None


def learnable_rows(examples: Sequence[Example]) -> list[Example]:
    """Give the examples of an intent that have a letter or digit.

    They are ordered by what they say: the solvers depend on the order, the snapshot's hash does not.
    """
    learnable = (row for row in examples if row.intent != OUT_OF_SCOPE and has_content(clean(row.text)))
    return sorted(learnable, key=_content)


def names_as_texts(rows: Sequence[Example]) -> list[Extra]:
    """Give each intent's name as words, where it has any."""
    texts = {intent: _WORD_BOUNDARY.sub(" ", intent).strip().lower() for intent in {row.intent for row in rows}}
    return [Extra(texts[intent], intent, None) for intent in sorted(texts) if has_content(texts[intent])]


def _content(row: Example) -> tuple[str, str, list[tuple[int, int, str, str, str]]]:
    """Give what an example says, without its id, to put examples in an order of their own."""
    return row.intent, row.text, [(s.start, s.end, s.type, s.value, s.role or "") for s in row.entities]
