"""The training of a simulated month: like the notebook's, without the registry and the gate."""

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
from pipelines.steps.data.split import split_examples
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model
from pipelines.steps.evaluation.labels.held_out import unseen_labels
from pipelines.steps.registration.register import freeze
from pipelines.steps.training.train import train_model


@dataclass(frozen=True)
class Trained:
    """A release and its figures.

    Attributes
    ----------
    release
        Loaded from its folder, as serving loads one.
    learnt
        The training rows.
    test
        Figures on the test rows.
    production
        The held-out labels it was measured on, with the columns of `labels.LABEL_COLUMNS`.
    in_production
        Figures on these; None if there are none.
    """

    release: Release
    extract: Extract
    learnt: pd.DataFrame
    test: Evaluation
    production: pd.DataFrame
    in_production: Evaluation | None

    @property
    def n_labels(self) -> int:
        """Number of training rows from the labelling queue."""
        return int(self.learnt["origin"].eq(LABEL).sum())

    @property
    def n_leaks(self) -> int:
        """Number of texts that are both trained on and held out."""
        learnt, held = (
            {label_id("", text) for text in rows["text"]} for rows in (self.learnt, self.extract.production)
        )
        return len(learnt & held) + len(self.extract.production) - len(self.production)


def train_release(
    params: TrainParams, settings: Settings, *, version: int, test: tuple[Example, ...], home: Path
) -> Trained:
    """Train a bot on its drafts and accepted labels, freeze it as `version` under `home`, and measure it on `test`.

    Of `params`, only `bot`, `encoder`, `out_of_scope_file`, `seed` and `algorithm` are used.
    """
    found = extract_from_mongo(settings.resolved_mongo_uri, settings.mongo_database, params.bot)
    found = replace(found, frame=add_out_of_scope(found.frame, params.out_of_scope_file))
    production = unseen_labels(found.production, found.frame)
    parts = split_examples(found.frame, holdout_share=params.holdout_share, seed=params.seed)
    model = train_model(parts.train, found.bot_file, params)
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
        test=evaluate_model(model, test, intent_by_id=intent_by_id),
        production=production,
        in_production=(
            evaluate_model(model, to_examples(production), intent_by_id=intent_by_id) if len(production) else None
        ),
    )
