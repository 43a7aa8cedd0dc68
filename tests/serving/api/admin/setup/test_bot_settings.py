"""The settings of a bot: what is set, what answers, and what it takes until the one is the other."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from pipelines.registry.client import Registry
from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.store.drafts.bots import export_bot, import_bot
from serving.store.usage import Reservation, TokenBudget
from tests.fakes.llm_server import fails, llm_server, says
from tests.fakes.tool_server import ToolServer
from tests.support.admin import AdminApi, open_admin
from tests.support.bots import TINY_BOT_WIRE
from tests.support.fixed import FixedReleases
from tests.support.mlflow_server import register_for

URL = "/api/v1/bots/default/settings"
CANARY = "sk-canary-45c48cce2e"
ANYWAY = {"If-Match": "*"}


@pytest.fixture
async def llm() -> AsyncIterator[ToolServer]:
    async with llm_server() as server:
        yield server


@pytest.fixture
async def admin(
    settings: Settings, mongo_uri: str, tiny_release: Release, new_name: str, llm: ToolServer
) -> AsyncIterator[AdminApi]:
    more = {
        "mongo_uri": mongo_uri,
        "mongo_database": f"settings_{new_name}",
        "llm_base_url": f"{llm.url}/v1",
        "openai_api_key": CANARY,
        "tool_allowed_hosts": ("localhost",),
    }
    async with open_admin(settings.model_copy(update=more), FixedReleases({"default": tiny_release})) as admin:
        await import_bot(admin.services.database, TINY_BOT_WIRE, bot="default", source="test")
        yield admin


async def test_settings_are_shown_beside_those_that_answer(admin: AdminApi, tiny_release: Release) -> None:
    shown = (await admin.owner.get(URL)).json()
    assert (shown["language"], shown["timezone"], shown["live_version"]) == ("en", "UTC", "1")
    assert shown["thresholds"]["chosen"] == {"confidence": None, "out_of_scope": None, "clarify": None}
    assert shown["thresholds"]["live"] == tiny_release.definition.thresholds.model_dump()
    assert shown["llm"] == {"chosen": None, "live": None, "endpoint": None, "has_platform_endpoint": True}
    assert (shown["public_shortcuts"], shown["pending"]) == (["cancel", "init_conversation"], [])


async def test_a_change_is_in_the_draft_and_says_when_it_counts(admin: AdminApi) -> None:
    etag = (await admin.owner.get(URL)).headers["etag"]
    change = {
        "language": "de",
        "timezone": "Europe/Berlin",
        "thresholds": {"confidence": 0.55},
        "llm": {"mode": "fallback", "model": "small"},
    }
    changed = await admin.owner.patch(URL, json=change, headers={"If-Match": etag})
    assert changed.status_code == 200, changed.text
    pending = [each["setting"] for each in changed.json()["pending"]]
    assert pending == ["language", "timezone", "thresholds", "llm"]
    assert "next training" in changed.json()["pending"][0]["takes_effect"]
    wire = await export_bot(admin.services.database, bot="default")
    assert {name: wire[name] for name in change} == change
    assert wire["intents"] == TINY_BOT_WIRE["intents"]
    # what is left out stays, and null goes back
    again = await admin.owner.patch(URL, json={"thresholds": None}, headers={"If-Match": changed.headers["etag"]})
    assert again.json()["thresholds"]["chosen"]["confidence"] is None
    assert (again.json()["language"], again.json()["llm"]["chosen"]["model"]) == ("de", "small")


async def test_the_second_of_two_editors_is_told(admin: AdminApi) -> None:
    etag = (await admin.owner.get(URL)).headers["etag"]
    first = await admin.owner.patch(URL, json={"language": "de"}, headers={"If-Match": etag})
    late = await admin.owner.patch(URL, json={"language": "fr"}, headers={"If-Match": etag})
    assert (late.status_code, late.headers["etag"]) == (412, first.headers["etag"])
    assert late.json()["current"] == first.json()
    assert (await admin.owner.patch(URL, json={"language": "fr"})).status_code == 428
    assert (await admin.owner.patch(URL, json={"language": "fr"}, headers=ANYWAY)).status_code == 200


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"timezone": "Mars/Base"}, "there is no time zone"),
        ({"language": ""}, "language"),
        ({"thresholds": {"confidence": 2}}, "thresholds.confidence"),
        ({"thresholds": {"margin": 0.1}}, "thresholds.margin"),
        ({"llm": {"mode": "zero_shot"}}, "`llm.model` is empty"),
        ({"phrases": {"nobody": "x"}}, "there is no phrase"),
        ({"llm_endpoint": {"base_url": "https://llm.example/v1", "key": CANARY}}, "llm_endpoint.key"),
        ({"llm_endpoint": {"base_url": f"https://jane:{CANARY}@llm.example/v1"}}, "without a user name"),
        ({"privacy": {}}, "privacy"),
        ({"llm": {"mode": "off", "n": 10**30}}, "number"),
        ({"llm": {"mode": "off", "$set": {"a.b": 1}}}, "a field's name cannot begin with"),
        ({"llm_endpoint": {"base_url": "http://\u2603.test/v1"}}, "in ASCII"),
        ({"llm_endpoint": {"base_url": "http://a.test/v1?key=x"}}, "a query"),
    ],
)
async def test_what_cannot_be_set_is_refused_and_not_quoted(
    admin: AdminApi, change: dict[str, Any], problem: str
) -> None:
    before = (await admin.owner.get(URL)).json()
    refused = await admin.owner.patch(URL, json=change, headers=ANYWAY)
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_input")
    assert problem in refused.json()["detail"]
    assert CANARY not in refused.text
    assert (await admin.owner.get(URL)).json() == before


async def test_an_endpoint_of_its_own_is_set_and_taken_back(admin: AdminApi) -> None:
    endpoint = {"base_url": "https://llm.example/v1", "key": "secret:LLM_KEY"}
    made = await admin.owner.patch(URL, json={"llm_endpoint": endpoint}, headers=ANYWAY)
    assert (made.json()["llm"]["endpoint"], made.json()["pending"]) == (endpoint, [])
    gone = await admin.owner.patch(URL, json={"llm_endpoint": None}, headers={"If-Match": made.headers["etag"]})
    assert gone.json()["llm"]["endpoint"] is None


async def test_the_platforms_language_model_is_tested(admin: AdminApi, llm: ToolServer) -> None:
    assert (await admin.owner.post(f"{URL}/llm/test", json={})).json()["detail"] == "no model is named; set `llm.model`"
    llm.behaviours = [says("yes")]
    good = (await admin.owner.post(f"{URL}/llm/test", json={"model": "small"})).json()
    assert (good["is_ok"], good["detail"], good["model"], good["answer"]) == (True, "it answers", "small", "yes")
    assert good["cost"] is None
    assert llm.received[0].headers["authorization"] == f"Bearer {CANARY}"
    llm.behaviours = [fails("401 Unauthorized")]
    bad = await admin.owner.post(f"{URL}/llm/test", json={"model": "small"})
    assert not bad.json()["is_ok"]
    assert "refused the key" in bad.json()["detail"]
    assert CANARY not in bad.text
    assert "127.0.0.1" not in bad.text


@pytest.mark.parametrize(
    "base_url", ["http://169.254.169.254/v1", "http://10.1.2.3:8080/v1", "http://[::1]:9/v1", "http://2130706433/v1"]
)
async def test_an_endpoint_inside_the_network_is_refused_without_its_address(admin: AdminApi, base_url: str) -> None:
    body = {"model": "m", "endpoint": {"base_url": base_url}}
    refused = await admin.owner.post(f"{URL}/llm/test", json=body)
    assert not refused.json()["is_ok"]
    assert "not on the public internet" in refused.json()["detail"]
    assert base_url.split("/")[2] not in refused.text


async def test_a_named_host_is_tested_with_its_key(admin: AdminApi, llm: ToolServer) -> None:
    endpoint = {"base_url": llm.url.replace("127.0.0.1", "localhost") + "/v1", "key": "secret:NOWHERE"}
    missing = (await admin.owner.post(f"{URL}/llm/test", json={"model": "m", "endpoint": endpoint})).json()
    assert "INTENTLOOP_SECRET_NOWHERE" in missing["detail"]
    llm.behaviours = [says("yes")]
    body = {"model": "m", "endpoint": {"base_url": endpoint["base_url"]}}
    assert (await admin.owner.post(f"{URL}/llm/test", json=body)).json()["is_ok"]
    assert llm.received[-1].headers["authorization"] != f"Bearer {CANARY}"


async def test_the_budget_is_shown_with_what_is_used_of_it(admin: AdminApi) -> None:
    budget = TokenBudget(
        admin.services.database, tokens_per_hour=500_000, tokens_per_month=10_000_000, now=admin.services.now
    )
    reserved = await budget.reserve("default", 900)
    assert isinstance(reserved, Reservation)
    await budget.settle(reserved, 700)
    viewer = await admin.as_("viewer", bot="default")
    shown = (await viewer.get(f"{URL}/llm/usage")).json()
    found = [(each["period"], each["limit"], each["used"]) for each in shown["budgets"]]
    assert found == [("hour", 500_000, 700), ("month", 10_000_000, 700)]
    assert shown["prompt_price"] is None


async def test_operators_change_settings_and_viewers_see_them(admin: AdminApi) -> None:
    viewer, author, operator = [await admin.as_(role, bot="default") for role in ("viewer", "author", "operator")]
    assert (await viewer.get(URL)).status_code == 200
    assert (await author.patch(URL, json={"language": "de"}, headers=ANYWAY)).status_code == 403
    assert (await author.post(f"{URL}/llm/test", json={"model": "m"})).status_code == 403
    assert (await operator.patch(URL, json={"language": "de"}, headers=ANYWAY)).status_code == 200
    entry, *_ = await admin.audit(bot="default")
    assert (entry.action, entry.after["language"]) == ("Change the settings", "de")
    assert (await admin.owner.get("/api/v1/bots/nowhere/settings")).status_code == 404


async def test_the_trade_off_of_the_live_version(
    settings: Settings,
    mongo_uri: str,
    mlflow_uri: str,
    release_folders: tuple[Path, Path],
    tiny_release: Release,
    new_name: str,
) -> None:
    version = register_for(mlflow_uri, release_folders[0], bot=new_name)
    run_id = Registry(mlflow_uri).find_version(new_name, version).run_id
    csv = "confidence,cost,wrong,needless,asked,outside,allowed,chosen\n0.2,0.3,0.1,0,0.02,,True,True\n"
    MlflowClient(mlflow_uri).log_text(run_id, csv, "holdout/thresholds.csv")
    more = {"mongo_uri": mongo_uri, "mongo_database": f"curve_{new_name}", "mlflow_tracking_uri": mlflow_uri}
    releases = FixedReleases({new_name: tiny_release})
    async with open_admin(settings.model_copy(update=more), releases) as admin:
        assert tiny_release.version == version == "1"
        found = await admin.owner.get(f"/api/v1/bots/{new_name}/settings/trade-off")
        assert (found.status_code, found.json()["measured_on"]) == (200, "holdout")
        assert [point["confidence"] for point in found.json()["points"]] == [0.2]
        assert (await admin.owner.get("/api/v1/bots/nowhere/settings/trade-off")).status_code == 503
