from collections.abc import AsyncIterator

import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from tests.support.admin import AdminApi, open_admin
from tests.support.fixed import FixedReleases


@pytest.fixture
async def admin(settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str) -> AsyncIterator[AdminApi]:
    """Give the app over a database of its own; the tiny bot's release answers for `default` and for `new_name`."""
    more = {"mongo_uri": mongo_uri, "mongo_database": f"admin_{new_name}"}
    releases = FixedReleases({"default": tiny_release, new_name: tiny_release})
    async with open_admin(settings.model_copy(update=more), releases) as admin:
        yield admin
