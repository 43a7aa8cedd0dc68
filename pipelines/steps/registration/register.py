"""Step 7: freeze the release and register it with its verdict, as the candidate if it passed."""

import math
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import mlflow

from pipelines.nlu.model import NluModel
from pipelines.registry.client import ACCURACY_ROWS_TAG, STAGE_TAG, RegisteredVersion, Registry, model_name
from pipelines.registry.fetch import load_answering
from pipelines.registry.origin import git_commit
from pipelines.registry.release import MANIFEST_FILE, load_release, write_release
from pipelines.registry.runs import Runs
from pipelines.registry.verdict import (
    GATE_TAG,
    REASONS_TAG,
    VERDICT_FILE,
    WARNINGS_TAG,
    manifest_hash,
    verdict_tags,
    write_verdict,
)
from pipelines.schemas.bot import BotFile
from pipelines.schemas.release import BotDefinition, Manifest
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check, Verdict
from pipelines.steps.data.snapshot import Snapshot
from pipelines.steps.evaluation.evaluate import Evaluation
from pipelines.steps.registration.describe import describe_model, describe_version
from pipelines.steps.registration.model import log_release
from pipelines.steps.registration.publish import Publication, note_publication, publish_version, require_wanted

GOLDEN_SIZE = 60
_MAX_TAG_CHARS = 3000
"""Limit of the gate's reasons: together with all other tags they must fit into one tag of the run, which holds 8000."""


def freeze(
    model: NluModel,
    bot_file: BotFile,
    params: TrainParams,
    snapshot: Snapshot,
    golden_texts: Sequence[str],
    run_id: str,
) -> Path:
    """Write the release folder under `home/builds`, named by the run, and load it back as serving will.

    The golden rows are every n-th of `golden_texts`, `GOLDEN_SIZE` at most.
    """
    definition = BotDefinition(
        name=params.bot,
        language=bot_file.language,
        timezone=bot_file.timezone,
        phrases=bot_file.phrases,
        intents=bot_file.intents,
        entities=bot_file.entities,
        thresholds=model.thresholds_,
        llm=bot_file.llm_config,
    )
    folder = params.home / "builds" / params.bot / run_id / "release"
    shutil.rmtree(folder, ignore_errors=True)
    step = max(1, len(golden_texts) // GOLDEN_SIZE)
    write_release(
        folder,
        definition=definition,
        model=model,
        golden_texts=golden_texts[::step][:GOLDEN_SIZE],
        data_hash=snapshot.data_hash,
        seed=params.seed,
        git_commit=git_commit(),
    )
    load_release(folder, version=run_id)
    return folder


def register_release(
    folder: Path,
    params: TrainParams,
    *,
    registry: Registry,
    run_id: str,
    gate: Check,
    evaluation: Evaluation,
    verdict_key: str | None = None,
) -> RegisteredVersion:
    """Log the release folder and its verdict as a pyfunc model, and register it; as `candidate` if it passed the gate.

    From then on this process logs to the server of `registry`. All checks together, `gate`, become `verdict.json`
    beside the release and tags on the version; without a `verdict_key` the verdict is not signed. The figures on the
    held-out rows go into the verdict and the version's description. `params.release_alias` is the alias of the version
    that the verdict says it was compared with.
    """
    runs = Runs(registry.tracking_uri)
    require_wanted(runs, run_id)
    manifest = Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    verdict_file = folder.parent / VERDICT_FILE
    answering, _ = load_answering(registry, params.bot, alias=params.release_alias)
    compared_with = answering.version if answering is not None else None
    write_verdict(verdict_file, _verdict(folder, manifest, gate, evaluation, compared_with=compared_with))
    publication = Publication(
        description=describe_version(
            gate, evaluation, manifest, compared_with=compared_with, alias=params.release_alias
        ),
        # in the order in which the MLflow UI lists them: what a person reads comes before the hashes
        tags={GATE_TAG: "", **_facts(manifest, gate, evaluation), **verdict_tags(verdict_file, key=verdict_key)},
    )
    # before the version exists: after a crash, whoever finds it without its tags finds them here
    note_publication(runs, run_id, publication)
    number = _log_model(folder, verdict_file, name=model_name(params.bot), run_id=run_id, registry=registry)
    require_wanted(runs, run_id)  # checked again: the upload may have taken long
    publish_version(registry, params.bot, registry.find_version(params.bot, number), publication)
    registry.describe_model(params.bot, describe_model(params.bot, alias=params.release_alias))
    return registry.find_version(params.bot, number)


def _log_model(folder: Path, verdict_file: Path, *, name: str, run_id: str, registry: Registry) -> str:
    """Log and register a release; return its version number."""
    mlflow.set_tracking_uri(registry.tracking_uri)
    with mlflow.start_run(run_id=run_id):
        return log_release(folder, verdict_file, name=name)


def _facts(manifest: Manifest, gate: Check, evaluation: Evaluation) -> dict[str, str]:
    """Return the tags that are for people; a version that failed its gate has no stage."""
    facts = {STAGE_TAG: "Staging"} if gate.passed else {REASONS_TAG: "; ".join(gate.reasons)[:_MAX_TAG_CHARS]}
    if gate.warnings:
        facts[WARNINGS_TAG] = "\n".join(gate.warnings)[:_MAX_TAG_CHARS]
    if "accuracy" in evaluation.metrics:
        facts["accuracy"] = f"{evaluation.metrics['accuracy']:.4f}"
    if "n_in_scope" in evaluation.metrics:
        facts[ACCURACY_ROWS_TAG] = f"{evaluation.metrics['n_in_scope']:.0f}"
    return {**facts, "git_commit": manifest.git_commit or "", "bot_hash": manifest.bot_hash}


def _verdict(
    folder: Path, manifest: Manifest, gate: Check, evaluation: Evaluation, *, compared_with: str | None
) -> Verdict:
    return Verdict(
        bot=manifest.bot,
        passed=gate.passed,
        reasons=gate.reasons,
        notes=gate.remarks,
        figures={name: value for name, value in (evaluation.metrics | gate.figures).items() if math.isfinite(value)},
        data_hash=manifest.data_hash,
        manifest_sha256=manifest_hash(folder),
        compared_with=compared_with,
        created_at=datetime.now(UTC),
        git_commit=manifest.git_commit,
    )
