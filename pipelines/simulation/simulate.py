"""A simulated month: a bot that knows less than its customers ask, their messages, and scripted answers.

The bot starts with a few examples per intent and without some intents at all, as if they were new products. Customers
write the remaining examples, week by week. All draws depend on a seed and the text, so that a month can be repeated.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.schemas.bot import SYSTEM_INTENTS
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.labels import LabelItem, label_id
from pipelines.steps.data.extract import extract_from_file, read_examples
from pipelines.steps.data.frame import COLUMNS, to_examples, to_frame

FIRST_MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
_MINUTES_A_WEEK = 7 * 24 * 60
_NONE_SHARE = 0.25
"""Share of the language model's mistakes in which it finds no intent."""


@dataclass(frozen=True)
class World:
    """A bot and its customers.

    Attributes
    ----------
    wire
        The bot file at the start: without the late intents, with a few examples of each other.
    late
        The intents missing at the start, by id, as in a bot file, without examples.
    traffic
        Customers' messages in order, one per row: `week` from 0, `at`, `thread_id`, `text`, `intent` (intended).
    test
        Labelled utterances outside the traffic, to measure every release on.
    meant
        The intended meaning of each text of the traffic, with its annotations, by the key of its label.
    """

    wire: Mapping[str, Any]
    late: Mapping[str, Mapping[str, Any]]
    traffic: pd.DataFrame
    test: tuple[Example, ...]
    meant: Mapping[str, Example]


def make_world(
    source: Path,
    test_file: Path,
    *,
    n_weeks: int,
    messages_a_week: int,
    examples_an_intent: int,
    n_intents: int,
    n_late: int,
    late_share: float,
    seed: int,
) -> World:
    """Draw a month; the same for the same files and seed.

    Parameters
    ----------
    source
        A bot file, or a JSONL file of labelled utterances.
    test_file
        JSONL of labelled utterances to measure on.
    n_weeks
        Weeks of traffic.
    messages_a_week
        Messages per week; fewer if the examples run out.
    examples_an_intent
        Number of examples per intent at the start.
    n_intents
        Number of intents, including the late ones; 0: all of the file.
    n_late
        Number of intents missing at the start.
    late_share
        Share of the messages about these, in [0, 1].
    seed
        Random seed.
    """
    random = np.random.default_rng(seed)
    frame = _pool(source)
    ids = sorted(set(frame["intent"]) - set(SYSTEM_INTENTS))
    ids = sorted(random.choice(ids, size=n_intents, replace=False).tolist()) if n_intents else ids
    late = sorted(random.choice(ids, size=n_late, replace=False).tolist())
    frame = frame[frame["intent"].isin([*ids, *SYSTEM_INTENTS])]
    wire = _only(_wire_of(source), ids)
    shuffled = frame.iloc[random.permutation(len(frame))].reset_index(drop=True)
    is_late = shuffled["intent"].isin(late)
    is_first = ~is_late & (shuffled.groupby("intent").cumcount() < examples_an_intent)
    first = shuffled[is_first]
    n_messages = n_weeks * messages_a_week
    about_late = shuffled[is_late].head(int(n_messages * late_share))
    about_known = shuffled[~is_first & ~is_late].head(n_messages - len(about_late))
    said = pd.concat([about_late, about_known])
    said = said.iloc[random.permutation(len(said))].reset_index(drop=True)
    meant = {label_id("", example.text): example for example in to_examples(said[list(COLUMNS)])}
    return World(
        wire=_with_examples(wire, first, without=late),
        late={each["intentId"]: {**each, "trainingData": []} for each in wire["intents"] if each["intentId"] in late},
        traffic=_traffic(said, n_weeks=n_weeks),
        test=tuple(example for example in read_examples(test_file) if example.intent in ids),
        meant=meant,
    )


