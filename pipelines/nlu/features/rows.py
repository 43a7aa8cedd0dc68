"""Which texts the model trains on, and in which order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.nlu.text import JUDGED_CHARACTERS, clean, has_content
from pipelines.schemas.examples import OUT_OF_SCOPE, Example

_WORD_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+")


@dataclass(frozen=True, slots=True)
class SyntheticExample:
    """A training text that no customer wrote.

    `origin` is the row of the utterance that it copies, which must not be evaluated by a model that saw the copy; None
    for an original text.
    """

    text: str
    intent: str
    origin: int | None


def learnable_rows(examples: Sequence[Example]) -> list[Example]:
    """Return the in-scope examples that have a letter or digit.

    They are sorted by content, because the solvers depend on the order and the snapshot's hash does not.
    """
    in_scope = (row for row in examples if row.intent != OUT_OF_SCOPE)
    learnable = (row for row in in_scope if has_content(clean(row.text)[:JUDGED_CHARACTERS]))
    return sorted(learnable, key=_content)


def names_as_texts(rows: Sequence[Example]) -> list[SyntheticExample]:
    """Return each intent's name as a text, if it contains words."""
    texts = {intent: _WORD_BOUNDARY.sub(" ", intent).strip().lower() for intent in {row.intent for row in rows}}
    return [SyntheticExample(texts[intent], intent, None) for intent in sorted(texts) if has_content(texts[intent])]


def _content(row: Example) -> tuple[str, str, list[tuple[int, int, str, str, str]]]:
    """Return an example's content without its id, as a sort key."""
    return row.intent, row.text, [(s.start, s.end, s.type, s.value, s.role or "") for s in row.entities]
