"""Verdicts on releases, as training writes them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.registry.release import MANIFEST_FILE
from pipelines.registry.verdict import VERDICT_FILE, manifest_hash, verdict_tags, write_verdict
from pipelines.schemas.release import Manifest
from pipelines.schemas.verdict import Verdict


def verdict_on(release: Path, **changes: Any) -> Verdict:
    """Give a good verdict on a release folder, or one with some fields changed."""
    manifest = Manifest.model_validate_json((release / MANIFEST_FILE).read_bytes())
    fields: dict[str, Any] = {
        "bot": manifest.bot, "passed": True, "figures": {"accuracy": 0.9}, "data_hash": manifest.data_hash,
        "manifest_sha256": manifest_hash(release), "created_at": datetime(2026, 11, 23, tzinfo=UTC), "git_commit": None,
    }  # fmt: skip
    return Verdict(**(fields | changes))


def write_judged(release: Path, folder: Path, *, key: str | None = None, **changes: Any) -> dict[str, str]:
    """Write a verdict on a release into a folder, where the release is or will be; gives the version's tags."""
    folder.mkdir(parents=True, exist_ok=True)
    write_verdict(folder / VERDICT_FILE, verdict_on(release, **changes))
    return verdict_tags(folder / VERDICT_FILE, key=key)
