"""Step 6: check the candidate against fixed floors and against the version in production.

Each check returns its reasons as sentences; a release passes if there are none. The replay of stored conversations is
one more check, made by `serving.replay.gate`, which the training notebook combines with these.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pipelines.nlu.model import NluModel
from pipelines.progress import Progress
from pipelines.registry.release import Release
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check
from pipelines.steps.evaluation.behaviour import run_behaviour
from pipelines.steps.evaluation.compare import INTENTS, Comparison, PairedTest, compare_evaluations
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model

MIN_ROWS = 20
"""A share of fewer utterances is too uncertain to refuse a release for it."""
MAX_BEHAVIOUR_ROWS = 250
"""Enough for a share to the nearest percent or two; each is parsed nine times."""
ALPHA = 0.05
"""Significance level: a difference that chance makes more often counts as none."""


def check_floors(evaluation: Evaluation, params: TrainParams) -> Check:
    """Check the figures on the held-out rows against the floors in `params`.

    A bot too small to hold rows out passes: nothing speaks against it.

    A message that is asked about ("did you mean") counts for neither limit on refusals. It is not refused needlessly:
    the likeliest intent is always among the options, so a customer who was understood is one choice away. Nor does
    asking refuse what is out of scope. The share of questions is noted for whoever promotes the version; asking more
    than the version in production counts as a loss in the comparison.
    """
    metrics = evaluation.metrics
    reasons = []
    accuracy = metrics.get("accuracy")
    if accuracy is not None and accuracy < params.min_accuracy:
        reasons.append(f"accuracy {accuracy:.1%} on held-out utterances is below the floor {params.min_accuracy:.1%}")
    in_scope = [each.example for each in evaluation.predictions if each.example.intent != OUT_OF_SCOPE]
    n_outside = len(evaluation.predictions) - len(in_scope)
    n_entities = sum(len(example.entities) for example in in_scope)
    needless = metrics.get("needless_fallback", 0.0)
    if len(in_scope) >= MIN_ROWS and needless > params.max_needless_fallback:
        reasons.append(
            f"the thresholds send {needless:.1%} of held-out utterances to fallback although they are understood "
            f"rightly; the limit is {params.max_needless_fallback:.1%}"
        )
    entity_f1 = metrics.get("entity_f1")
    if entity_f1 is not None and n_entities >= MIN_ROWS and entity_f1 < params.min_entity_f1:
        reasons.append(
            f"entity F1 {entity_f1:.1%} on held-out utterances is below the floor {params.min_entity_f1:.1%}"
        )
    recall = metrics.get("out_of_scope_recall")
    if recall is not None and n_outside >= MIN_ROWS and recall < params.min_out_of_scope_recall:
        reasons.append(
            f"only {recall:.1%} of out-of-scope utterances are sent to fallback, below the floor "
            f"{params.min_out_of_scope_recall:.1%}"
        )
    cpu = metrics.get("cpu_ms_p95")
    if cpu is not None and cpu > params.max_latency_ms:
        reasons.append(
            f"one in twenty utterances takes more than {cpu:.0f} ms of CPU time to understand; the limit is "
            f"{params.max_latency_ms:.0f} ms"
        )
    return Check(reasons=tuple(reasons), notes=(*_note_questions(metrics), *_note_busy_machine(metrics, params)))


def _note_questions(metrics: Mapping[str, float]) -> tuple[str, ...]:
    offered, missing = metrics.get("asked_right", 0.0), metrics.get("asked_wrong", 0.0)
    if not offered + missing:
        return ()
    return (
        f"for {offered + missing:.1%} of held-out utterances the customer is asked which intent is meant; the right "
        f"one is among the options in {offered / (offered + missing):.0%} of these",
    )


def _note_busy_machine(metrics: Mapping[str, float], params: TrainParams) -> tuple[str, ...]:
    cpu, clock = metrics.get("cpu_ms_p95", 0.0), metrics.get("latency_ms_p95", 0.0)
    if not cpu <= params.max_latency_ms < clock:
        return ()
    return (
        f"one in twenty utterances took more than {clock:.0f} ms on the clock, but only {cpu:.0f} ms of CPU time: the "
        "machine was busy with something else",
    )


def check_behaviour(
    model: NluModel, examples: Sequence[Example], params: TrainParams, *, progress: Progress | None = None
) -> Check:
    """Run the behaviour suite on held-out rows; return a reason for each change below the floor `min_behaviour`.

    Of more than `MAX_BEHAVIOUR_ROWS` examples, evenly spaced ones are taken.
    """
    if progress:
        progress(0.0, "checking the behaviour")
    step = -(-len(examples) // MAX_BEHAVIOUR_ROWS) or 1
    results = run_behaviour(model, examples[::step], seed=params.seed)
    reasons = [
        f"{1 - result.kept:.1%} of utterances are taken for another intent after the change {result.change!r}; "
        f"the limit is {1 - params.min_behaviour:.1%}"
        for result in results
        if result.n_utterances >= MIN_ROWS and result.kept < params.min_behaviour
    ]
    figures = {f"behaviour_{result.change}": result.kept for result in results if result.n_utterances}
    return Check(reasons=tuple(reasons), figures=figures)


def measure_release(folder: Path) -> Check:
    """Measure the size of a release; it is never a reason to refuse."""
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Check(figures={"release_mb": size / 1e6})


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
        progress=progress,
    )
    return compare_evaluations(candidate, measured, version=production.version, seen=seen)


def check_comparison(comparison: Comparison, *, types: Collection[str]) -> Check:
    """Refuse a candidate that is significantly worse than production, or that has lost something on the way.

    If it is unknown what production has learnt from, being worse is only noted: it may know these very rows. Only
    entity `types` that the candidate's bot still uses can be missed. The notes state the number of rows compared, and
    what production may have learnt from.
    """
    version, tests = comparison.version, comparison.tests
    alpha = ALPHA / max(1, len(tests) - 1)  # Bonferroni: one of many entity types looks worse by chance sooner or later
    worse = [test for place, test in enumerate(tests) if test.is_worse(alpha=alpha if place else ALPHA)]
    losses = [_describe_loss(test, version) for test in worse]
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
        "compared_rows": float(first.n_rows),
        "compared_won": float(first.only_candidate),
        "compared_lost": float(first.only_production),
        "compared_p_value": first.p_value,
    }
    notes = (_describe_rows(comparison), *(losses if not is_fair else ()))
    return Check(reasons=tuple(reasons), figures=figures, notes=notes)


def entity_types(bot_file: BotFile) -> frozenset[str]:
    """Return the entity types of a bot's parameters."""
    return frozenset(parameter.type for intent in bot_file.intents for parameter in intent.parameters)


def _describe_loss(test: PairedTest, version: str) -> str:
    what = "intents" if test.subject == INTENTS else f"entities of type {test.subject!r}"
    return (
        f"{what}: version {version} is right on {test.only_production} held-out utterances that this one gets wrong, "
        f"and wrong on only {test.only_candidate} that this one gets right (p = {test.p_value:.1g})"
    )


def _describe_rows(comparison: Comparison) -> str:
    n_rows, n_seen, version = comparison.n_rows, comparison.n_seen, comparison.version
    if n_seen is None:
        return (
            f"compared with version {version} on {n_rows} held-out utterances; the training data of that version is "
            "unknown, so it may contain some of them"
        )
    return (
        f"compared with version {version} on {n_rows - n_seen} held-out utterances; {n_seen} more were left out, since "
        "that version was trained on them"
    )
