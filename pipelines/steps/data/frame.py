"""The data frame of examples: one row per example, its annotations as spans."""

from collections.abc import Iterable, Sequence

import pandas as pd

from pipelines.schemas.examples import Example

COLUMNS = ("example_id", "intent", "text", "entities", "origin")
"""Columns of the examples, all but one of text.

example_id
    `intent/number`, the number being the place of the example within its intent, from 1.
intent
    The intent's id; `__oos__` for an utterance that no intent should take.
text
    The utterance as it was written.
entities
    Its annotations, a tuple of `LabelledSpan`; as an author left them, so they may lie outside the text. A snapshot
    holds them as JSON text.
origin
    Who labelled the row: `author`, `label` for the labelling queue (its `example_id` ends in `label-KEY`), or the file
    that it comes from.
"""


def frame_of(rows: Iterable[tuple[object, ...]], *, columns: Sequence[str] = COLUMNS) -> pd.DataFrame:
    """Return rows as a data frame: the column `entities` holds objects, all others text."""
    frame = pd.DataFrame(list(rows), columns=list(columns), dtype=object)
    return frame.astype({name: "str" for name in columns if name != "entities"})


def to_frame(examples: Iterable[Example], *, origin: str = "file") -> pd.DataFrame:
    """Return examples as a data frame with the columns `COLUMNS`."""
    return frame_of((row.id, row.intent, row.text, row.entities, origin) for row in examples)


def to_examples(frame: pd.DataFrame) -> list[Example]:
    """Return the rows of a data frame as examples, in order."""
    columns = (frame[name].tolist() for name in ("example_id", "intent", "text", "entities"))
    return [
        Example(id=example_id, intent=intent, text=text, entities=entities)
        for example_id, intent, text, entities in zip(*columns, strict=True)
    ]
