"""A release from the registry, once, for a command: nothing is kept and nothing answers with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.errors import ReleaseRefused
from pipelines.registry.client import PROMOTED_AT_TAG, STAGE_TAG, RegisteredVersion, Registry
from pipelines.registry.reference import Reference, parse_reference
from pipelines.registry.release import Release, find_release_folder, load_release
from pipelines.registry.verdict import JudgedRelease, load_judged, require_gate
from pipelines.schemas.verdict import Check


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


def find_answering(registry: Registry, bot: str, *, alias: str) -> tuple[RegisteredVersion | None, Check]:
    """Find the version that answers: what carries the alias, or, if serving refuses that, what was promoted last.

    Parameters
    ----------
    registry
        Where the bot's versions are.
    bot
        The bot.
    alias
        The alias that serving follows.

    Returns
    -------
    tuple[RegisteredVersion | None, Check]
        The version, None if there is none, and a note where it is not simply the one that carries the alias.
    """
    found = registry.version_behind(bot, alias=alias)
    if found is None:
        return None, Check(notes=(f"no version carries the alias {alias!r}, so there is none to compare with",))
    try:
        require_gate(found.tags, name=bot, version=found.version)
    except ReleaseRefused as error:
        before = _promoted_last(registry, bot)
        instead = "compared with none"
        if before is not None:
            instead = f"compared with version {before.version}, which was promoted before it"
        note = f"version {found.version} carries the alias {alias!r} but must not answer, since {error.reason}"
        return before, Check(notes=(f"{note}; {instead}",))
    return found, Check()


def load_answering(registry: Registry, bot: str, *, alias: str) -> tuple[Release | None, Check]:
    """Load the version that answers, to compare a candidate with.

    Parameters
    ----------
    registry
        Where the bot's versions are.
    bot
        The bot.
    alias
        The alias that serving follows.

    Returns
    -------
    tuple[Release | None, Check]
        The verified release, or None with a note why there is none to compare with. That holds nothing against a
        candidate: the first version of a bot has nothing before it, and one that cannot answer needs a successor.
    """
    version, found = find_answering(registry, bot, alias=alias)
    if version is None:
        return None, found
    try:
        return fetch_release(registry, version, bot=bot), found
    except ReleaseRefused as error:
        note = f"version {version.version} cannot answer, so it is not compared with: {error.reason}"
        return None, Check(notes=(note,))


def _promoted_last(registry: Registry, bot: str) -> RegisteredVersion | None:
    """Return the judged version that was promoted last and never archived, by the tags that promotion writes."""
    promoted = [
        each for each in registry.versions(bot) if each.tags.get(STAGE_TAG) == "Production" and each.gate_passed
    ]
    return max(promoted, key=lambda each: (each.tags.get(PROMOTED_AT_TAG, ""), int(each.version)), default=None)


@contextmanager
def downloaded(registry: Registry, version: RegisteredVersion, *, bot: str) -> Iterator[Path]:
    """Download a version; yields its release folder, which nobody has verified, for as long as the context lasts."""
    with TemporaryDirectory(prefix="intentloop-release-") as folder:
        registry.download(version, Path(folder))
        yield find_release_folder(Path(folder), name=bot, version=version.version)
