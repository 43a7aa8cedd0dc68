"""Step 6: check the candidate's behaviour and compare it with the version in production.

Each check returns its reasons as sentences; a release passes if there are none. The replay of stored conversations is
one more check, made by `serving.replay.gate`, which the training notebook combines with these.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from pipelines.nlu.model import NluModel
from pipelines.progress import Progress
from pipelines.registry.release import Release
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import Example
from pipelines.schemas.training import Finding, TrainParams
from pipelines.schemas.verdict import Check, Measure
from pipelines.shares import describe_share, wilson_interval
from pipelines.steps.evaluation.behaviour import BehaviourResult, run_behaviour
from pipelines.steps.evaluation.compare import INTENTS, Comparison, OutcomeChange, PairedTest, compare_evaluations
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model
from pipelines.steps.evaluation.floors import HELD_OUT, MIN_ROWS
from pipelines.steps.validation.checks import SAYS_NOTHING

MAX_BEHAVIOUR_ROWS = 250
"""Enough for a share to the nearest percent or two; each is parsed nine times."""
_MAX_SILENT = 5
ALPHA = 0.05
"""Significance level: a difference that chance makes more often counts as none."""


def check_behaviour(
    model: NluModel, examples: Sequence[Example], params: TrainParams, *, progress: Progress | None = None
) -> Check:
    """Run the behaviour suite on held-out rows; return a reason for each change below the floor `min_behaviour`.

    Of more than `MAX_BEHAVIOUR_ROWS` examples, evenly spaced ones are taken.
    """
    if progress:
        progress(0.0, "checking the behaviour")
    step = -(-len(examples) // MAX_BEHAVIOUR_ROWS) or 1
    results = [each for each in run_behaviour(model, examples[::step], seed=params.seed) if each.n_utterances]
    measures = [_measure_of(result, params.min_behaviour) for result in results]
    reasons = [
        f"{1 - result.kept:.1%} of utterances are taken for another intent after the change {result.change!r}; "
        f"the limit is {1 - params.min_behaviour:.1%}"
        for result, measure in zip(results, measures, strict=True)
        if not measure.passed
    ]
    figures = {f"behaviour_{result.change}": result.kept for result in results}
    return Check(reasons=tuple(reasons), figures=figures, measures=tuple(measures))


def _measure_of(result: BehaviourResult, floor: float) -> Measure:
    low, high = wilson_interval(result.kept * result.n_utterances, result.n_utterances)
    return Measure(
        name=f"same intent after the change {result.change.replace('_', ' ')!r}",
        value=result.kept,
        low=low,
        high=high,
        limit=floor,
        n=result.n_utterances,
        passed=result.kept >= floor or result.n_utterances < MIN_ROWS,
    )


def check_replies(findings: Iterable[Finding]) -> Check:
    """Warn of intents that customers can reach and that say nothing, as validation found them."""
    silent = [repr(finding.row) for finding in findings if finding.check == SAYS_NOTHING]
    if not silent:
        return Check()
    listed = ", ".join(silent[:_MAX_SILENT]) + (
        f" and {len(silent) - _MAX_SILENT} more" if silent[_MAX_SILENT:] else ""
    )
    none = "this intent has no reply" if len(silent) == 1 else "these intents have no reply"
    return Check(warnings=(f"{none}, so customers are only told that it is done: {listed}",))


def measure_release(folder: Path) -> Check:
    """Measure the size of a release; it is never a reason to refuse."""
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    measure = Measure(name="size of the release on disk, in MB", value=size, unit="count")
    return Check(figures={"release_mb": size}, measures=(measure,))


def compare_with(
    production: Release,
    candidate: Evaluation,
    *,
    seen: Sequence[bool] | None,
    progress: Progress | None = None,
) -> Comparison:
    """Evaluate the version in production on the candidate's held-out rows, and compare.

    `seen` marks the rows that production has learnt from; None: unknown.
    """
    rows = [prediction.example for prediction in candidate.predictions]
    definition = production.definition
    measured = evaluate_model(
        production.model,
        rows,
        thresholds=definition.thresholds,
        intent_by_id=definition.intent_by_id(),
        progress=(lambda share, _: progress(share, "evaluating the version in production")) if progress else None,
    )
    return compare_evaluations(candidate, measured, version=production.version, seen=seen)


def check_comparison(
    comparison: Comparison, *, types: Collection[str], rows: str = HELD_OUT, prefix: str = ""
) -> Check:
    """Refuse a candidate that is significantly worse than production, or that has lost something on the way.

    If it is unknown what production has learnt from, being worse is only noted: it may know these very rows. The notes
    state the number of rows compared, and what production may have learnt from.

    Parameters
    ----------
    comparison
        The candidate beside production.
    types
        The entity types that the candidate's bot still uses: only these can be missed.
    rows
        What they were compared on, in words.
    prefix
        Begins the figures' names.
    """
    version, tests = comparison.version, comparison.tests
    alpha = ALPHA / max(1, len(tests) - 1)  # Bonferroni: one of many entity types looks worse by chance sooner or later
    alphas = [alpha if place else ALPHA for place in range(len(tests))]
    losses = [
        _describe_loss(test, version, rows)
        for test, least in zip(tests, alphas, strict=True)
        if test.is_worse(alpha=least)
    ]
    is_fair = comparison.n_seen is not None
    reasons = losses if is_fair else []
    for circle in comparison.swapped:
        reasons.append(
            f"the labels of {', '.join(circle)} seem to be swapped: version {version} takes most utterances of each "
            "for another of them; check their examples"
        )
    for name, count in comparison.vanished:
        if name in types:
            reasons.append(
                f"entities of type {name!r} are found {count} times by version {version} and never by this one; check "
                "whether its examples have lost their annotations"
            )
    first = tests[0]
    figures = {
        f"{prefix}compared_rows": float(first.n_rows),
        f"{prefix}compared_won": float(first.only_candidate),
        f"{prefix}compared_lost": float(first.only_production),
        f"{prefix}compared_p_value": first.p_value,
    }
    measures = [
        _measure_test(test, least, version, rows, is_fair=is_fair) for test, least in zip(tests, alphas, strict=True)
    ]
    changed = [_describe_change(change, version, rows) for change in comparison.outcomes]
    notes = (_describe_rows(comparison, rows), *(losses if not is_fair else ()), *changed)
    return Check(reasons=tuple(reasons), figures=figures, notes=notes, measures=tuple(measures))


def _measure_test(test: PairedTest, alpha: float, version: str, rows: str, *, is_fair: bool) -> Measure:
    """Return how uneven the test is. It refuses only what is worse: a better candidate has a small p-value too."""
    balance = f"production {test.only_production}, candidate {test.only_candidate} right alone"
    return Measure(
        name=f"{_subject(test)}, compared with version {version} on {rows}: {balance}",
        value=test.p_value,
        limit=alpha,
        unit="p",
        n=test.n_rows,
        passed=not (is_fair and test.is_worse(alpha=alpha)),
    )


def entity_types(bot_file: BotFile) -> frozenset[str]:
    """Return the entity types of a bot's parameters."""
    return frozenset(parameter.type for intent in bot_file.intents for parameter in intent.parameters)


