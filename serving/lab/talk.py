"""A conversation with a release, in this process."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.replay.thread import Thread

TALK_COLUMNS = ("text", "intent", "reply")
"""Columns of a conversation, one row per message: what the customer writes, the intent that answers, the reply."""


def talk_with(release: Release, texts: Sequence[str], *, bot: str, settings: Settings) -> pd.DataFrame:
    """Return what a release replies to messages, one after the other in one conversation. No tool is called."""
    thread = Thread.of_texts(texts, bot=bot)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="lab") as executor:  # in Jupyter a loop runs already
        steps = executor.submit(asyncio.run, thread.step_through(release, settings=settings)).result()
    rows = [(step.text, step.after.intent_id, " ".join(step.outcome.reply.texts)) for step in steps]
    return pd.DataFrame(rows, columns=list(TALK_COLUMNS))
