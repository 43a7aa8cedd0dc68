"""What is answered of bots that are not there, and of those of which something is left."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from pipelines.errors import NotFound, ReleasePending
from pipelines.registry.release import Release
from pipelines.schemas.keys import AUDIT_LOG, COLLECTIONS
from pipelines.settings import Settings
from serving.store.drafts.revisions import Revisions
from serving.store.threads.turns import TurnLog
from tests.support.admin import AdminApi, open_admin
from tests.support.fixed import FixedReleases
from tests.support.played_tasks import plan_tasks, play_tasks
from tests.support.records import now, turn_record

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)

READ = ("analytics", "conversations", "labels", "labels/counts", "labels/export", "tasks", "trainings")
BEGUN = {"forget": {"user": "ann"}, "labels/mine": {}, "labels/accept-agreed": {}}


@pytest.fixture
async def admin(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AdminApi]:
    """Give the app beside a registry that knows `default`, says nothing of `unsure`, and has no other."""
    play_tasks(monkeypatch)
    plan_tasks(settings.home, left="done")
    absent = {bot: NotFound("bot", bot, hint="no model is registered") for bot in ("nope", "left", "fresh", "empty")}
    errors = absent | {"unsure": ReleasePending("unsure", "it is being looked for")}
    releases = FixedReleases({"default": tiny_release}, error_by_bot=errors)
    more = {"mongo_uri": mongo_uri, "mongo_database": f"admin_{new_name}"}
    async with open_admin(settings.model_copy(update=more), releases) as admin:
        yield admin


async def test_nothing_is_read_or_begun_of_a_bot_that_is_not_there(admin: AdminApi) -> None:
    for path in READ:
        found = await admin.owner.get(f"/api/v1/bots/nope/{path}")
        assert (found.status_code, "there is no bot 'nope'" in found.text) == (404, True), path
        assert (await admin.owner.get(f"/api/v1/bots/default/{path}")).status_code == 200, path
    for path, body in BEGUN.items():
        assert (await admin.owner.post(f"/api/v1/bots/nope/{path}", json=body)).status_code == 404, path
    for name in COLLECTIONS:
        if name != AUDIT_LOG:
            kept = await admin.services.database.collection(name).find({}).to_list(None)
            assert "nope" not in str(kept), name
    viewer = await admin.as_("viewer", bot="default")
    assert (await viewer.get("/api/v1/bots/nope/analytics")).status_code == 403  # who may not know is not told


async def test_drafts_alone_make_a_bot(admin: AdminApi) -> None:
    assert (await admin.owner.post("/api/v1/bots", json={"name": "fresh"})).status_code == 201
    for path in READ:
        assert (await admin.owner.get(f"/api/v1/bots/fresh/{path}")).status_code == 200, path


async def test_the_head_of_a_first_import_makes_no_bot_yet(admin: AdminApi) -> None:
    await Revisions(admin.services.database).read_or_make("empty")
    assert (await admin.owner.get("/api/v1/bots/empty/analytics")).status_code == 404


async def test_who_spoke_with_a_bot_can_be_forgotten_after_its_drafts_are_gone(admin: AdminApi) -> None:
    await TurnLog(admin.services.database, ttl=timedelta(days=1)).append(turn_record("left", 1, "m", created_at=now()))
    assert (await admin.owner.get("/api/v1/bots/left/conversations")).json()["items"][0]["thread_id"] == "t"
    assert (await admin.owner.post("/api/v1/bots/left/forget", json={"user": "ann"})).status_code == 202


async def test_what_the_registry_does_not_tell_is_no_404(admin: AdminApi) -> None:
    assert (await admin.owner.get("/api/v1/bots/unsure/analytics")).status_code == 503
