"""Deleting versions whose data somebody had a right to have forgotten, once nothing answers with them."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import mlflow

from pipelines.steps.artifacts import ArtifactFolder
from pipelines.steps.lineage import RETIRE_TAG
from pipelines.steps.tracking import find_experiment
from pipelines.steps.versions import model_name


@dataclass(frozen=True)
class Retired:
    """What became of the versions that must go.

    Attributes
    ----------
    deleted
        Versions that are gone, with their files.
    in_use
        Versions that still answer or may be asked to, each with the reason.
    """

    deleted: tuple[str, ...]
    in_use: tuple[tuple[str, str], ...]


def retire(bot: str, *, home: Path, tracking_uri: str, is_rehearsal: bool = False) -> Retired:
    """Delete the versions that were marked as holding what was forgotten, unless they carry an alias.

    Parameters
    ----------
    bot
        The bot.
    home
        The platform's home folder, with the releases that this machine keeps.
    tracking_uri
        The registry.
    is_rehearsal
        Only say what would be deleted.

    Returns
    -------
    Retired
        What is gone and what has to wait.
    """
    find_experiment(bot, tracking_uri)  # tries only twice, where what follows would try for minutes
    client = mlflow.MlflowClient(tracking_uri, registry_uri=tracking_uri)
    name = model_name(bot)
    marked = [
        version for version in client.search_model_versions(f"name = '{name}'") if RETIRE_TAG in (version.tags or {})
    ]
    aliases: dict[str, list[str]] = {}
    for alias, version in (client.get_registered_model(name).aliases if marked else {}).items():
        aliases.setdefault(str(version), []).append(alias)
    deleted, in_use = [], []
    for version in sorted(marked, key=lambda version: int(version.version)):
        number, run_id = str(version.version), version.run_id or ""
        kept_as = home / "releases" / bot / f"{number}-{run_id[:8] or 'norun'}"
        if number in aliases:
            in_use.append((number, f"carries the alias {', '.join(sorted(aliases[number]))}"))
        elif _is_last_good(kept_as):
            in_use.append((number, "is what answered last on this machine"))
        else:
            deleted.append(number)
            if not is_rehearsal:
                _delete(client, name, number, tracking_uri)
                for folder in (kept_as, home / "builds" / bot / run_id if run_id else kept_as):
                    shutil.rmtree(folder, ignore_errors=True)
    return Retired(tuple(deleted), tuple(in_use))


def _delete(client: mlflow.MlflowClient, name: str, number: str, tracking_uri: str) -> None:
    """Delete the files first: a version without files says so, files without a version are never found again."""
    version = client.get_model_version(name, number)
    ArtifactFolder(client.get_model_version_download_uri(name, number), tracking_uri).delete()
    client.delete_model_version(name, number)
    if version.model_id:
        client.delete_logged_model(version.model_id)


def _is_last_good(folder: Path) -> bool:
    try:
        record = json.loads((folder.parent / "last_good.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(record.get("key") == folder.name)
