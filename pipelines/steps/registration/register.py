"""Step 7: freeze the release and register it with its verdict, as the candidate."""

import math
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import mlflow

from pipelines.nlu.model import NluModel
from pipelines.registry.client import STAGE_TAG, RegisteredVersion, Registry, model_name
from pipelines.registry.fetch import find_answering
from pipelines.registry.release import MANIFEST_FILE, load_release, write_release
from pipelines.registry.runs import Runs
from pipelines.registry.verdict import (
    REASONS_TAG,
    VERDICT_FILE,
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
from pipelines.steps.registration.publish import Publication, note_publication, publish_version, require_wanted

GOLDEN_SIZE = 60
_MAX_TAG_CHARS = 3000
"""Limit of the gate's reasons: together with all other tags they must fit into one tag of the run, which holds 8000."""
_CODE_FILE = Path(__file__).with_name("pyfunc_model.py")
_REQUIREMENTS = ("numpy", "pydantic", "pydantic-settings", "python-crfsuite", "mlflow-skinny", "pandas")


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
    """Log the release folder and its verdict as a pyfunc model, and register it as the alias `candidate`.

    From then on this process logs to the server of `registry`. All checks together, `gate`, become `verdict.json`
    beside the release and tags on the version; without a `verdict_key` the verdict is not signed. The figures on the
    held-out rows go into the verdict and the version's description. `params.release_alias` is the alias of the version
    that the verdict says it was compared with.
    """
    runs = Runs(registry.tracking_uri)
    require_wanted(runs, run_id)
    manifest = Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    verdict_file = folder.parent / VERDICT_FILE
    answering, _ = find_answering(registry, params.bot, alias=params.release_alias)
    compared_with = answering.version if answering is not None else None
    write_verdict(verdict_file, _verdict(folder, manifest, gate, evaluation, compared_with=compared_with))
    publication = Publication(
        description=describe(evaluation, manifest),
        tags={**verdict_tags(verdict_file, key=verdict_key), **_facts(manifest, gate, evaluation)},
    )
    # before the version exists: after a crash, whoever finds it without its tags finds them here
    note_publication(runs, run_id, publication)
    number = _log_model(folder, verdict_file, name=model_name(params.bot), run_id=run_id, registry=registry)
    require_wanted(runs, run_id)  # checked again: the upload may have taken long
    publish_version(registry, params.bot, registry.find_version(params.bot, number), publication)
    return registry.find_version(params.bot, number)


def _log_model(folder: Path, verdict_file: Path, *, name: str, run_id: str, registry: Registry) -> str:
    """Log and register a release; return its version number."""
    mlflow.set_tracking_uri(registry.tracking_uri)
    with mlflow.start_run(run_id=run_id):
        logged = mlflow.pyfunc.log_model(
            name="release",
            python_model=str(_CODE_FILE),
            artifacts={"release": str(folder), "verdict": str(verdict_file)},
            registered_model_name=name,
            pip_requirements=[f"{package}=={_version(package)}" for package in _REQUIREMENTS],
            input_example=None,
        )
    return str(logged.registered_model_version)


def _facts(manifest: Manifest, gate: Check, evaluation: Evaluation) -> dict[str, str]:
    facts = {"bot_hash": manifest.bot_hash, "git_commit": manifest.git_commit or "", STAGE_TAG: "Staging"}
    if gate.reasons:
        facts[REASONS_TAG] = "; ".join(gate.reasons)[:_MAX_TAG_CHARS]
    if "accuracy" in evaluation.metrics:
        facts["accuracy"] = f"{evaluation.metrics['accuracy']:.4f}"
    return facts


def _verdict(
    folder: Path, manifest: Manifest, gate: Check, evaluation: Evaluation, *, compared_with: str | None
) -> Verdict:
    return Verdict(
        bot=manifest.bot,
        passed=gate.passed,
        reasons=gate.reasons,
        notes=gate.notes,
        figures={name: value for name, value in (evaluation.metrics | gate.figures).items() if math.isfinite(value)},
        data_hash=manifest.data_hash,
        manifest_sha256=manifest_hash(folder),
        compared_with=compared_with,
        created_at=datetime.now(UTC),
        git_commit=manifest.git_commit,
    )


def describe(evaluation: Evaluation, manifest: Manifest) -> str:
    """Describe in one line how good a version is, for whoever decides on it in the MLflow UI."""
    metrics = evaluation.metrics
    parts = [f"Trained on snapshot {manifest.data_hash[:12]}"]
    if "accuracy" in metrics:
        interval = f"{metrics['accuracy_low']:.1%} to {metrics['accuracy_high']:.1%}"
        parts.append(f"{metrics['accuracy']:.1%} of held-out utterances understood ({interval})")
    if "entity_f1" in metrics:
        parts.append(f"entity F1 {metrics['entity_f1']:.1%}")
    if "out_of_scope_recall" in metrics:
        parts.append(f"{metrics['out_of_scope_recall']:.0%} of out-of-scope utterances refused")
    return ", ".join(parts) + "."


def git_commit() -> str | None:
    """Return the commit of the code, or None outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)
