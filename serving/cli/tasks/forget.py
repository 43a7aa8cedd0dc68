"""Erasure of a person, as JSON that does not name them; and deletion of the versions that learnt from them."""

import asyncio
from typing import Any

from pipelines.errors import SetupProblem
from pipelines.forget.retire import retire_versions
from pipelines.progress import Progress
from pipelines.settings import Settings
from serving.forget.run import Erasure, ErasureRequest, Outcome
from serving.jobs.kinds import Forget

_MAX_PLACES = 500


def forget(bot: str, request: Forget, settings: Settings, progress: Progress) -> dict[str, Any]:
    """Erase a person, or only say what that would mean."""
    try:
        if request.retire:
            return _retire(bot, request, settings)
        wanted = request.model_dump(include={"thread", "user", "purge", "dry_run"})
        return _told(asyncio.run(Erasure(ErasureRequest(bot, **wanted), settings, progress).run()), request)
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise SetupProblem(
            f"a file cannot be read or changed ({reason}); correct that and send the same request again"
        ) from error


def _told(outcome: Outcome, request: Forget) -> dict[str, Any]:
    traces, lineage = outcome.traces, outcome.lineage
    state = "erased" if outcome.is_done else "searched" if request.dry_run else "undecided"
    places: list[tuple[str, str]] = [(each.kind, each.name) for each in lineage.occurrences if each.kind != "version"]
    places += [("draft", str(place)) for place in outcome.drafts]
    return {
        "state": state,
        "n_threads": len(traces.thread_ids),
        "documents": dict(traces.counts),
        "n_spared_texts": lineage.n_spared,
        "purged": bool(outcome.is_done and request.purge),
        "places": [{"kind": kind, "name": name} for kind, name in places[:_MAX_PLACES]],
        "n_places": len(places),
        "foreign_files": [each.name for each in lineage.of("file") if each.purge is None],
        "versions_to_retire": [each.name for each in lineage.of("version")],
        "n_masked_logs": outcome.n_masked,
        "other_bots": list(outcome.other_bots),
        "next_step": "" if state == "erased" and not lineage.of("version") else _NEXT_STEP[state],
    }


_NEXT_STEP = {
    "erased": "a model cannot unlearn: train a new version, promote it, and send `retire` to delete the named ones",
    "searched": "nothing was changed; send the request without `dry_run`, and say with `purge` whether the named "
    "places lose the texts too",
    "undecided": "nothing was deleted: once the conversation is gone, the texts can no longer be found in the named "
    "places; send `purge` true to remove them there too, or false to leave them for ever",
}


def _retire(bot: str, request: Forget, settings: Settings) -> dict[str, Any]:
    retired = retire_versions(
        bot, home=settings.home.resolve(), tracking_uri=settings.resolved_tracking_uri, dry_run=request.dry_run
    )
    return {
        "state": "searched" if request.dry_run else "retired",
        "deleted_versions": list(retired.deleted),
        "versions_in_use": [{"version": version, "why": why} for version, why in retired.in_use],
    }
