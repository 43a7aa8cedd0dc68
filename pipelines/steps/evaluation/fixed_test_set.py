"""The fixed test set in a training: what is kept out of the examples for it, and what the gate makes of it.

Its rows never change with the examples, so a label that was changed on both sides of the split shows here.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pandas as pd

from pipelines.botfile.test_rows import known_rows
from pipelines.errors import DataRejected, NotFound
from pipelines.registry.run_record import LoggedRun
from pipelines.registry.runs import Runs
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, name_of
from pipelines.schemas.test_sets import FixedTestSet, TestSetVersion
from pipelines.schemas.verdict import Check
from pipelines.steps.data.frame import to_frame
from pipelines.steps.evaluation.compare import seen_by
from pipelines.steps.validation.similar import NearDuplicateIndex, words_only

TEST_SET_TAG, TEST_SET_HASH_TAG = "test_set", "test_set_sha256"
_SHOWN = 5


@dataclass(frozen=True)
class TestRows:
    """What a training does with a test set.

    Attributes
    ----------
    version
        The version of the test set; None if the bot has none.
    rows
        The rows to judge on, those of the bot's intents.
    frame
        The examples that may be learnt from or held out: none of them nearly equals a row.
    notes
        What was left out on either side, in sentences.
    left_out
        The examples that nearly equal a row.
    twins
        For each of these, the place of that row.
    """

    __test__ = False  # not a test, whatever pytest makes of its name

    version: TestSetVersion | None
    rows: tuple[Example, ...]
    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    left_out: pd.DataFrame = field(default_factory=lambda: to_frame(()))
    twins: tuple[int, ...] = ()

    @property
    def what(self) -> str:
        """What a sentence calls the rows: `utterances of test set 3`."""
        return f"utterances of {self.version.name}" if self.version is not None else "utterances"

    def to_frame(self) -> pd.DataFrame:
        """Return the rows as a table, with the columns `frame.COLUMNS`."""
        return to_frame(self.rows, origin="test set")

    def check(self, *, production: LoggedRun | None = None) -> Check:
        """Return for the verdict which version was judged on, and what was left out.

        `production` is the run of the version in production: it is noted if that was judged on another test set.
        """
        before = production.tags.get(TEST_SET_TAG, "") if production is not None else ""
        if self.version is None:
            gone = f"the version in production was judged on test set {before} too, this one on none"
            return Check(notes=(gone,) if before else ())
        named = f"judged on {self.version.name} too: {len(self.rows):,} rows, SHA-256 {self.version.sha256}"
        figures = {"test_set_number": float(self.version.number), "test_set_rows": float(len(self.rows))}
        is_other = production is not None and production.tags.get(TEST_SET_HASH_TAG) != self.version.sha256
        other = f"the version in production was judged on {f'test set {before}' if before else 'no test set'}"
        return Check(figures=figures, notes=(named, *((other,) if is_other else ()), *self.notes))

    def seen_by(self, runs: Runs, run_id: str) -> list[bool] | None:
        """Whether the model of a run has learnt from each row, or from an example that nearly equals it; None: unknown.

        Before a text became a row of the test set it may have been an example, annotated or written otherwise.
        """
        own, near = (seen_by(runs, run_id, frame) for frame in (self.to_frame(), self.left_out))
        if own is None or near is None:
            return None
        learnt = {row for row, is_seen in zip(self.twins, near, strict=True) if is_seen}
        return [is_seen or row in learnt for row, is_seen in enumerate(own)]

    def tags(self) -> dict[str, str]:
        """Return the tags of a run that is judged on the test set."""
        if self.version is None:
            return {}
        return {TEST_SET_TAG: str(self.version.number), TEST_SET_HASH_TAG: self.version.sha256}


def check_test_set(rows: TestRows, runs: Runs, *, production_run: str, has_test_file: bool = True) -> Check:
    """Return what the verdict says of the test set, and of a test file that only the version in production had.

    `production_run` made that version, or is empty.
    """
    try:
        production = runs.get(production_run) if production_run else None
    except NotFound:  # somebody deleted the run
        production = None
    check = rows.check(production=production)
    accuracy = production.metrics.get("test_accuracy") if production is not None else None
    if has_test_file or accuracy is None:
        return check
    gone = f"the version in production was measured on a test file too (accuracy {accuracy:.1%}), this one on none"
    return check.model_copy(update={"notes": (*check.notes, gone)})


def set_apart(test_set: FixedTestSet | None, frame: pd.DataFrame, *, intents: Collection[str]) -> TestRows:
    """Take out of the examples what nearly equals a row of the test set, and out of the test set unknown intents.

    Raises
    ------
    DataRejected
        The test set is mostly of intents that the bot does not have, or an intent has no other example.
    """
    if test_set is None:
        return TestRows(None, (), frame)
    version = test_set.version
    rows, notes = known_rows(test_set.rows, intents=intents, source=version.name)
    twins = _twins(frame, rows)
    is_kept = [twin is None for twin in twins]
    kept, left_out = frame[is_kept].reset_index(drop=True), frame[[not each for each in is_kept]].reset_index(drop=True)
    _require_examples(frame, kept, source=version.name)
    if len(left_out):
        notes.append(f"{len(left_out):,} examples are not learnt from: they nearly equal a row of {version.name}")
    places = [twin for twin in twins if twin is not None]
    labels = zip(left_out["intent"].tolist(), (rows[place].intent for place in places), strict=True)
    differing = Counter((own, there) for own, there in labels if own != there)
    if differing:
        cases = ", ".join(
            f"{n} {name_of(row)} there and {name_of(own)} here" for (own, row), n in differing.most_common(_SHOWN)
        )
        notes.append(f"{differing.total():,} of them have another label in {version.name}: {cases}")
    return TestRows(version, tuple(rows), kept, tuple(notes), left_out, tuple(places))


def _twins(frame: pd.DataFrame, rows: Sequence[Example]) -> list[int | None]:
    """Return for each example the place of the row of the test set that it nearly equals, or None."""
    texts = [words_only(text) for text in (*(row.text for row in rows), *frame["text"].tolist())]
    index = NearDuplicateIndex(texts)
    for number in range(len(rows)):
        index.add(number)
    twins: list[int | None] = []
    for number in range(len(rows), len(texts)):
        nearest = max(index.find(number), key=lambda found: found[1], default=None)
        twins.append(nearest[0] if nearest is not None else None)
    return twins


def _require_examples(frame: pd.DataFrame, kept: pd.DataFrame, *, source: str) -> None:
    emptied = sorted(set(frame["intent"]) - set(kept["intent"]) - {OUT_OF_SCOPE})
    if emptied:
        names = ", ".join(map(repr, emptied[:_SHOWN])) + (", ..." if len(emptied) > _SHOWN else "")
        raise DataRejected(
            source,
            [
                f"every example of {names} nearly equals one of its rows, so nothing is left to learn from; write "
                "other examples, or take those rows out of the test set"
            ],
        )
