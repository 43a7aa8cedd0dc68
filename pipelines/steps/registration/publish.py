"""The end of a registration, so that it can be done once more: what is written on a version, and the candidate's alias.

A version is there as soon as its files are, and its tags come after that. What they are to be stands on the run before,
so that a retraining can finish what a crash has cut off, and no alias ever points at a version without a verdict.
"""

from pydantic import BaseModel, ConfigDict

from pipelines.errors import ReleaseRefused, RunGivenUp
from pipelines.registry.client import CANDIDATE, RegisteredVersion, Registry
from pipelines.registry.fetch import downloaded
from pipelines.registry.runs import GIVEN_UP_TAG, Runs
from pipelines.registry.verdict import load_judged

_PUBLICATION_TAG = "publication"


class Publication(BaseModel):
    """What is written on a version once it is registered."""

    model_config = ConfigDict(frozen=True)

    description: str
    tags: dict[str, str]


def require_wanted(runs: Runs, run_id: str) -> None:
    """Keep what is left of a run from registering anything once another one has taken it for dead (`RunGivenUp`)."""
    reason = runs.get(run_id).tags.get(GIVEN_UP_TAG)
    if reason is not None:
        raise RunGivenUp(run_id, reason)


def note_publication(runs: Runs, run_id: str, publication: Publication) -> None:
    """Write on a run what its version is to say."""
    runs.set_tag(run_id, _PUBLICATION_TAG, publication.model_dump_json())


def publish(registry: Registry, bot: str, version: RegisteredVersion, publication: Publication) -> None:
    """Write on a version what it is, and only then let it be the candidate."""
    registry.describe(version, description=publication.description, tags=publication.tags)
    registry.set_alias(bot, CANDIDATE, version.version)


def finish_registration(registry: Registry, bot: str, version: RegisteredVersion, *, verdict_key: str | None) -> bool:
    """Do what is left of a registration that a crash may have cut off.

    Parameters
    ----------
    registry
        Where the version is.
    bot
        Bot whose registered model it is.
    version
        Its newest version.
    verdict_key
        Key of the verdict's signature; None: it is not looked at.

    Returns
    -------
    bool
        Whether anything was left to do.

    Raises
    ------
    ReleaseRefused
        Its run does not say what was to be written, or that is not about these files.
    """
    text = Runs(registry.tracking_uri).get(version.run_id).tags.get(_PUBLICATION_TAG)
    if text is None:
        raise ReleaseRefused(bot, version.version, "its registration was cut off before its verdict was noted")
    publication = Publication.model_validate_json(text)
    if publication.tags.keys() <= version.tags.keys():
        candidate = registry.version_behind(bot, alias=CANDIDATE)
        if candidate is not None and candidate.version == version.version:
            return False
        registry.set_alias(bot, CANDIDATE, version.version)
        return True
    with downloaded(registry, version, bot=bot) as folder:
        load_judged(folder, name=bot, version=version.version, tags=publication.tags, key=verdict_key, must_pass=False)
    publish(registry, bot, version, publication)
    return True
