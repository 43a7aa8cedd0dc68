"""Utterances that none of some releases has learnt from, so that they can be compared on them."""

from collections.abc import Sequence

import pandas as pd

from pipelines.errors import UserInputError
from pipelines.registry.runs import Runs
from pipelines.schemas.examples import Example
from pipelines.schemas.training import TrainParams
from pipelines.steps.data.frame import to_examples
from pipelines.steps.data.split import split_examples
from pipelines.steps.evaluation.compare import seen_by

_HOLDOUT_SHARE = float(TrainParams.model_fields["holdout_share"].default)


def fresh_rows(frame: pd.DataFrame, runs: Runs, trained_by: Sequence[str]) -> list[Example]:
    """Return the examples that trainings hold out and that none of some runs has learnt from.

    Raises `UserInputError` if a run does not say what it has learnt from.
    """
    holdout = split_examples(frame, holdout_share=_HOLDOUT_SHARE, seed=0).holdout
    is_fresh = pd.Series(data=True, index=holdout.index)
    for run_id in trained_by:
        seen = seen_by(runs, run_id, holdout)
        if seen is None:
            raise UserInputError(f"run {run_id!r} does not say what it has learnt from; choose other rows (`on`)")
        is_fresh &= ~pd.Series(seen, index=holdout.index)
    return to_examples(holdout[is_fresh])
