"""A release from the registry, once, for a command: nothing is kept and nothing answers with it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.errors import ReleaseRefused
from pipelines.nlu.release import MANIFEST_FILE, Release, load_release
from serving.release.registry import Registry


def fetch_release(registry: Registry, bot: str, *, alias: str, version: str | None = None) -> Release:
    """Download a release, and verify it as serving does.

    Parameters
    ----------
    registry
        Where the bot's versions are.
    bot
        The bot.
    alias
        Which version, if `version` does not say.
    version
        A version of the registered model, promoted or not.

    Returns
    -------
    Release
        Verified.

    Raises
    ------
    NotFound
        There is no such bot or version.
    ModelNotLoaded
        No version carries the alias.
    ReleaseRefused
        What was downloaded is not what was trained.
    RegistryUnavailable
        The server did not answer.
    """
    found = registry.find(bot, alias=alias) if version is None else registry.find_version(bot, version)
    with TemporaryDirectory(prefix="intentloop-release-") as folder:
        registry.download(found, Path(folder))
        manifests = sorted(Path(folder).rglob(MANIFEST_FILE))
        if not manifests:
            raise ReleaseRefused(bot, found.version, "it holds no release")
        return load_release(manifests[0].parent, version=found.version)
