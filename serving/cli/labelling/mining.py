"""Mining the log with a release, for the command `label` and the task `mine`."""

from datetime import timedelta
from pathlib import Path

from pipelines.labelling.mine import Mined, mine_log
from pipelines.progress import Progress
from pipelines.registry.client import Registry
from pipelines.registry.fetch import fetch_release, load_newest_passed
from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.cli.arguments import release_of
from serving.clock import utc_now


def mine_newest(
    settings: Settings, bot: str, *, days: float, version: str | None, folder: Path | None, progress: Progress
) -> Mined:
    """Mine the log with the newest version, and with the shadow if there is one."""
    progress(0.0, "loading the newest version")
    newest, shadow = _load_releases(settings, bot, version=version, folder=folder)
    since = utc_now() - timedelta(days=days)
    return mine_log(settings, bot=bot, newest=newest, shadow=shadow, since=since, now=utc_now(), progress=progress)


def _load_releases(
    settings: Settings, bot: str, *, version: str | None, folder: Path | None
) -> tuple[Release, Release | None]:
    """Load the named release, else the newest one that has passed its gate, and the shadow."""
    if version is not None or folder is not None:
        return release_of(bot, version=version, folder=folder), None
    registry = Registry(settings.resolved_tracking_uri)
    release = load_newest_passed(registry, bot)
    shadow = registry.version_behind(bot, alias="shadow")
    if shadow is None or shadow.version == release.version:
        return release, None
    return release, fetch_release(registry, shadow, bot=bot)
