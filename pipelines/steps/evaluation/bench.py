"""Train and evaluate on any folder of labelled utterances: the public benchmarks, or a user's own bot."""

import json
import resource
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.errors import DataRejected
from pipelines.nlu.encoder.build import find_encoder
from pipelines.nlu.model import NluModel
from pipelines.progress import Progress
from pipelines.registry.release import Release
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.shares import describe_figure, describe_share
from pipelines.steps.data.extract import read_examples
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model


@dataclass(frozen=True)
class BenchResult:
    """Figures of one benchmark run.

    Attributes
    ----------
    training_seconds, training_cpu_seconds
        Wall time, and CPU time over all threads of this process, of the training.
    peak_memory_mb
        Highest resident memory of this process so far, training included.
    """

    evaluation: Evaluation
    n_train: int
    n_intents: int
    training_seconds: float
    training_cpu_seconds: float
    model_bytes: int
    peak_memory_mb: float


def bench_nlu(
    data: Path,
    *,
    cache: Path,
    encoder_choice: str = "auto",
    shots: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> BenchResult:
    """Train on `data/train.jsonl`, then evaluate on `data/test.jsonl`.

    Parameters
    ----------
    data
        Folder with both files, one row per line:
        ``{"id","text","intent","entities":[{"start","end","type","value"}]}``. Rows of intent `__oos__` are out of
        scope.
    cache
        Folder for built encoders.
    encoder_choice
        `auto`, `none`, or a folder with an encoder.
    shots
        Train on this number of examples per intent, drawn by `seed`. None: on all.

    Raises
    ------
    DataRejected
        A file is missing or has unreadable rows.
    """
    report = progress or (lambda share, what: None)
    train = read_examples(data / "train.jsonl")
    test = read_examples(data / "test.jsonl")
    if not train or not test:
        raise DataRejected(str(data), ["train.jsonl and test.jsonl each need at least one row"])
    if shots is not None:
        train = draw_shots(train, shots=shots, seed=seed)
    encoder = find_encoder(encoder_choice, cache=cache)
    wall, cpu = time.perf_counter(), time.process_time()
    model = NluModel(encoder=encoder, seed=seed, algorithm="lbfgs").fit(
        train, progress=lambda share, what: report(0.8 * share, what)
    )
    training_seconds, training_cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    model_bytes, model = _through_disk(model)
    evaluation = evaluate_model(model, test, progress=lambda share, what: report(0.8 + 0.2 * share, what))
    return BenchResult(
        evaluation=evaluation,
        n_train=len(train),
        n_intents=len({row.intent for row in train} - {OUT_OF_SCOPE}),
        training_seconds=training_seconds,
        training_cpu_seconds=training_cpu_seconds,
        model_bytes=model_bytes,
        peak_memory_mb=_peak_memory_mb(),
    )


def draw_shots(examples: list[Example], *, shots: int, seed: int) -> list[Example]:
    """Draw `shots` examples of each intent, or all if it has fewer, in input order."""
    generator = np.random.default_rng(seed)
    rows_by_intent: dict[str, list[int]] = defaultdict(list)
    for row, example in enumerate(examples):
        rows_by_intent[example.intent].append(row)
    drawn: list[int] = []
    for intent in sorted(rows_by_intent):
        rows = rows_by_intent[intent]
        drawn += generator.choice(rows, size=min(shots, len(rows)), replace=False).tolist()
    return [examples[row] for row in sorted(drawn)]


def write_predictions(evaluation: Evaluation, file: Path) -> None:
    """Write one JSON row per test item.

    `final_intent` and `fallback` follow from the engine's own thresholds, without asking anybody; `options` are the
    intents that a customer would choose from, empty where there is no question.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as stream:
        for prediction in evaluation.predictions:
            row = {
                "id": prediction.example.id,
                "intent": prediction.intent or None,
                "confidence": prediction.confidence,
                "final_intent": OUT_OF_SCOPE if prediction.outcome.reason else prediction.intent,
                "fallback": prediction.outcome.reason is not None,
                "options": list(prediction.outcome.options),
                "oos_score": prediction.out_of_scope_score,
                "entities": [
                    span.model_dump(include={"start", "end", "type", "value"}) for span in prediction.result.entities
                ],
            }
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def evaluate_file(release: Release, file: Path, *, progress: Progress | None = None) -> Evaluation:
    """Evaluate a release on a JSONL file, with rows as for `bench_nlu`, at its own thresholds and intents.

    Raises
    ------
    DataRejected
        The file is missing, empty, or has unreadable rows.
    """
    rows = read_examples(file)
    if not rows:
        raise DataRejected(str(file), ["it has no row; write at least one labelled utterance"])
    definition = release.definition
    return evaluate_model(
        release.model,
        rows,
        thresholds=definition.thresholds,
        intent_by_id=definition.intent_by_id(),
        progress=progress,
    )


def describe(result: BenchResult) -> list[tuple[str, str]]:
    """Return the figures as table rows of label and value."""
    return [
        ("training utterances / intents", f"{result.n_train:,} / {result.n_intents}"),
        *describe_evaluation(result.evaluation),
        ("training, wall / CPU", f"{result.training_seconds:.1f} / {result.training_cpu_seconds:.1f} s"),
        ("model on disk", f"{result.model_bytes / 1e6:.1f} MB"),
        ("peak memory, training included", f"{result.peak_memory_mb:.0f} MB"),
    ]


def describe_evaluation(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Return the figures of an evaluation as table rows of label and value."""
    metrics = evaluation.metrics
    rows = []
    if "accuracy" in metrics:
        n = metrics["n_in_scope"]
        rows += [
            ("intent accuracy", describe_share(metrics["accuracy"], n=n)),
            ("macro-F1", describe_figure(metrics["macro_f1"], n=n)),
            ("accuracy at the fitted thresholds", describe_share(metrics["effective_accuracy"], n=n)),
            ("asked which is meant, right one offered", describe_share(metrics["asked_right"], n=n)),
            ("asked which is meant, right one missing", describe_share(metrics["asked_wrong"], n=n)),
            ("calibration error (ECE, 15 bins)", f"{metrics['calibration_error']:.4f}"),
            ("latency p50 / p95", f"{metrics['latency_ms_p50']:.2f} / {metrics['latency_ms_p95']:.2f} ms"),
            ("CPU a message, mean", f"{metrics['cpu_ms_mean']:.2f} ms"),
        ]
    if "entity_f1" in metrics:
        n, interval = metrics["n_entities"], (metrics["entity_f1_low"], metrics["entity_f1_high"])
        rows += [
            ("entity F1, exact", describe_figure(metrics["entity_f1"], n=n, interval=interval)),
            ("entity F1, overlapping", describe_figure(metrics["entity_f1_overlap"], n=n)),
        ]
    if "out_of_scope_recall" in metrics:
        n = metrics["n_out_of_scope"]
        rows += [
            ("out of scope: sent to fallback", describe_share(metrics["out_of_scope_recall"], n=n)),
            ("out of scope: asked about", describe_share(metrics["out_of_scope_asked"], n=n)),
        ]
    if "out_of_scope_auroc" in metrics:
        rows.append(("out of scope: AUROC", f"{metrics['out_of_scope_auroc']:.3f}"))
    return rows


def _through_disk(model: NluModel) -> tuple[int, NluModel]:
    """Save and load, to measure what a release serves."""
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder))
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        return size, NluModel.load(Path(folder))


def _peak_memory_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
