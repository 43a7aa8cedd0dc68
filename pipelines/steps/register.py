"""Step 7: freeze the release, register it as a version, and move the alias that makes it answer."""

import math
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import mlflow

from pipelines.nlu.model import NluModel
from pipelines.registry.release import MANIFEST_FILE, load_release, write_release
from pipelines.registry.verdict import (
    VERDICT_FILE,
    load_judged,
    manifest_hash,
    require_gate,
    verdict_tags,
    write_verdict,
)
from pipelines.schemas.bot import BotFile
from pipelines.schemas.release import BotDefinition, Manifest
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check, Verdict
from pipelines.steps.evaluate import Evaluation
from pipelines.steps.publish import Publication, note_publication, publish, require_wanted
from pipelines.steps.snapshot import Snapshot
from pipelines.steps.versions import answering_version, downloaded, model_name, promoted_version

GOLDEN_SIZE = 60
_MAX_TAG_CHARS = 3000
"""Of the gate's reasons: with all other tags they have to fit into one tag of the run, which holds 8000."""
_CODE_FILE = Path(__file__).with_name("pyfunc_model.py")
_REQUIREMENTS = ("numpy", "pydantic", "pydantic-settings", "python-crfsuite", "mlflow-skinny", "pandas")


@dataclass(frozen=True)
class RegisteredVersion:
    """A version in the registry."""

    name: str
    version: str
    gate: Check
    is_promoted: bool


def freeze(
    model: NluModel,
    bot_file: BotFile,
    params: TrainParams,
    snapshot: Snapshot,
    golden_texts: Sequence[str],
    run_id: str,
) -> Path:
    """Write the release folder under `home/builds` and read it back, as serving will.

    Parameters
    ----------
    model
        The trained model.
    bot_file
        The bot that it was trained for.
    params
        Parameters of the run.
    snapshot
        The examples of the run.
    golden_texts
        Utterances to choose the golden rows from; every n-th is taken, 60 at most.
    run_id
        The MLflow run, which names the folder.

    Returns
    -------
    Path
        The verified folder.
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


def register(
    folder: Path,
    params: TrainParams,
    *,
    run_id: str,
    gate: Check,
    evaluation: Evaluation,
    verdict_key: str | None = None,
) -> RegisteredVersion:
    """Log the release folder and its verdict as a pyfunc model, register it, bind the two and set the aliases.

    Parameters
    ----------
    folder
        A release folder that `freeze` wrote.
    params
        `bot` names the registered model; `promote` asks for the alias `release_alias`.
    run_id
        The MLflow run to log to.
    gate
        All checks together: whether it may answer; written as `verdict.json` beside the release and as tags on the
        version.
    evaluation
        Figures on the held-out rows, written into the verdict and as the version's description.
    verdict_key
        Signs the verdict; None: it is not signed.

    Returns
    -------
    RegisteredVersion
        The new version; it carries `candidate`, and the alias that answers if asked for and the gate is passed.
    """
    name = model_name(params.bot)
    require_wanted(run_id)
    manifest = Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())
    verdict_file = folder.parent / VERDICT_FILE
    compared_with, _ = answering_version(params.bot, alias=params.release_alias)
    write_verdict(verdict_file, _verdict(folder, manifest, gate, evaluation, compared_with=compared_with))
    publication = Publication(
        description=describe(evaluation, manifest),
        tags={**verdict_tags(verdict_file, key=verdict_key), **_facts(manifest, gate, evaluation)},
    )
    with mlflow.start_run(run_id=run_id):
        # before the version is there: whoever finds it without its tags, after a crash, finds them here
        note_publication(publication)
        logged = mlflow.pyfunc.log_model(
            name="release",
            python_model=str(_CODE_FILE),
            artifacts={"release": str(folder), "verdict": str(verdict_file)},
            registered_model_name=name,
            pip_requirements=[f"{package}=={_version(package)}" for package in _REQUIREMENTS],
            input_example=None,
        )
    version = str(logged.registered_model_version)
    require_wanted(run_id)  # asked again: sending the files may have taken long
    publish(name, version, publication)
    if params.promote and gate.passed:
        promote(params.bot, version, alias=params.release_alias, verdict_key=verdict_key)
    return RegisteredVersion(name, version, gate, params.promote and gate.passed)


def _facts(manifest: Manifest, gate: Check, evaluation: Evaluation) -> dict[str, str]:
    facts = {"bot_hash": manifest.bot_hash, "git_commit": manifest.git_commit or "", "stage": "Staging"}
    if gate.reasons:
        facts["gate_reasons"] = "; ".join(gate.reasons)[:_MAX_TAG_CHARS]
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
    """Say in a line how good a version is, for whoever decides on it in the MLflow UI."""
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


def promote(bot: str, version: str, *, alias: str, verdict_key: str | None = None) -> None:
    """Move the alias that answers to a version, if serving would take it; it notices within seconds.

    Parameters
    ----------
    bot
        Bot whose registered model it is.
    version
        Version to promote.
    alias
        The alias that serving follows, `production` unless the settings say otherwise.
    verdict_key
        Key of the verdict's signature, if serving asks for one.

    Raises
    ------
    ReleaseRefused
        The version has not passed the gate, or its verdict is not about it.
    """
    client = mlflow.MlflowClient()
    name = model_name(bot)
    tags = client.get_model_version(name, version).tags
    require_gate(tags, name=bot, version=version)
    with downloaded(bot, version) as folder:
        load_judged(folder, name=bot, version=version, tags=tags, key=verdict_key)
    previous = promoted_version(bot, mlflow.get_tracking_uri(), alias=alias)
    client.set_registered_model_alias(name, alias, version)
    client.set_model_version_tag(name, version, "stage", "Production")
    if previous not in (None, version):
        client.set_model_version_tag(name, previous, "stage", "Archived")


def git_commit() -> str | None:
    """Give the commit of the code, or None outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)
