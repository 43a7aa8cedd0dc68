"""Releases from the registry for commands and notebooks: downloaded, verified, and not kept."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.errors import ModelNotLoaded, ReleaseRefused
from pipelines.registry.client import (
    ANSWERS,
    CANDIDATE,
    PROMOTED_AT_TAG,
    REFUSED_TAG,
    STAGE_TAG,
    RegisteredVersion,
    Registry,
    describe_newest,
    model_name,
)
from pipelines.registry.reference import Reference, parse_reference
from pipelines.registry.release import Release, find_release_folder, load_release, named_bot, require_bot
from pipelines.registry.verdict import JudgedRelease, load_judged, require_gate
from pipelines.schemas.verdict import Check

NEWEST = "newest"
"""Stands for the newest version that has passed its gate where `open_release` takes a name."""
_MAX_TRIED = 3


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
        `models:/intentloop-default@production`, a version's number, a release folder, or `newest`: the newest version
        that has passed its gate.
    bot
        The bot that a plain number and `newest` belong to. A reference names its own, and a folder may be any bot's.

    Raises
    ------
    UserInputError
        The name is malformed.
    NotFound
        There is no such bot or version.
    ModelNotLoaded
        There is no version behind the alias, or its files are not those that were trained, or are another bot's
        (`ReleaseRefused`).
    RegistryUnavailable
        The server did not answer.
    """
    folder = Path(named)
    if folder.is_dir():
        return load_release(folder, version=folder.name)
    if named == NEWEST:
        return load_newest_passed(Registry(tracking_uri), bot)
    reference, registry = parse_reference(named, bot=bot), Registry(tracking_uri)
    found = find_version(registry, reference, default_alias="production")
    return fetch_release(registry, found, bot=reference.bot)


def fetch_release(registry: Registry, version: RegisteredVersion, *, bot: str) -> Release:
    """Download a release of a bot and verify its files, whatever its verdict.

    Raises
    ------
    ReleaseRefused
        The files are not those that were trained, or are another bot's.
    RegistryUnavailable
        The server did not answer.
    """
    with downloaded(registry, version, bot=bot) as folder:
        return load_release(folder, version=version.version, bot=bot)


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
            folder, bot=bot, version=version.version, tags=version.tags, key=verdict_key, must_pass=must_pass
        )


def find_problem(registry: Registry, version: RegisteredVersion, *, bot: str) -> str | None:
    """Return why serving refuses a version, as far as the registry shows it without its files; or None.

    A version that was copied from another model is downloaded, since only its files say which bot it is of. Serving
    tags what it refuses, so nothing else needs a download.
    """
    try:
        require_gate(version.tags, name=bot, version=version.version)
        if version.copied_from is not None:
            fetch_judged(registry, version, bot=bot, verdict_key=None)
    except ReleaseRefused as error:
        return error.reason
    return version.tags.get(REFUSED_TAG)


def load_newest_passed(registry: Registry, bot: str, *, verdict_key: str | None = None) -> Release:
    """Load the newest version that has passed its gate, whether or not it was ever promoted.

    The alias `candidate` does not decide: in a registry of an earlier program it may be on a version that failed. A
    version that serving would refuse for another reason is passed over.

    Raises
    ------
    NotFound
        There is no such bot.
    ModelNotLoaded
        No version of the bot has passed.
    RegistryUnavailable
        The server did not answer.
    """
    versions = registry.versions(bot)
    if not versions:
        registry.aliases(bot)  # raises NotFound if there is no such bot
    refused: list[ReleaseRefused] = []
    for version in [version for version in versions if version.gate_passed][:_MAX_TRIED]:
        try:
            return fetch_judged(registry, version, bot=bot, verdict_key=verdict_key).release
        except ReleaseRefused as error:
            refused.append(error)
    raise refused[0] if refused else ModelNotLoaded(model_name(bot), CANDIDATE, candidate=describe_newest(versions))


def load_answering(registry: Registry, bot: str, *, alias: str) -> tuple[Release | None, Check]:
    """Load the release that answers, to compare a candidate with it; or return None, with a note that says why.

    If serving refuses the version behind the alias, the one that was promoted before it answers. That there is none
    does not count against a candidate: a bot's first version has no predecessor, and one that cannot answer needs a
    successor.
    """
    found = registry.version_behind(bot, alias=alias)
    if found is None:
        return None, Check(notes=(f"no version carries the alias {alias!r}, so there is none to compare with",))
    try:
        return fetch_judged(registry, found, bot=bot, verdict_key=None).release, Check()
    except ReleaseRefused as error:
        note = f"version {found.version} carries the alias {alias!r} but must not answer, since {error.reason}"
    for before in _promoted_before(registry, bot, found):
        with suppress(ReleaseRefused):
            release = fetch_judged(registry, before, bot=bot, verdict_key=None).release
            which = f"compared with version {before.version}, which was promoted before it"
            return release, Check(notes=(f"{note}; {which}",))
    return None, Check(notes=(f"{note}; compared with none",))


def _promoted_before(registry: Registry, bot: str, refused: RegisteredVersion) -> list[RegisteredVersion]:
    """Return the versions that may have answered before a refused one, latest first, by the tags that promotion writes.

    One that was archived was replaced by another one.
    """
    promoted = [
        each
        for each in registry.versions(bot)
        if each.tags.get(STAGE_TAG) == ANSWERS and each.gate_passed and each.version != refused.version
    ]
    latest = sorted(promoted, key=lambda each: (each.tags.get(PROMOTED_AT_TAG, ""), int(each.version)), reverse=True)
    return latest[:_MAX_TRIED]


@contextmanager
def downloaded(registry: Registry, version: RegisteredVersion, *, bot: str) -> Iterator[Path]:
    """Download a version; yield its release folder, which is deleted at the end of the context.

    Raises `ForeignRelease` if its manifest names another bot; nothing else is verified yet.
    """
    with TemporaryDirectory(prefix="intentloop-release-") as folder:
        registry.download(version, Path(folder))
        found = find_release_folder(Path(folder), name=bot, version=version.version)
        require_bot(named_bot(found), bot, version=version.version)
        yield found
