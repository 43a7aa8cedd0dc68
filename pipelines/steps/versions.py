"""Versions in the registry that are there already: which one answers, what is in it, what it has learnt from."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from pipelines.errors import NotFound, ReleaseRefused
from pipelines.registry.release import MANIFEST_FILE, Release, load_release
from pipelines.registry.verdict import GATE_PASSED, GATE_TAG, require_gate
from pipelines.schemas.verdict import Check
from pipelines.steps.split import fingerprints
from pipelines.steps.tracking import LEARNT_FILE

_NO_SUCH_ALIAS = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What stores answer for a model that is not there, and for an alias that is not set."""


def model_name(bot: str) -> str:
    """Give the registered model's name of a bot."""
    return f"intentloop-{bot}"


def promoted_version(bot: str, tracking_uri: str, *, alias: str) -> str | None:
    """Give the version that carries the alias, or None; a server that fails is an MlflowException."""
    try:
        return str(mlflow.MlflowClient(tracking_uri).get_model_version_by_alias(model_name(bot), alias).version)
    except MlflowException as error:
        if error.error_code in _NO_SUCH_ALIAS:
            return None
        raise


def version_of_run(bot: str, run_id: str, tracking_uri: str) -> ModelVersion:
    """Give the version that a run registered; an alias could be another run's by now.

    Parameters
    ----------
    bot
        Bot whose registered model it is.
    run_id
        The MLflow run.
    tracking_uri
        The registry.

    Returns
    -------
    ModelVersion
        MLflow's record of the version.

    Raises
    ------
    NotFound
        The run registered none.
    """
    versions = mlflow.MlflowClient(tracking_uri).search_model_versions(f"name = '{model_name(bot)}'")
    found = [version for version in versions if version.run_id == run_id]
    if not found:
        raise NotFound(f"version of {model_name(bot)} from run", run_id, hint="train again")
    return max(found, key=lambda version: int(version.version))


def answering_version(bot: str, *, alias: str) -> tuple[str | None, Check]:
    """Find the version that answers: what carries the alias, or else, if serving refuses that, what was promoted last.

    Parameters
    ----------
    bot
        Bot whose registered model it is.
    alias
        The alias that serving follows.

    Returns
    -------
    tuple[str | None, Check]
        The version, None if there is none, and a note where it is not simply the one that carries the alias.
    """
    version = promoted_version(bot, mlflow.get_tracking_uri(), alias=alias)
    if version is None:
        return None, Check(notes=(f"no version carries the alias {alias!r}, so there is none to compare with",))
    try:
        require_gate(mlflow.MlflowClient().get_model_version(model_name(bot), version).tags, name=bot, version=version)
    except ReleaseRefused as error:
        before = _promoted_last(bot)
        instead = f"compared with version {before}, which was promoted before it" if before else "compared with none"
        note = f"version {version} carries the alias {alias!r} but must not answer, since {error.reason}; {instead}"
        return before, Check(notes=(note,))
    return version, Check()


def _promoted_last(bot: str) -> str | None:
    """Give the judged version that was promoted last and never archived, by the tags that promotion writes."""
    promoted = [
        version
        for version in mlflow.MlflowClient().search_model_versions(f"name = '{model_name(bot)}'")
        if version.tags.get("stage") == "Production" and version.tags.get(GATE_TAG) == GATE_PASSED
    ]
    last = max(promoted, key=lambda each: (each.tags.get("promoted_at", ""), int(each.version)), default=None)
    return str(last.version) if last is not None else None


def load_promoted(bot: str, *, alias: str) -> tuple[Release | None, Check]:
    """Load the version that answers, to compare with.

    Parameters
    ----------
    bot
        Bot whose registered model it is.
    alias
        The alias that serving follows.

    Returns
    -------
    tuple[Release | None, Check]
        The verified release, or None with a note why there is none to compare with. That holds nothing against a
        candidate: the first version of a bot has nothing before it, and one that cannot answer needs a successor.
    """
    version, found = answering_version(bot, alias=alias)
    if version is None:
        return None, found
    try:
        with downloaded(bot, version) as folder:
            return load_release(folder, version=version), found
    except ReleaseRefused as error:
        return None, Check(notes=(f"version {version} cannot answer, so it is not compared with: {error.reason}",))


def seen_by(bot: str, version: str, frame: pd.DataFrame) -> list[bool] | None:
    """Tell of each row whether a version has learnt from its wording.

    Parameters
    ----------
    bot
        Bot whose registered model it is.
    version
        Its version.
    frame
        Examples with the columns of `extract.COLUMNS`.

    Returns
    -------
    list[bool] | None
        One a row; None where the version's run does not say, or is gone.
    """
    client = mlflow.MlflowClient()
    run_id = client.get_model_version(model_name(bot), version).run_id or ""
    with TemporaryDirectory() as folder:
        try:
            known = {file.path for file in client.list_artifacts(run_id, str(Path(LEARNT_FILE).parent))}
        except MlflowException:  # somebody has deleted the run
            return None
        if LEARNT_FILE not in known:
            return None
        file = client.download_artifacts(run_id, LEARNT_FILE, folder)
        learnt = set(Path(file).read_text(encoding="utf-8").split())
    return [key in learnt for key in fingerprints(frame)]


@contextmanager
def downloaded(bot: str, version: str) -> Iterator[Path]:
    """Download a version; gives its release folder for as long as it is used."""
    with TemporaryDirectory(prefix="intentloop-release-") as folder:
        location = mlflow.MlflowClient().get_model_version_download_uri(model_name(bot), version)
        mlflow.artifacts.download_artifacts(artifact_uri=location, dst_path=folder)
        manifests = sorted(Path(folder).rglob(MANIFEST_FILE), key=lambda file: len(file.parts))
        if not manifests:
            raise ReleaseRefused(bot, version, f"it holds no {MANIFEST_FILE}, so it is not a release")
        yield manifests[0].parent
