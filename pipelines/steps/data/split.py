"""Step 3: hold rows out to evaluate on, so that near-duplicates never cross."""

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
"""An intent with fewer distinct wordings is not split: it would lose what it is learnt from."""


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows to evaluate on; each row of the input is in one of them."""

    train: pd.DataFrame
    holdout: pd.DataFrame


def wording_key(text: str, entities: Iterable[LabelledSpan]) -> str:
    """Reduce an utterance to its wording: entity values become their type, digits 0, case and signs are dropped.

    "Track ORD-1!" and "track ord-22" have the same key.
    """
    for span in sorted(entities, key=lambda span: -span.start):
        text = f"{text[: span.start]} {span.type}0 {text[span.end :]}"
    return _NOT_LETTER.sub(" ", _DIGITS.sub("0", text.lower())).strip()


def split(frame: pd.DataFrame, *, holdout_share: float, seed: int) -> Split:
    """Hold out a share of each intent's wordings.

    Rows of one wording go together, whatever their intent. Out-of-scope rows are split like an intent. Which wordings
    are held out hangs on the seed and on each wording alone, so that most of them are held out again when examples are
    added: two versions can be compared on rows that neither has learnt from.

    Parameters
    ----------
    frame
        Examples with the columns of `frame.COLUMNS`.
    holdout_share
        Share of the rows to hold out, in [0, 0.5].
    seed
        Seed of the choice.

    Returns
    -------
    Split
        Both parts in the order of `frame`.
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
    """Divide the rows into folds, each of which is held out once while the others are learnt from.

    Rows of one wording go together, whatever their intent. Intents with too few wordings to be split are learnt from
    in every fold and never held out.

    Parameters
    ----------
    frame
        Examples with the columns of `frame.COLUMNS`.
    n_folds
        Folds, 2 or more.
    seed
        Seed of the choice.

    Returns
    -------
    list[Split]
        One a fold, both parts in the order of `frame`.
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
            fold = fold_by_key.setdefault(key, filled.index(min(filled)))  # it may be there through another intent
            filled[fold] += int(sizes[key])
    place = np.array([fold_by_key.get(key, -1) for key in keys])
    return [
        Split(frame[place != fold].reset_index(drop=True), frame[place == fold].reset_index(drop=True))
        for fold in range(n_folds)
    ]


def fingerprints(frame: pd.DataFrame) -> list[str]:
    """Give what stands for the wording of each row without telling it: which ones a version has learnt from."""
    rows = zip(frame["text"].tolist(), frame["entities"].tolist(), strict=True)
    return [hashlib.sha256(wording_key(*row).encode()).hexdigest()[:16] for row in rows]


def _draw(key: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{key}".encode()).digest()


def _needed_to_learn(intents: list[str], keys: list[str], held: set[str]) -> set[str]:
    """Give the wordings of each intent that, through wordings shared with others, would be held out as a whole."""
    keys_by_intent: dict[str, set[str]] = defaultdict(set)
    for intent, key in zip(intents, keys, strict=True):
        keys_by_intent[intent].add(key)
    keys_by_intent.pop(OUT_OF_SCOPE, None)
    return set().union(*(wordings for wordings in keys_by_intent.values() if wordings <= held))
