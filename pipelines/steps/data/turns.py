"""Production turns as a table: customers' messages, how they were understood, and later feedback."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

from pipelines.progress import Progress
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.keys import REST, TURN_DIGITS, TURNS
from pipelines.schemas.stored import read_each, usable_moment
from pipelines.schemas.turns import DONE, TurnDocument
from pipelines.steps.data.mongo import open_database


class Turn(NamedTuple):
    """A row of the turns; `TURN_COLUMNS` describes the fields."""

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
    form: str
    asks: str
    channel: str


TURN_COLUMNS = Turn._fields
"""Columns of the turns, one row per finished turn.

thread_id, turn, message_id
    Place of the turn in the log.
said_at
    When it was answered, a `datetime` in UTC.
release
    Version that answered.
text
    The customer's message.
route, why
    Its outcome: `intent`, `form`, `cancel`, `clarify` or `fallback`, and the reason.
intent, confidence
    The trained model's top intent and its probability; empty and NaN where it did not read the text (a button).
llm_intent, llm_confidence
    The language model's answer: an intent, `__oos__` for none of them, empty where it was not asked or failed; its
    probability, NaN where it gave none.
label_of, label_intent
    If this turn answers "did you mean": the `message_id` of the ambiguous message, and the intent the customer chose,
    empty for none of the options.
form, asks
    What was open after this turn: the intent whose form was, and what the next message was asked for: `value`,
    `confirmation` or `choice` ("did you mean"). Empty if nothing was.
channel
    How the thread came; threads of two channels may have the same id.
"""
_FIELDS = {
    **dict.fromkeys(("thread_id", "turn", "message_id", "created_at", "release", "text", "route", "why"), 1),
    **dict.fromkeys(("nlu", "llm", "label", "state", "channel"), 1),
}
_REPORT_EVERY = 1000
_KINDS = tuple(float | int if kind is float else kind for kind in Turn.__annotations__.values())


def read_turns(uri: str, database: str, bot: str, *, since: datetime, progress: Progress | None = None) -> pd.DataFrame:
    """Read a bot's finished turns since a moment from MongoDB, as `turns_frame`.

    `progress` reports no share, which is unknown beforehand. Turns that cannot be read are left out, and the log names
    them. Raises `StoreUnavailable` if the database does not answer.
    """
    query = {"bot": bot, "status": DONE, "created_at": {"$gte": since}}
    with open_database(uri, database) as place:
        return turns_frame(_counted(place[TURNS].find(query, _FIELDS), progress or (lambda share, what: None)))


def turns_frame(documents: Iterable[TurnDocument]) -> pd.DataFrame:
    """Return documents of `turns`, or the fields of turn records, as a table in order of time, with `TURN_COLUMNS`.

    What cannot be read is left out; `frame.attrs["n_unreadable"]` counts it.
    """
    unreadable: list[object] = []
    rows = list(read_each(documents, _row, collection=TURNS, on_unreadable=unreadable.append))
    frame = pd.DataFrame(rows, columns=list(TURN_COLUMNS))
    frame.attrs["n_unreadable"] = len(unreadable)
    return frame.sort_values(["said_at", "thread_id", "turn"], ignore_index=True)


def rows_of(turns: pd.DataFrame) -> Iterator[Turn]:
    """Yield the rows of the turns, in order, as plain values."""
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
    row = Turn(
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
        channel=str(document.get("channel", REST)),
        **_open_after(document.get("state") or "{}"),
    )
    return _checked(row)


def _checked(row: Turn) -> Turn:
    """Return a row; raise if a field is not of its kind or out of its range."""
    for name, value, kind in zip(TURN_COLUMNS, row, _KINDS, strict=True):
        if not isinstance(value, kind) or isinstance(value, bool):
            raise TypeError(f"{name} is not of its kind")
    usable_moment(row.said_at)
    if not 0 < row.turn < 10**TURN_DIGITS or row.confidence < 0 or row.confidence > 1:
        raise ValueError("a number is out of its range")
    return row


def _open_after(state: str) -> dict[str, str]:
    """Return the columns `form` and `asks` of a dialogue's state; what cannot be read has nothing open."""
    try:
        known = json.loads(state)
        forms, question = known.get("forms") or [], known.get("question")
        form = forms[-1] if forms else {}
        asks = "confirmation" if form.get("is_confirming") else "value" if form.get("asking") else ""
        return {"form": str(form.get("intent_id", "")), "asks": "choice" if question else asks}
    except (ValueError, AttributeError, TypeError):
        return {"form": "", "asks": ""}


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
