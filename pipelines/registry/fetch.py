"""Releases from the registry for commands and notebooks: downloaded, verified, and not kept."""

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
    """Return the version that a reference names; without a number and an alias, the one behind `default_alias`."""
    if reference.version is not None:
        return registry.find_version(reference.bot, reference.version)
    return registry.find(reference.bot, alias=reference.alias or default_alias)


def open_release(named: str, *, bot: str, tracking_uri: str) -> Release:
    """Load a release by its name and verify its files, whatever its verdict; for notebooks.

    Parameters
    ----------
    named
        `models:/intentloop-default@production`, a version's number, or a release folder.
    bot
        The bot that a plain number belongs to.

    Raises
    ------
    UserInputError
        The name is malformed.
    NotFound
        There is no such bot or version.
    ModelNotLoaded
        There is no version behind the alias, or its files are not those that were trained (`ReleaseRefused`).
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
    """Download a release and verify its files, whatever its verdict; `bot` is named in errors.

    Raises
    ------
    ReleaseRefused
        The files are not those that were trained.
    RegistryUnavailable
        The server did not answer.
    """
    with downloaded(registry, version, bot=bot) as folder:
        return load_release(folder, version=version.version)


def fetch_judged(
    registry: Registry, version: RegisteredVersion, *, bot: str, verdict_key: str | None, must_pass: bool = True
) -> JudgedRelease:
    """Download a release with its verdict, and verify as serving does that it may answer.

    Parameters
    ----------
    verdict_key
        Key of the verdict's signature; None: verdicts need no signature.
    must_pass
        Whether to require a passing verdict.

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
    """Return the version that answers, if any, with a note if it is not the one behind the alias that serving follows.

    If serving refuses the version behind the alias, that is the version that was promoted before it.
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
    """Load the release that answers, to compare a candidate with it; or return None, with a note that says why.

    That there is none does not count against a candidate: a bot's first version has no predecessor, and one that cannot
    answer needs a successor.
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
    """Return the version that was promoted last and never archived, by the tags that promotion writes."""
    promoted = [
        each for each in registry.versions(bot) if each.tags.get(STAGE_TAG) == "Production" and each.gate_passed
    ]
    return max(promoted, key=lambda each: (each.tags.get(PROMOTED_AT_TAG, ""), int(each.version)), default=None)


@contextmanager
def downloaded(registry: Registry, version: RegisteredVersion, *, bot: str) -> Iterator[Path]:
    """Download a version; yield its release folder, not yet verified. It is deleted at the end of the context."""
    with TemporaryDirectory(prefix="intentloop-release-") as folder:
        registry.download(version, Path(folder))
        yield find_release_folder(Path(folder), name=bot, version=version.version)
