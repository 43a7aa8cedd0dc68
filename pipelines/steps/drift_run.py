"""Looking for drift: the promoted version's profile, the turns since, and a run in MLflow that keeps what was found."""

import io
import json
from datetime import datetime
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException

from pipelines.drift.plots import plot_drift
from pipelines.errors import NotFound, RegistryUnavailable
from pipelines.progress import Progress
from pipelines.schemas.drift import Profile
from pipelines.settings import Settings
from pipelines.steps import tracking
from pipelines.steps.artifacts import ArtifactFolder
from pipelines.steps.drift import Drift, measure_drift, vocabulary_of
from pipelines.steps.mine_turns import read_turns
from pipelines.steps.versions import model_name, promoted_version

PROFILE_FILE = "drift/profile.json"
DRIFT_TAG = {"kind": "drift"}


def log_profile(run_id: str, profile: Profile) -> None:
    """Log the profile of a training's held-out rows."""
    mlflow.MlflowClient().log_text(run_id, profile.model_dump_json(indent=1) + "\n", PROFILE_FILE)


def look_for_drift(bot: str, settings: Settings, *, since: datetime, progress: Progress) -> tuple[Drift | None, str]:
    """Compare what customers wrote since a moment with the training of the version that answers, and log it.

    Parameters
    ----------
    bot
        The bot.
    settings
        The platform's: database, MLflow server, alias of the version that answers.
    since
        Turns before it are left out.
    progress
        Called with the share done, in [0, 1], and what is being done.

    Returns
    -------
    tuple[Drift | None, str]
        What was found, None where there is nothing to compare; and the version it was compared with.

    Raises
    ------
    NotFound
        No version answers, or its training has kept no profile.
    RegistryUnavailable
        The MLflow server does not answer.
    StoreUnavailable
        The database does not answer.
    """
    uri = settings.resolved_tracking_uri
    mlflow.set_tracking_uri(uri)
    try:
        progress(0.0, "reading the profile of the training")
        tracking.find_experiment(bot, uri)  # tries only twice, where what follows would try for minutes
        version = promoted_version(bot, uri, alias=settings.release_alias)
        if version is None:
            raise NotFound("promoted version of bot", bot, hint="train one with `intentloop train --promote`")
        profile, vocabulary = _trained(bot, version, uri)
        progress(0.2, "reading turns")
        turns = read_turns(settings.resolved_mongo_uri, settings.mongo_database, bot, since=since)
        progress(0.8, "comparing")
        drift = measure_drift(turns, profile, vocabulary=vocabulary)
        if drift is not None:
            _log(bot, uri, drift, version=version)
    except (MlflowException, OSError) as error:
        raise RegistryUnavailable(uri, tracking.short_reason(error)) from error
    return drift, version


def _trained(bot: str, version: str, uri: str) -> tuple[Profile, frozenset[str]]:
    """Give what the run behind a version has kept: the profile, and the words of its examples."""
    client = mlflow.MlflowClient(uri)
    run = client.get_run(client.get_model_version(model_name(bot), version).run_id or "")
    folder = ArtifactFolder(run.info.artifact_uri, uri)
    files = {path for path, _ in folder.files()}
    snapshots = sorted(path for path in files if Path(path).parent.name == "data" and path.endswith(".parquet"))
    if PROFILE_FILE not in files or not snapshots:
        raise NotFound("profile of version", version, hint="it was trained by an older program; train and promote anew")
    profile = Profile.model_validate(json.loads(folder.read(PROFILE_FILE)))
    return profile, vocabulary_of(pd.read_parquet(io.BytesIO(folder.read(snapshots[0]))))


def _log(bot: str, uri: str, drift: Drift, *, version: str) -> None:
    run_id = tracking.begin_run(bot, uri, tags={**DRIFT_TAG, "version": version, "mlflow.runName": "drift"})
    client = mlflow.MlflowClient(uri)
    for row in drift.weeks.to_dict("records"):
        step = int(str(row["week"]).replace("-W", ""))  # 2026-W48 is step 202648
        for name in ("psi_intents", "psi_confidence", "unknown_words", "messages"):
            client.log_metric(run_id, f"drift_{name}", float(row[name]), step=step)
    client.set_tag(run_id, "reading", drift.reading)
    client.log_text(run_id, drift.weeks.to_csv(index=False), "drift/weeks.csv")
    client.log_figure(run_id, plot_drift(drift), "drift/weeks.png")
    tracking.end_run(run_id, uri, succeeded=True)
