"""Step 3: hold out rows for evaluation, never separating near-duplicates."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.schemas.examples import OUT_OF_SCOPE, LabelledSpan

_NOT_LETTER = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
MIN_GROUPS = 4
"""An intent with fewer distinct wordings is not split: it would lose its training examples."""


@dataclass(frozen=True)
class Split:
    """Rows for training and rows for evaluation; each input row is in one of them, in its old order."""

    train: pd.DataFrame
    holdout: pd.DataFrame


def wording_key(text: str, entities: Iterable[LabelledSpan]) -> str:
    """Reduce an utterance to its wording: entity values become their type, digits 0; case and punctuation are dropped.

    "Track ORD-1!" and "track ord-22" have the same key.
    """
    for span in sorted(entities, key=lambda span: -span.start):
        text = f"{text[: span.start]} {span.type}0 {text[span.end :]}"
    return _NOT_LETTER.sub(" ", _DIGITS.sub("0", text.lower())).strip()


def split_examples(frame: pd.DataFrame, *, holdout_share: float, seed: int) -> Split:
    """Hold out a share, in [0, 0.5], of each intent's wordings.

    Rows of one wording stay together across intents. Out-of-scope rows are split like an intent. The choice depends
    only on the seed and each wording, so that most wordings are held out again when examples are added: two versions
    can be compared on rows that neither was trained on.
    """
    keys = [wording_key(*row) for row in zip(frame["text"].tolist(), frame["entities"].tolist(), strict=True)]
    held: set[str] = set()
    by_intent = pd.DataFrame({"intent": frame["intent"].to_numpy(), "key": keys}).groupby("intent", sort=True)
    for _, rows in by_intent:
        sizes = rows["key"].value_counts(sort=False).sort_index()
        if len(sizes) < MIN_GROUPS:
            continue
        wanted = holdout_share * len(rows)
        taken = sum(int(sizes[key]) for key in sizes.index if key in held)  # through another intent
        for key in sorted(sizes.index, key=lambda key: _draw(key, seed)):
            if key not in held and taken + sizes[key] <= wanted + 0.5:
                held.add(key)
                taken += int(sizes[key])
    held -= _needed_to_learn(frame["intent"].tolist(), keys, held)
    is_held = np.array([key in held for key in keys], dtype=bool)
    return Split(frame[~is_held].reset_index(drop=True), frame[is_held].reset_index(drop=True))


def folds(frame: pd.DataFrame, *, n_folds: int, seed: int) -> list[Split]:
    """Divide the rows into 2 or more folds, each held out once.

    Rows of one wording stay together across intents. Intents with too few wordings to be split are in every training
    part and never held out.
    """
    keys = [wording_key(*row) for row in zip(frame["text"].tolist(), frame["entities"].tolist(), strict=True)]
    fold_by_key: dict[str, int] = {}
    by_intent = pd.DataFrame({"intent": frame["intent"].to_numpy(), "key": keys}).groupby("intent", sort=True)
    for _, rows in by_intent:
        sizes = rows["key"].value_counts(sort=False)
        if len(sizes) < MIN_GROUPS:
            continue
        filled = [0] * n_folds
        for key in sorted(sizes.index, key=lambda key: (key not in fold_by_key, _draw(key, seed))):
            fold = fold_by_key.setdefault(key, filled.index(min(filled)))  # another intent may have placed it already
            filled[fold] += int(sizes[key])
    place = np.array([fold_by_key.get(key, -1) for key in keys])
    return [
        Split(frame[place != fold].reset_index(drop=True), frame[place == fold].reset_index(drop=True))
        for fold in range(n_folds)
    ]


def fingerprints(frame: pd.DataFrame) -> list[str]:
    """Return a hash of each row's wording, which reveals nothing of it, to record what a version was trained on."""
    rows = zip(frame["text"].tolist(), frame["entities"].tolist(), strict=True)
    return [hashlib.sha256(wording_key(*row).encode()).hexdigest()[:16] for row in rows]


def _draw(key: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{key}".encode()).digest()


def _needed_to_learn(intents: list[str], keys: list[str], held: set[str]) -> set[str]:
    """Return the wordings of each intent that, shared with other intents, would be held out entirely."""
    keys_by_intent: dict[str, set[str]] = defaultdict(set)
    for intent, key in zip(intents, keys, strict=True):
        keys_by_intent[intent].add(key)
    keys_by_intent.pop(OUT_OF_SCOPE, None)
    return set().union(*(wordings for wordings in keys_by_intent.values() if wordings <= held))
