"""What the tags of a bot's versions say in the MLflow UI, put right once an alias has moved."""

from pipelines.registry.client import (
    NEVER_ANSWERED,
    PROMOTED_AT_TAG,
    REFUSED_TAG,
    STAGE_TAG,
    RegisteredVersion,
)
from serving.release.alias_state import RegistryLike


def correct_marks(registry: RegistryLike, bot: str) -> None:
    """Put right what no longer holds of a bot's versions; raises `RegistryUnavailable`.

    A version that carries no alias any more is not refused by anybody: its `refused_reason` goes, whichever server has
    written it. A copy has the tags of its original, but has not answered itself.
    """
    carriers: set[str] | None = None
    for version in registry.versions(bot):
        if REFUSED_TAG in version.tags:
            carriers = set(registry.aliases(bot).values()) if carriers is None else carriers
            if version.version not in carriers:
                registry.delete_tag(version, REFUSED_TAG)
        if version.has_inherited_marks:
            _correct_copy(registry, version)


def _correct_copy(registry: RegistryLike, version: RegisteredVersion) -> None:
    if version.gate_passed:
        registry.set_tag(version, STAGE_TAG, NEVER_ANSWERED)
    else:
        registry.delete_tag(version, STAGE_TAG)
    registry.delete_tag(version, PROMOTED_AT_TAG)