def scripted_answer(text: str, meant: str, known: Sequence[str], *, error_rate: float, seed: int) -> str:
    """Return the answer of a language model that is wrong at `error_rate`, in [0, 1]; the same for the same message.

    It is an intent of `known`, the intents in the model's prompt, or `__oos__` if it finds none: rightly so if the
    prompt lacks the intended one.
    """
    digest = hashlib.sha256(f"{seed}:{text}".encode()).digest()
    is_wrong, is_none, place = (int.from_bytes(digest[start : start + 8], "big") for start in (0, 8, 16))
    right = meant if meant in known else OUT_OF_SCOPE
    if is_wrong >= error_rate * 2**64:
        return right
    others = [intent_id for intent_id in sorted(known) if intent_id != right]
    return OUT_OF_SCOPE if right != OUT_OF_SCOPE and is_none < _NONE_SHARE * 2**64 else others[place % len(others)]


def choose(items: Sequence[LabelItem], *, count: int) -> list[list[LabelItem]]:
    """Return the first `count` groups of near-duplicates for a person to label, the most valuable first."""
    by_cluster: dict[str, list[LabelItem]] = {}
    for item in items:
        by_cluster.setdefault(item.cluster, []).append(item)
    return list(by_cluster.values())[:count]


def _pool(source: Path) -> pd.DataFrame:
    """Read all examples, each text once."""
    frame = to_frame(read_examples(source)) if source.suffix == ".jsonl" else extract_from_file(source).frame
    keys = pd.Series([label_id("", text) for text in frame["text"]])
    return frame[~keys.duplicated().to_numpy()].reset_index(drop=True)


def _wire_of(source: Path) -> dict[str, Any]:
    """Return the bot file, or make one with an intent for each label."""
    if source.suffix != ".jsonl":
        wire: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
        return {**wire, "llm": {"mode": "fallback", "model": "scripted"}}
    ids = [*sorted({example.intent for example in read_examples(source)}), *SYSTEM_INTENTS]
    intents = [
        {
            "name": intent_id.replace("_", " "),
            "intentId": intent_id,
            "userDefined": intent_id not in SYSTEM_INTENTS,
            "speechResponse": f"About {intent_id}.",
            "trainingData": [],
        }
        for intent_id in ids
    ]
    return {"intents": intents, "entities": [], "llm": {"mode": "fallback", "model": "scripted"}}


def _only(wire: dict[str, Any], intent_ids: Collection[str]) -> dict[str, Any]:
    kept = {*intent_ids, *SYSTEM_INTENTS}
    return {**wire, "intents": [intent for intent in wire["intents"] if intent["intentId"] in kept]}


def _with_examples(wire: dict[str, Any], first: pd.DataFrame, *, without: Collection[str]) -> dict[str, Any]:
    by_intent: dict[str, list[dict[str, Any]]] = {}
    for example in to_examples(first[list(COLUMNS)]):
        by_intent.setdefault(example.intent, []).append(
            {"text": example.text, "entities": [_annotation(example.text, span) for span in example.entities]}
        )
    intents = [
        {**intent, "trainingData": by_intent.get(intent["intentId"], [])}
        for intent in wire["intents"]
        if intent["intentId"] not in without
    ]
    return {**wire, "intents": intents}


def _annotation(text: str, span: LabelledSpan) -> dict[str, Any]:
    return {"value": text[span.start : span.end], "begin": span.start, "end": span.end, "name": span.type}


def _traffic(said: pd.DataFrame, *, n_weeks: int) -> pd.DataFrame:
    weeks = (np.arange(len(said)) * n_weeks) // max(len(said), 1)
    minutes = np.arange(len(said)) * (n_weeks * _MINUTES_A_WEEK / max(len(said), 1))
    return pd.DataFrame(
        {
            "week": weeks,
            "at": [FIRST_MONDAY + timedelta(minutes=int(each)) for each in minutes],
            "thread_id": [f"customer-{number}" for number in range(len(said))],
            "text": said["text"].tolist(),
            "intent": said["intent"].tolist(),
        }
    )
