"""Held-out labels: what a training is measured on apart, and the check that nothing of it is learnt."""

import json

import pandas as pd

from pipelines.errors import DataRejected
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.labels import KEY_LENGTH
from pipelines.steps.data.labels import LABEL
from pipelines.steps.evaluation.evaluate import Evaluation
from pipelines.steps.validation.similar import AlikeIndex, words_only


def measured_apart(holdout: pd.DataFrame, learnt: pd.DataFrame) -> pd.DataFrame:
    """Give the held-out labels that a training may be measured on: those that nothing learnt says nearly as well.

    What an author has written as an example since is no longer held out. Two accepted labels, one to learn from and one
    held out, cannot be alike unless somebody has changed the queue by hand: that is refused.

    Parameters
    ----------
    holdout
        Held-out labels, with the columns `labels.LABEL_COLUMNS`.
    learnt
        Every example that the training has, with the columns of `extract.COLUMNS`.

    Returns
    -------
    pd.DataFrame
        The rows of `holdout` that are left, in order.

    Raises
    ------
    DataRejected
        A label to learn from is nearly one that is held out.
    """
    texts = [words_only(text) for text in (*learnt["text"], *holdout["text"])]
    index = AlikeIndex(texts)
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
            f"{learnt_id} is learnt from and nearly {held_id}, which is held out; reject one of the two with "
            f"`intentloop label --decide FILE`, such as {_rejection(held_id)}"
            for learnt_id, held_id in leaks
        ]
        raise DataRejected("the accepted labels", problems)
    return holdout[[not is_known for is_known in known]].reset_index(drop=True)


def _rejection(example_id: str) -> str:
    """Give the line of a file that takes an accepted label back."""
    return json.dumps({"key": example_id[-KEY_LENGTH:], "status": "rejected", "was": "accepted"})


def by_week(evaluation: Evaluation, holdout: pd.DataFrame) -> pd.DataFrame:
    """Give the share of held-out labels that were understood, week by week.

    Parameters
    ----------
    evaluation
        Measured on these rows.
    holdout
        The rows, with the columns `labels.LABEL_COLUMNS`.

    Returns
    -------
    pd.DataFrame
        One row an ISO week: `week`, `rows`, `understood`: the share of right intents, and of refusals where no intent
        is right.
    """
    right = [
        each.is_fallback if each.example.intent == OUT_OF_SCOPE else each.intent == each.example.intent
        for each in evaluation.predictions
    ]
    weeks = pd.DataFrame({"week": holdout["week"].tolist(), "right": right}).groupby("week")["right"]
    return weeks.agg(rows="size", understood="mean").reset_index()
