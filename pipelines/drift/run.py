"""A drift check: the promoted version's profile, the turns since, and a run in MLflow with the result."""

import io
import json
from datetime import datetime
from pathlib import Path

from pipelines.drift.drift import Drift, measure_drift, vocabulary_of
from pipelines.drift.plots import plot_drift
from pipelines.errors import NotFound
from pipelines.progress import Progress
from pipelines.registry.client import RegisteredVersion, Registry
from pipelines.registry.release import require_bot
from pipelines.registry.run_record import DRIFT_TABLE
from pipelines.registry.runs import PROFILE_FILE, Runs
from pipelines.settings import Settings
from pipelines.steps.data.snapshot import read_snapshot
from pipelines.steps.data.turns import read_turns
from pipelines.steps.evaluation.profile import Profile
from pipelines.steps.registration.artifacts import ArtifactFolder


def look_for_drift(bot: str, settings: Settings, *, since: datetime, progress: Progress) -> tuple[Drift | None, str]:
    """Compare turns since a moment with the training of the version that answers, and log the result.

    Returns
    -------
    tuple[Drift | None, str]
        The drift, None if there is nothing to compare; and the version it was compared with.

    Raises
    ------
    NotFound
        No version answers, or its training kept no profile.
    ForeignRelease
        The version behind the alias was copied from another bot.
    RegistryUnavailable
        The MLflow server does not answer.
    StoreUnavailable
        The database does not answer.
    """
    uri = settings.resolved_tracking_uri
    runs, registry = Runs(uri), Registry(uri, is_patient=True)
    progress(0.0, "reading the profile of the training")
    runs.find_experiment(bot)  # tries only twice, where what follows would try for minutes
    version = registry.version_behind(bot, alias=settings.release_alias)
    if version is None:
        raise NotFound("promoted version of bot", bot, hint="train one with `intentloop train --promote`")
    require_bot(runs.get(version.run_id).params.get("bot", bot), bot, version=version.version)
    profile, vocabulary = _trained(version, runs)
    progress(0.2, "reading turns")
    turns = read_turns(settings.resolved_mongo_uri, settings.mongo_database, bot, since=since)
    progress(0.8, "comparing")
    drift = measure_drift(turns, profile, vocabulary=vocabulary)
    if drift is not None:
        _log(bot, runs, drift, version=version.version)
    return drift, version.version


def _trained(version: RegisteredVersion, runs: Runs) -> tuple[Profile, frozenset[str]]:
    """Return the profile that a version's run has kept, and the words of its examples."""
    folder = ArtifactFolder(runs.get(version.run_id).artifact_uri, runs.tracking_uri)
    files = {path for path, _ in folder.files()}
    snapshots = sorted(path for path in files if Path(path).parent.name == "data" and path.endswith(".parquet"))
    if PROFILE_FILE not in files or not snapshots:
        hint = "it was trained by an older program; train and promote anew"
        raise NotFound("profile of version", version.version, hint=hint)
    profile = Profile.model_validate(json.loads(folder.read(PROFILE_FILE)))
    return profile, vocabulary_of(read_snapshot(io.BytesIO(folder.read(snapshots[0]))))


def _log(bot: str, runs: Runs, drift: Drift, *, version: str) -> None:
    weeks = f"{len(drift.weeks)} week{'s' if len(drift.weeks) != 1 else ''}"
    run_id = runs.begin(
        bot,
        kind="drift",
        source="intentloop drift",
        name=f"{bot} v{version} · {weeks} · {drift.reading}",
        tags={"version": version, "reading": drift.reading},
    )
    for row in drift.weeks.to_dict("records"):
        step = int(str(row["week"]).replace("-W", ""))  # 2026-W48 is step 202648
        for name in ("psi_intents", "psi_confidence", "unknown_words", "messages"):
            runs.log_metric(run_id, f"drift_{name}", float(row[name]), step=step)
    runs.log_text(run_id, drift.weeks.to_csv(index=False), DRIFT_TABLE)
    runs.log_figure(run_id, plot_drift(drift), "drift/weeks.png")
    runs.end(run_id, succeeded=True)
