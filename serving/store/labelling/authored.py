"""Labels that somebody makes of a text they see, in place of a miner."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from pipelines.errors import NotFound
from pipelines.schemas.examples import LabelledSpan
from pipelines.schemas.labels import Decision, LabelItem, Source, label_id, week_of
from pipelines.schemas.turns import TurnRecord
from serving.store.client import Database
from serving.store.labelling.labels import Labels

AUTHORED = "tried"
"""The thread of a text that no customer has sent: somebody has tried it."""


def source_of(record: TurnRecord) -> Source:
    """Return a customer's message as the source of a label."""
    return Source(
        thread_id=record.thread_id,
        turn=record.turn,
        message_id=record.message_id,
        said_at=record.created_at,
        release=record.release,
    )


def tried_source(release: str, *, now: datetime) -> Source:
    """Return the source of a text that somebody has tried."""
    return Source(thread_id=AUTHORED, turn=1, message_id=uuid.uuid4().hex, said_at=now, release=release)


async def label_text(
    database: Database,
    bot: str,
    text: str,
    *,
    intent_id: str,
    entities: Sequence[LabelledSpan],
    source: Source,
    by: str,
    now: datetime,
    kept: timedelta,
) -> LabelItem:
    """Accept a text for an intent, whether or not it is in the queue; return its label.

    A new text is trained on, and not held out: it was chosen because a release got it wrong, so that a figure measured
    on it would say little about what customers usually write. `kept` is how long an open label outlives its message.

    Raises
    ------
    NotFound
        The drafts lack the intent, or an annotated entity.
    UserInputError
        An annotation lies outside the text or overlaps another one, or the intent is `fallback`.
    LabelDecided
        Somebody else decides the text just now.
    """
    labels, key = Labels(database), label_id(bot, text).removeprefix(f"{bot}:")
    try:
        status = (await labels.get(bot, key)).status
    except NotFound:
        status = "open"
        item = LabelItem(
            bot=bot, text=text, sources=(source,), value=0.0, cluster=key, week=week_of(source.said_at),
            bound_for="train", created_at=now, keep_until=max(source.said_at, now) + kept,
        )  # fmt: skip
        await labels.store([item])
    decision = Decision(status="accepted", intent_id=intent_id, entities=tuple(entities), was=status)
    return await labels.decide(bot, key, decision, by=by, now=now)
