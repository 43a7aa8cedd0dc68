"""Deleting versions that contain erased data, once nothing answers with them."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.forget.lineage import RETIRE_TAG
from pipelines.registry.client import RegisteredVersion, Registry
from pipelines.registry.runs import Runs
from pipelines.steps.registration.artifacts import ArtifactFolder


@dataclass(frozen=True)
class Retired:
    """The versions that were deleted, and those still in use, each with the reason."""

    deleted: tuple[str, ...]
    in_use: tuple[tuple[str, str], ...]


def retire_versions(bot: str, *, home: Path, tracking_uri: str, dry_run: bool = False) -> Retired:
    """Delete the versions marked as containing erased data; with `dry_run`, only list them.

    A version stays while an alias points to it or to a copy of it, or if it is the last one this machine answered with.
    """
    Runs(tracking_uri).find_experiment(bot)  # tries only twice, where what follows would try for minutes
    registry = Registry(tracking_uri, is_patient=True)
    versions = registry.versions(bot)
    marked = [version for version in reversed(versions) if RETIRE_TAG in version.tags]
    aliases: dict[str, list[str]] = {}
    for alias, number in (registry.aliases(bot) if marked else {}).items():
        aliases.setdefault(number, []).append(alias)
    deleted, in_use = [], []
    copies = _copies_in_use(registry, [version for version in versions if version.version in aliases])
    for version in marked:
        kept_as = home / "releases" / bot / version.key
        if version.version in aliases:
            in_use.append((version.version, f"has the alias {', '.join(sorted(aliases[version.version]))}"))
        elif (copy := copies.get(registry.files_uri(version))) is not None:
            in_use.append((version.version, f"version {copy}, which has an alias, is a copy of it"))
        elif _is_last_good(kept_as):
            in_use.append((version.version, "is what answered last on this machine"))
        else:
            deleted.append(version.version)
            if not dry_run:
                _delete(registry, version)
                for folder in (kept_as, home / "builds" / bot / version.run_id if version.run_id else kept_as):
                    shutil.rmtree(folder, ignore_errors=True)
    return Retired(tuple(deleted), tuple(in_use))


def _delete(registry: Registry, version: RegisteredVersion) -> None:
    """Delete the files first: a version without files says so, files without a version are never found again.

    The files of a copy are those of the original, and stay with it.
    """
    if version.copied_from is None:
        ArtifactFolder(registry.files_uri(version), registry.tracking_uri).delete()
    registry.delete(version)


def _copies_in_use(registry: Registry, aliased: Sequence[RegisteredVersion]) -> dict[str, str]:
    """Return the copies among the versions with an alias, by the address of the files that they share."""
    return {registry.files_uri(each): each.version for each in aliased if each.copied_from is not None}


def _is_last_good(folder: Path) -> bool:
    try:
        record = json.loads((folder.parent / "last_good.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(record.get("key") == folder.name)