def _subject(test: PairedTest) -> str:
    return "intents" if test.subject == INTENTS else f"entities of type {test.subject!r}"


def _describe_loss(test: PairedTest, version: str, rows: str) -> str:
    return (
        f"{_subject(test)}: version {version} is right on {test.only_production} {rows} that this one gets wrong, and "
        f"wrong on only {test.only_candidate} that this one gets right (p = {test.p_value:.1g})"
    )


def _describe_change(change: OutcomeChange, version: str, rows: str) -> str:
    before, now = (describe_share(n / change.n_rows, n=change.n_rows) for n in (change.n_before, change.n_now))
    chance = "more than chance" if change.p_value < ALPHA else "within chance"
    on = "" if rows == HELD_OUT else f" of {rows}"
    return (
        f"{change.what}{on}: {before} by version {version}, {now} by this one; "
        f"the difference is {chance} (p = {change.p_value:.2g})"
    )


def _describe_rows(comparison: Comparison, rows: str) -> str:
    n_rows, n_seen, version = comparison.n_rows, comparison.n_seen, comparison.version
    if n_seen is None:
        return (
            f"compared with version {version} on {n_rows} {rows}; the training data of that version is unknown, so it "
            "may contain some of them"
        )
    return (
        f"compared with version {version} on {n_rows - n_seen} {rows}; {n_seen} more were left out, since that version "
        "was trained on them"
    )
