"""Batch scoring: a message of the log as it goes to a worker, and what a release makes of it."""

from datetime import datetime
from typing import NamedTuple


class LoggedMessage(NamedTuple):
    """A message of the log.

    Attributes
    ----------
    thread_id
        The thread it belongs to.
    turn
        Its number in the thread, from 1.
    said_at
        When it was answered.
    text
        What the customer wrote.
    message
        The whole message, JSON text of a model that the dialogue owns.
    before
        What the thread remembered before it, likewise. None for a thread's first message, and where it is not in the
        log any more.
    """

    thread_id: str
    turn: int
    said_at: datetime
    text: str
    message: str
    before: str | None


class Score(NamedTuple):
    """What a release makes of a message.

    Attributes
    ----------
    intent, confidence
        The trained model's likeliest intent and its probability; empty and NaN where it does not read the text.
    out_of_scope_score
        Higher is further from the training data; NaN where the model has none, or does not read the text.
    n_entities
        Values found in the text.
    route, routed_intent
        How the turn would go on, and with which intent.
    knows_state
        Whether that was worked out on what the thread remembered; otherwise as for a thread's first message.
    """

    intent: str
    confidence: float
    out_of_scope_score: float
    n_entities: int
    route: str
    routed_intent: str
    knows_state: bool
