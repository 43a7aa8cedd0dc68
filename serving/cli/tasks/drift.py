"""A look for drift: what `intentloop drift` does, as JSON."""

from datetime import timedelta
from typing import Any

from pipelines.drift.run import look_for_drift
from pipelines.progress import Progress
from pipelines.settings import Settings
from serving.clock import utc_now
from serving.jobs.kinds import LookForDrift


def look(bot: str, request: LookForDrift, settings: Settings, progress: Progress) -> dict[str, Any]:
    """Look for drift and log it; return what it means in sentences."""
    since = utc_now() - timedelta(days=request.days)
    found, version = look_for_drift(bot, settings, since=since, progress=progress)
    return {
        "version": version,
        "reading": found.reading if found is not None else None,
        "sentences": found.sentences() if found is not None else [],
    }
