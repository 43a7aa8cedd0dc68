"""The end of a registration, so that it can be done once more: what is written on a version, and the candidate's alias.

A version is there as soon as its files are, and its tags come after that. What they are to be stands on the run before,
so that a retraining can finish what a crash has cut off, and no alias ever points at a version without a verdict.
"""

import mlflow
from pydantic import BaseModel, ConfigDict

from pipelines.errors import ReleaseRefused, RunGivenUp
from pipelines.registry.verdict import load_judged
from pipelines.steps.tracking import GIVEN_UP_TAG
from pipelines.steps.versions import downloaded, model_name, promoted_version

CANDIDATE = "candidate"
_PUBLICATION_TAG = "publication"


class Publication(BaseModel):
    """What is written on a version once it is registered."""

    model_config = ConfigDict(frozen=True)

    description: str
    tags: dict[str, str]


def require_wanted(run_id: str) -> None:
    """Keep what is left of a run from registering anything once another one has taken it for dead.

    Parameters
    ----------
    run_id
        The MLflow run.

    Raises
    ------
    RunGivenUp
        Another one has.
    """
    reason = mlflow.MlflowClient().get_run(run_id).data.tags.get(GIVEN_UP_TAG)
    if reason is not None:
        raise RunGivenUp(run_id, reason)


def note_publication(publication: Publication) -> None:
    """Write on the run in use what its version is to say."""
    mlflow.set_tag(_PUBLICATION_TAG, publication.model_dump_json())


def publish(name: str, version: str, publication: Publication) -> None:
    """Write on a version what it is, and only then let it be the candidate."""
    client = mlflow.MlflowClient()
    client.update_model_version(name, version, description=publication.description)
    for key, value in publication.tags.items():
        client.set_model_version_tag(name, version, key, value)
    client.set_registered_model_alias(name, CANDIDATE, version)


def finish_registration(bot: str, version: str, *, verdict_key: str | None) -> bool:
    """Do what is left of a registration that a crash may have cut off.

    Parameters
    ----------
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
    client, name = mlflow.MlflowClient(), model_name(bot)
    registered = client.get_model_version(name, version)
    text = client.get_run(registered.run_id or "").data.tags.get(_PUBLICATION_TAG)
    if text is None:
        raise ReleaseRefused(bot, version, "its registration was cut off before its verdict was noted")
    publication = Publication.model_validate_json(text)
    if publication.tags.keys() <= registered.tags.keys():
        if promoted_version(bot, mlflow.get_tracking_uri(), alias=CANDIDATE) == version:
            return False
        client.set_registered_model_alias(name, CANDIDATE, version)
        return True
    with downloaded(bot, version) as folder:
        load_judged(folder, name=bot, version=version, tags=publication.tags, key=verdict_key, must_pass=False)
    publish(name, version, publication)
    return True
