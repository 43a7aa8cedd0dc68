"""Accepted labels as training data: those for training join the drafts, those held out never do."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from pipelines.schemas.examples import OUT_OF_SCOPE, LabelledSpan
from pipelines.schemas.keys import LABELS
from pipelines.schemas.labels import LabelItem, label_id
from pipelines.schemas.stored import read_each
from pipelines.steps.data.frame import frame_of
from pipelines.steps.data.mongo import open_database

LABEL = "label"
"""Origin of the rows from the labelling queue."""
LABEL_COLUMNS = ("example_id", "intent", "text", "entities", "origin", "week")
"""Columns of the rows: those of `frame.COLUMNS`, and the ISO week that settled where the row goes."""


@dataclass(frozen=True)
class Labels:
    """The accepted labels of a bot, by key: one row per label, with the columns `LABEL_COLUMNS`.

    `notes` describe in sentences what was left out.
    """

    train: pd.DataFrame
    holdout: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_items(uri: str, database: str, bot: str) -> list[LabelItem]:
    """Read a bot's labelling queue from MongoDB by key, decided items included.

    What cannot be read is left out, and the log names it. Raises `StoreUnavailable` if the database does not answer.
    """
    with open_database(uri, database) as place:
        documents = list(place[LABELS].find({"bot": bot}))
    documents.sort(key=lambda each: str(each["_id"]))
    return list(read_each(documents, LabelItem.from_document, collection=LABELS))


def accepted_labels(items: Sequence[LabelItem], *, intents: Collection[str], written: Iterable[str] = ()) -> Labels:
    """Divide accepted labels into training and held-out rows.

    Labels of other than the drafts' `intents` are left out, as are the texts `written` in the drafts: once an author
    has made a text an example, it is no longer a label.
    """
    known, taught = {*intents, OUT_OF_SCOPE}, {label_id("", text) for text in written}
    accepted = [item for item in items if item.status == "accepted"]
    lost = [item.intent_id or "" for item in accepted if item.intent_id not in known]
    kept = [item for item in accepted if item.intent_id in known and label_id("", item.text) not in taught]
    notes = []
    if lost:
        notes.append(f"{len(lost):,} labels are left out: the drafts have no intent {', '.join(sorted(set(lost)))}")
    if n_taught := len(accepted) - len(lost) - len(kept):
        notes.append(f"{n_taught:,} labels are left out: their texts are now examples in the drafts")
    frames = {
        side: frame_of((_row(item) for item in kept if item.destination == side), columns=LABEL_COLUMNS)
        for side in ("train", "holdout")
    }
    return Labels(frames["train"], frames["holdout"], tuple(notes))


def _row(item: LabelItem) -> tuple[object, ...]:
    spans = tuple(
        LabelledSpan(start=span.start, end=span.end, type=span.type, value=item.text[span.start : span.end])
        for span in item.entities
    )
    return f"{item.intent_id}/label-{item.key}", item.intent_id or "", item.text, spans, LABEL, item.week
