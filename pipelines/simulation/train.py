"""A training of a simulated month: what the real notebook does, without the registry and the gate."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from pipelines.registry.release import Release, load_release
from pipelines.schemas.examples import Example
from pipelines.schemas.labels import label_id
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from pipelines.steps.data.extract import Extract, add_out_of_scope, extract_from_mongo
from pipelines.steps.data.frame import to_examples
from pipelines.steps.data.labels import LABEL
from pipelines.steps.data.snapshot import write_snapshot
from pipelines.steps.data.split import split
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate
from pipelines.steps.evaluation.held_out_labels import unseen_labels
from pipelines.steps.registration.register import freeze
from pipelines.steps.training.train import train


@dataclass(frozen=True)
class Trained:
    """A release and its figures.

    Attributes
    ----------
    release
        Loaded again from its folder, as serving loads one.
    extract
        What it was trained from.
    learnt
        The rows that it has learnt.
    test
        Measured on the test rows.
    production
        Held-out labels that it was measured on, with the columns of `labels.LABEL_COLUMNS`.
    in_production
        Measured on these; None if there are none.
    """

    release: Release
    extract: Extract
    learnt: pd.DataFrame
    test: Evaluation
    production: pd.DataFrame
    in_production: Evaluation | None

    @property
    def n_labels(self) -> int:
        """How many of the learnt rows come from the labelling queue."""
        return int(self.learnt["origin"].eq(LABEL).sum())

    @property
    def n_leaks(self) -> int:
        """How many texts are learnt from and held out."""
        learnt, held = (
            {label_id("", text) for text in rows["text"]} for rows in (self.learnt, self.extract.production)
        )
        return len(learnt & held) + len(self.extract.production) - len(self.production)


def train_release(
    params: TrainParams, settings: Settings, *, version: int, test: tuple[Example, ...], home: Path
) -> Trained:
    """Train a bot on its drafts and accepted labels, freeze it, and measure it.

    Parameters
    ----------
    params
        `bot`, `encoder`, `out_of_scope_file`, `seed` and `algorithm` are used; the encoder is kept under `home`.
    settings
        Where the database is.
    version
        What the release is to be called.
    test
        Utterances to measure on.
    home
        Where the release and the snapshot go.

    Returns
    -------
    Trained
        The release and its figures.
    """
    found = extract_from_mongo(settings.resolved_mongo_uri, settings.mongo_database, params.bot)
    found = replace(found, frame=add_out_of_scope(found.frame, params.out_of_scope_file))
    production = unseen_labels(found.production, found.frame)
    parts = split(found.frame, holdout_share=params.holdout_share, seed=params.seed)
    model = train(parts.train, found.bot_file, params)
    snapshot = write_snapshot(found.frame, home / "snapshots")
    placed = params.model_copy(update={"home": home})
    golden = parts.train["text"].tolist()
    folder = freeze(model, found.bot_file, placed, snapshot, golden, run_id=f"simulated-{version}")
    release = load_release(folder, version=str(version))
    intent_by_id = release.definition.intent_by_id()
    return Trained(
        release=release,
        extract=found,
        learnt=parts.train,
        test=evaluate(model, test, intent_by_id=intent_by_id),
        production=production,
        in_production=(
            evaluate(model, to_examples(production), intent_by_id=intent_by_id) if len(production) else None
        ),
    )
