"""Held-out labels: an extra evaluation set, and the check that none of it is trained on."""

import json

import pandas as pd

from pipelines.errors import DataRejected
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.labels import KEY_LENGTH
from pipelines.steps.data.labels import LABEL
from pipelines.steps.evaluation.evaluate import Evaluation
from pipelines.steps.validation.similar import NearDuplicateIndex, words_only


def unseen_labels(holdout: pd.DataFrame, learnt: pd.DataFrame) -> pd.DataFrame:
    """Return the held-out labels that no training example nearly equals, in order.

    An example that an author has written since then makes its twin no longer held out. Two accepted labels, one for
    training and one held out, cannot be near-duplicates unless somebody has edited the queue by hand: that is refused.

    Raises
    ------
    DataRejected
        A label for training is nearly one that is held out.
    """
    texts = [words_only(text) for text in (*learnt["text"], *holdout["text"])]
    index = NearDuplicateIndex(texts)
    for row in range(len(learnt)):
        index.add(row)
    ids, origins = learnt["example_id"].tolist(), learnt["origin"].tolist()
    known, leaks = [], []
    for place, held_id in enumerate(holdout["example_id"].tolist()):
        twins = [row for row, _ in index.find(len(learnt) + place)]
        known.append(bool(twins))
        leaks += [(ids[row], held_id) for row in twins if origins[row] == LABEL]
    if leaks:
        problems = [
            f"{learnt_id} is for training and nearly equals {held_id}, which is held out; reject one of the two with "
            f"`intentloop label --decide FILE`, such as {_rejection(held_id)}"
            for learnt_id, held_id in leaks
        ]
        raise DataRejected("the accepted labels", problems)
    return holdout[[not is_known for is_known in known]].reset_index(drop=True)


def _rejection(example_id: str) -> str:
    """Return the line of a file that rejects an accepted label."""
    return json.dumps({"key": example_id[-KEY_LENGTH:], "status": "rejected", "was": "accepted"})


def by_week(evaluation: Evaluation, holdout: pd.DataFrame) -> pd.DataFrame:
    """Return the share of held-out labels that were understood, per ISO week.

    `understood` is the share of right intents, and of refusals where no intent is right; the other columns are `week`
    and `rows`.
    """
    right = [
        each.is_fallback if each.example.intent == OUT_OF_SCOPE else each.intent == each.example.intent
        for each in evaluation.predictions
    ]
    weeks = pd.DataFrame({"week": holdout["week"].tolist(), "right": right}).groupby("week")["right"]
    return weeks.agg(rows="size", understood="mean").reset_index()
