"""A release from the registry, once, for a command: nothing is kept and nothing answers with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.errors import ReleaseRefused
from pipelines.registry.client import RegisteredVersion, Registry
from pipelines.registry.reference import Reference, parse_reference
from pipelines.registry.release import MANIFEST_FILE, Release, load_release
from pipelines.registry.verdict import JudgedRelease, load_judged, require_gate


def find_version(registry: Registry, reference: Reference, *, default_alias: str) -> RegisteredVersion:
    """Find the version that a reference means; one that names neither number nor alias means `default_alias`."""
    if reference.version is not None:
        return registry.find_version(reference.bot, reference.version)
    return registry.find(reference.bot, alias=reference.alias or default_alias)


def open_release(named: str, *, bot: str, tracking_uri: str) -> Release:
    """Load the release that somebody names, whatever the verdict on it; for notebooks.

    Parameters
    ----------
    named
        `models:/intentloop-default@production`, a version's number, or a release folder.
    bot
        The bot that a number alone belongs to.
    tracking_uri
        The MLflow server or store.

    Returns
    -------
    Release
        Verified.

    Raises
    ------
    UserInputError
        It names nothing, or nothing that is there.
    ModelNotLoaded
        No version carries the alias, or its files are not what was trained (`ReleaseRefused`).
    RegistryUnavailable
        The server did not answer.
    """
    folder = Path(named)
    if folder.is_dir():
        return load_release(folder, version=folder.name)
    reference, registry = parse_reference(named, bot=bot), Registry(tracking_uri)
    found = find_version(registry, reference, default_alias="production")
    return fetch_release(registry, found, bot=reference.bot)


def fetch_release(registry: Registry, version: RegisteredVersion, *, bot: str) -> Release:
    """Download a release and verify its files, whatever the verdict on it.

    Parameters
    ----------
    registry
        Where the version is.
    version
        The version.
    bot
        The bot, for messages.

    Returns
    -------
    Release
        Verified.

    Raises
    ------
    ReleaseRefused
        What was downloaded is not what was trained.
    RegistryUnavailable
        The server did not answer.
    """
    with downloaded(registry, version, bot=bot) as folder:
        return load_release(folder, version=version.version)


def fetch_judged(
    registry: Registry, version: RegisteredVersion, *, bot: str, verdict_key: str | None, must_pass: bool = True
) -> JudgedRelease:
    """Download a release with its verdict, and prove as serving does that it may answer.

    Parameters
    ----------
    registry
        Where the version is.
    version
        The version.
    bot
        The bot, for messages.
    verdict_key
        Key of the verdict's signature; None: it needs none.
    must_pass
        Whether the verdict must be a good one.

    Returns
    -------
    JudgedRelease
        What serving would take over.

    Raises
    ------
    ReleaseRefused
        Serving would refuse it.
    RegistryUnavailable
        The server did not answer.
    """
    if must_pass:
        require_gate(version.tags, name=bot, version=version.version)
    with downloaded(registry, version, bot=bot) as folder:
        return load_judged(
            folder, name=bot, version=version.version, tags=version.tags, key=verdict_key, must_pass=must_pass
        )


@contextmanager
def downloaded(registry: Registry, version: RegisteredVersion, *, bot: str) -> Iterator[Path]:
    """Give the folder of a release, which nobody has verified, for as long as the context lasts."""
    with TemporaryDirectory(prefix="intentloop-release-") as folder:
        registry.download(version, Path(folder))
        manifests = sorted(Path(folder).rglob(MANIFEST_FILE), key=lambda file: len(file.parts))
        if not manifests:
            raise ReleaseRefused(bot, version.version, f"it holds no {MANIFEST_FILE}, so it is not a release")
        yield manifests[0].parent
