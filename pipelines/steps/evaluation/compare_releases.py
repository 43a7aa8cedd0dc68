"""Two releases of a bot on the same utterances."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from pipelines.errors import UserInputError
from pipelines.progress import Progress, part
from pipelines.registry.release import Release
from pipelines.schemas import html
from pipelines.schemas.examples import Example
from pipelines.steps.evaluation.compare import (
    Comparison,
    compare_evaluations,
    confusion_differences,
    intent_differences,
)
from pipelines.steps.evaluation.compare_figures import figure_differences
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model

_SHOWN_INTENTS = 5


@dataclass(frozen=True)
class ReleaseComparison:
    """Two releases on the same utterances; `first` is the one before.

    Attributes
    ----------
    tested
        The paired tests: rows that only one of the two gets right, and the chance of that if they were equally good.
    first_evaluation, second_evaluation
        Everything that was measured of either.
    is_same
        Whether both have the same files.
    """

    first: str
    second: str
    tested: Comparison = field(repr=False)
    first_evaluation: Evaluation = field(repr=False)
    second_evaluation: Evaluation = field(repr=False)
    is_same: bool
    note: str = ""

    @property
    def figures(self) -> pd.DataFrame:
        """Figures of both, and the difference, second minus first, with its 95 % interval `low` to `high`."""
        return figure_differences(self.first_evaluation, self.second_evaluation)

    @property
    def intents(self) -> pd.DataFrame:
        """Share of each intent's utterances that either answers rightly, the largest losses first."""
        return intent_differences(self.first_evaluation, self.second_evaluation)

    @property
    def confusions(self) -> pd.DataFrame:
        """Confusions that have become more or less frequent."""
        return confusion_differences(self.first_evaluation, self.second_evaluation)

    def __str__(self) -> str:
        """Describe in a few sentences which of the two is better, and whether that may be chance."""
        return "\n".join(self._sentences())

    def _sentences(self) -> list[str]:
        test = self.tested.tests[0]
        n = len(self.first_evaluation.predictions)
        lines = [f"Versions {self.first} and {self.second} on {n:,} utterances{self.note}"]
        if self.is_same:
            return [*lines, "They have the same files, so they answer alike."]
        if not (test.only_production or test.only_candidate):
            return [*lines, "Both are right on the same utterances."]
        lines.append(
            f"Only version {self.first} is right on {test.only_production:,}, only version {self.second} on "
            f"{test.only_candidate:,}; equally good releases differ as much with probability {test.p_value:.2g}."
        )
        changed = self.intents
        for name, rows in (("worse", changed[changed["high"] < 0]), ("better", changed[changed["low"] > 0])):
            if len(rows):
                named = ", ".join(rows["intent"].head(_SHOWN_INTENTS))
                lines.append(f"Intents that are {name} beyond chance, one by one: {named}.")
        return lines

    def _repr_html_(self) -> str:
        header = ("figure", self.first, self.second, "difference", "95 % interval")
        rows = [
            (name, f"{row['first']:.3f}", f"{row['second']:.3f}", f"{row['difference']:+.3f}",
             f"{row['low']:+.3f} to {row['high']:+.3f}")
            for name, row in self.figures.iterrows()
        ]  # fmt: skip
        return html.block(
            *map(html.line, self._sentences()), html.table(header, [tuple(map(str, row)) for row in rows])
        )


def compare_releases(
    first: Release, second: Release, rows: Sequence[Example], *, note: str = "", progress: Progress
) -> ReleaseComparison:
    """Evaluate both on the same rows; raises `UserInputError` if there is none. `note` says what rows they are."""
    if not rows:
        raise UserInputError("there is no utterance to compare on; name some with `on`")
    evaluations = [
        evaluate_model(
            release.model,
            rows,
            thresholds=release.definition.thresholds,
            intent_by_id=release.definition.intent_by_id(),
            progress=part(progress, start, start + 0.5),
        )
        for start, release in ((0.0, first), (0.5, second))
    ]
    return ReleaseComparison(
        first=first.version,
        second=second.version,
        tested=compare_evaluations(evaluations[1], evaluations[0], version=first.version),
        first_evaluation=evaluations[0],
        second_evaluation=evaluations[1],
        is_same=first.manifest.sha256_by_file == second.manifest.sha256_by_file,
        note=note,
    )
