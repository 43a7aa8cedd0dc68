"""Accepted labels as training data: those to learn from join the drafts, those held out are measured apart."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.errors import DataRejected, StoreUnavailable
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.labels import LABELS, LabelItem
from pipelines.steps.check_similar import AlikeIndex, plain

LABEL = "label"
"""Origin of the rows that come from the labelling queue."""
LABEL_COLUMNS = ("example_id", "intent", "text", "entities", "origin", "week")
"""Columns of the rows: those of `extract.COLUMNS`, and the ISO week that settled where the row goes."""


@dataclass(frozen=True)
class Labels:
    """The accepted labels of a bot.

    Attributes
    ----------
    train, holdout
        One row a label, with the columns `LABEL_COLUMNS`, by key.
    notes
        What was left out, in sentences.
    """

    train: pd.DataFrame
    holdout: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_items(uri: str, database: str, bot: str) -> list[LabelItem]:
    """Read a bot's labelling queue from MongoDB, decided items included.

    Parameters
    ----------
    uri
        MongoDB connection string.
    database
        Database name.
    bot
        Bot to read.

    Returns
    -------
    list[LabelItem]
        By key.

    Raises
    ------
    StoreUnavailable
        The database does not answer.
    """
    import pymongo
    from pymongo.errors import PyMongoError

    try:
        with pymongo.MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=5000, tz_aware=True) as client:
            documents = list(client[database][LABELS].find({"bot": bot}))
    except (PyMongoError, ValueError) as error:  # ValueError: a URI whose port or host cannot be one
        raise StoreUnavailable(type(error).__name__) from error
    return [LabelItem.from_document(document) for document in sorted(documents, key=lambda each: str(each["_id"]))]


def accepted_labels(items: Sequence[LabelItem], *, intents: Collection[str]) -> Labels:
    """Sort accepted labels by where they go.

    Parameters
    ----------
    items
        The queue.
    intents
        Ids of the intents of the drafts; labels of others are left out.

    Returns
    -------
    Labels
        Rows and notes.
    """
    known = {*intents, OUT_OF_SCOPE}
    accepted = [item for item in items if item.status == "accepted"]
    lost = sorted({item.intent_id or "" for item in accepted} - known)
    n_lost = sum(item.intent_id in lost for item in accepted)
    notes = (f"{n_lost:,} accepted labels are left out: the drafts have no intent {', '.join(lost)}",) if lost else ()
    frames = {
        side: pd.DataFrame(
            [_row(item) for item in accepted if item.destination == side and item.intent_id in known],
            columns=list(LABEL_COLUMNS),
            dtype="str",
        )
        for side in ("train", "holdout")
    }
    return Labels(frames["train"], frames["holdout"], notes)


def measured_apart(holdout: pd.DataFrame, learnt: pd.DataFrame) -> pd.DataFrame:
    """Give the held-out labels that a training may be measured on: those that nothing learnt says nearly as well.

    What an author has written as an example since is no longer held out. Two accepted labels, one to learn from and one
    held out, cannot be alike unless somebody has changed the queue by hand: that is refused.

    Parameters
    ----------
    holdout
        Held-out labels, with the columns `LABEL_COLUMNS`.
    learnt
        Every example that the training has, with the columns of `extract.COLUMNS`.

    Returns
    -------
    pd.DataFrame
        The rows of `holdout` that are left, in order.

    Raises
    ------
    DataRejected
        A label to learn from is nearly one that is held out.
    """
    texts = [plain(text) for text in (*learnt["text"], *holdout["text"])]
    index = AlikeIndex(texts)
    for row in range(len(learnt)):
        index.add(row)
    ids, origins = learnt["example_id"].tolist(), learnt["origin"].tolist()
    known, leaks = [], []
    for place, held_id in enumerate(holdout["example_id"].tolist()):
        twins = [row for row, _ in index.find(len(learnt) + place)]
        known.append(bool(twins))
        leaks += [(ids[row], held_id) for row in twins if origins[row] == LABEL]
    if leaks:
        remedy = "reject one of the two with `intentloop label --decide FILE`"
        problems = [
            f"{learnt_id} is learnt from and nearly {held_id}, which is held out; {remedy}"
            for learnt_id, held_id in leaks
        ]
        raise DataRejected("the accepted labels", problems)
    return holdout[[not is_known for is_known in known]].reset_index(drop=True)


def _row(item: LabelItem) -> tuple[str, ...]:
    spans = [
        {"start": span.start, "end": span.end, "type": span.type, "value": item.text[span.start : span.end]}
        for span in item.entities
    ]
    entities = json.dumps(spans, ensure_ascii=False)
    return f"{item.intent_id}/label-{item.key}", item.intent_id or "", item.text, entities, LABEL, item.week
