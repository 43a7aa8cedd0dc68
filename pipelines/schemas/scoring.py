"""Batch scoring: a logged message as sent to a worker, and its score by a release."""

from datetime import datetime
from typing import NamedTuple


class LoggedMessage(NamedTuple):
    """A message of the log."""

    thread_id: str
    turn: int  # number in the thread, from 1
    said_at: datetime  # time of the answer
    text: str
    message: str  # the whole message, JSON text of a model that the dialogue owns
    before: str | None  # the thread's state before, likewise; None for the first message, or if it is no longer logged


class Score(NamedTuple):
    """A release's interpretation of a message.

    `route` and `routed_intent` describe how the turn would continue.
    """

    intent: str  # the trained model's top intent; empty for a text that it does not read
    confidence: float  # NaN for a text that the model does not read
    out_of_scope_score: (
        float  # higher is further from the training data; NaN if the model has no score or does not read
    )
    n_entities: int
    route: str
    routed_intent: str
    knows_state: bool  # whether routed with the thread's state; otherwise as a thread's first message
