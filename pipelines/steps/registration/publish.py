"""The repeatable end of a registration: a version's tags and description, then the alias `candidate` if it passed.

A version exists as soon as its files do; its tags follow. They are noted on the run beforehand, so that a retraining
can finish what a crash interrupted, and no alias ever points at a version without a verdict.
"""

from pydantic import BaseModel, ConfigDict

from pipelines.errors import ReleaseRefused, RunGivenUp
from pipelines.registry.client import CANDIDATE, RegisteredVersion, Registry
from pipelines.registry.fetch import downloaded
from pipelines.registry.run_record import GIVEN_UP_TAG, VERSION_TAG
from pipelines.registry.runs import Runs
from pipelines.registry.verdict import GATE_PASSED, GATE_TAG, load_judged

_PUBLICATION_TAG = "publication"


class Publication(BaseModel):
    """The description and tags of a registered version."""

    model_config = ConfigDict(frozen=True)

    description: str
    tags: dict[str, str]

    @property
    def has_passed(self) -> bool:
        """Whether the version has passed its gate."""
        return self.tags.get(GATE_TAG) == GATE_PASSED


def require_wanted(runs: Runs, run_id: str) -> None:
    """Raise `RunGivenUp` if another run has declared this one dead: its leftovers must register nothing."""
    reason = runs.get(run_id).tags.get(GIVEN_UP_TAG)
    if reason is not None:
        raise RunGivenUp(run_id, reason)


def note_publication(runs: Runs, run_id: str, publication: Publication) -> None:
    """Note on a run what to publish on its version."""
    runs.set_tag(run_id, _PUBLICATION_TAG, publication.model_dump_json())


def publish_version(registry: Registry, bot: str, version: RegisteredVersion, publication: Publication) -> None:
    """Write the description and tags of a version, and only then make it the candidate if it passed its gate."""
    registry.describe(version, description=publication.description, tags=publication.tags)
    if publication.has_passed:
        registry.set_alias(bot, CANDIDATE, version.version)
    runs = Runs(registry.tracking_uri)
    runs.set_tag(version.run_id, VERSION_TAG, version.version)
    runs.rename(version.run_id)


def finish_registration(registry: Registry, bot: str, version: RegisteredVersion, *, verdict_key: str | None) -> bool:
    """Finish a registration that a crash may have interrupted; return whether anything was left to do.

    `version` is the bot's newest; the verdict's signature is checked only if there is a `verdict_key`.

    Raises
    ------
    ReleaseRefused
        Its run does not say what to publish, or names a verdict that does not belong to these files.
    """
    text = Runs(registry.tracking_uri).get(version.run_id).tags.get(_PUBLICATION_TAG)
    if text is None:
        raise ReleaseRefused(bot, version.version, "its registration was interrupted before its verdict was noted")
    publication = Publication.model_validate_json(text)
    if publication.tags.keys() <= version.tags.keys():
        candidate = registry.version_behind(bot, alias=CANDIDATE)
        if not publication.has_passed or (candidate is not None and candidate.version == version.version):
            return False
        registry.set_alias(bot, CANDIDATE, version.version)
        return True
    with downloaded(registry, version, bot=bot) as folder:
        load_judged(folder, bot=bot, version=version.version, tags=publication.tags, key=verdict_key, must_pass=False)
    publish_version(registry, bot, version, publication)
    return True
