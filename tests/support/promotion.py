"""Promotion as a notebook and the commands do it, for tests that only need something to answer."""

import asyncio
from pathlib import Path

from pipelines.registry.client import Registry
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from serving.release.promoter import AliasMove, promote_trained
from tests.support.servers import free_port


def promote(uri: str, bot: str, version: str, *, home: Path, verdict_key: str | None = None) -> AliasMove:
    """Promote a version where no database answers: this machine's journal, below the home folder, notes it."""
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        mongo_uri=f"mongodb://127.0.0.1:{free_port()}",
        mongo_timeout_seconds=0.2,
        verdict_key=verdict_key,  # type: ignore[arg-type]
    )
    registry = Registry(uri, is_patient=True)
    found, params = registry.find_version(bot, version), TrainParams(bot=bot, home=home)
    return asyncio.run(promote_trained(params, settings, registry=registry, version=found, command="test"))
