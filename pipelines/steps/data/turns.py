"""Production turns as a table: what customers wrote, how it was understood then, and what else was said about it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

from pipelines.progress import Progress
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.keys import TURNS
from pipelines.schemas.turns import DONE, TurnDocument
from pipelines.steps.data.mongo import open_database


class Turn(NamedTuple):
    """A row of the turns; the fields are described with `TURN_COLUMNS`."""

    thread_id: str
    turn: int
    message_id: str
    said_at: datetime
    release: str
    text: str
    route: str
    why: str
    intent: str
    confidence: float
    llm_intent: str
    llm_confidence: float
    label_of: str
    label_intent: str


TURN_COLUMNS = Turn._fields
"""Columns of the turns, one row a finished turn.

thread_id, turn, message_id
    Where the turn stands in the log.
said_at
    When it was answered, a `datetime` in UTC.
release
    Version that answered.
text
    What the customer wrote.
route, why
    What became of it: `intent`, `form`, `cancel`, `clarify` or `fallback`, and the reason.
intent, confidence
    The trained model's first guess and its probability; empty and NaN where it did not read the text (a button).
llm_intent, llm_confidence
    What the language model said: an intent, `__oos__` for none of them, empty where it was not asked or gave no answer;
    its probability, NaN where it gave none.
label_of, label_intent
    Where this turn answers "did you mean": the `message_id` of the message that was asked about, and the intent that
    the customer chose, empty for none of the options.
"""
_FIELDS = {
    **dict.fromkeys(("thread_id", "turn", "message_id", "created_at", "release", "text", "route", "why"), 1),
    **dict.fromkeys(("nlu", "llm", "label"), 1),
}
_REPORT_EVERY = 1000


def read_turns(uri: str, database: str, bot: str, *, since: datetime, progress: Progress | None = None) -> pd.DataFrame:
    """Read a bot's finished turns from MongoDB.

    Parameters
    ----------
    uri
        MongoDB connection string.
    database
        Database name.
    bot
        Bot to read.
    since
        Turns before this moment are left out.
    progress
        Called with a share of the work, which nobody knows beforehand, and what is being done.

    Returns
    -------
    pd.DataFrame
        The columns `TURN_COLUMNS`, in the order in which it was said.

    Raises
    ------
    StoreUnavailable
        The database does not answer.
    """
    query = {"bot": bot, "status": DONE, "created_at": {"$gte": since}}
    with open_database(uri, database) as place:
        return turns_frame(_counted(place[TURNS].find(query, _FIELDS), progress or (lambda share, what: None)))


def turns_frame(documents: Iterable[TurnDocument]) -> pd.DataFrame:
    """Give turns as a table, from the documents of `turns` or the fields of turn records.

    Parameters
    ----------
    documents
        One a finished turn.

    Returns
    -------
    pd.DataFrame
        The columns `TURN_COLUMNS`, in the order in which it was said.
    """
    frame = pd.DataFrame([_row(document) for document in documents], columns=list(TURN_COLUMNS))
    return frame.sort_values(["said_at", "thread_id", "turn"], ignore_index=True)


def rows_of(turns: pd.DataFrame) -> Iterator[Turn]:
    """Give the rows of the turns, in order, as plain values."""
    for values in zip(*(turns[name].tolist() for name in TURN_COLUMNS), strict=True):
        row = Turn(*values)
        yield row._replace(said_at=pd.Timestamp(row.said_at).to_pydatetime())


def _counted(documents: Iterable[TurnDocument], progress: Progress) -> Iterator[TurnDocument]:
    for number, document in enumerate(documents):
        if number % _REPORT_EVERY == 0:
            progress(0.0, f"reading turns, {number:,} so far")
        yield document


def _row(document: TurnDocument) -> Turn:
    nlu, llm, label = document["nlu"] or {}, document.get("llm") or {}, document.get("label") or {}
    ranking = nlu.get("ranking")
    best: dict[str, Any] = ranking[0] if ranking else {}
    said = {"understood": llm.get("intent_id"), "none": OUT_OF_SCOPE}.get(str(llm.get("outcome")))
    return Turn(
        thread_id=document["thread_id"],
        turn=document["turn"],
        message_id=document["message_id"],
        said_at=document["created_at"],
        release=document["release"],
        text=document["text"],
        route=document["route"],
        why=document["why"],
        intent=best.get("intent_id", ""),
        confidence=_number(best.get("confidence")),
        llm_intent=said or "",
        llm_confidence=_number(llm.get("confidence") if said else None),
        label_of=label.get("message_id", ""),
        label_intent=label.get("intent_id") or "",
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
