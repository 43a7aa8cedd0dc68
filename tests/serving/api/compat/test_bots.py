"""ai-chatbot-framework's configuration, import and export."""

import json
from typing import Any

import pytest

from pipelines.registry.release import Release
from serving.store.drafts.bots import export_bot, import_bot
from tests.support.admin import AdminApi
from tests.support.bots import TINY_BOT_WIRE

PLACE = "/api/admin/bots/default"
CANARY = "canary-c9f0f895fb"


@pytest.fixture
async def bot(admin: AdminApi) -> str:
    await import_bot(admin.services.database, TINY_BOT_WIRE, bot="default", source="test")
    return "default"


def upload(content: Any, name: str = "bot.json") -> dict[str, Any]:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return {"files": {"file": (name, data, "application/json")}}


async def config(admin: AdminApi) -> dict[str, Any]:
    response = await admin.owner.get(f"{PLACE}/config")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def fields(admin: AdminApi) -> dict[str, Any]:
    wire = await export_bot(admin.services.database, bot="default")
    return {name: value for name, value in wire.items() if name not in ("intents", "entities")}


async def test_the_configuration_has_the_documented_shape(admin: AdminApi, bot: str, tiny_release: Release) -> None:
    assert await config(admin) == {
        "pipeline_type": "traditional",
        "traditional_settings": {
            "intent_detection_threshold": tiny_release.definition.thresholds.confidence,
            "entity_detection_threshold": 0.65,
            "use_spacy": True,
        },
        "llm_settings": {"base_url": "", "api_key": "", "model_name": "", "max_tokens": 400, "temperature": 0.0},
    }


async def test_saving_what_is_shown_changes_nothing(admin: AdminApi, bot: str) -> None:
    before = await fields(admin)
    saved = await admin.owner.put(f"{PLACE}/config", json=await config(admin))
    assert (saved.status_code, saved.json().keys()) == (200, {"message", "pending"})
    assert await fields(admin) == before


async def test_the_threshold_is_what_the_next_training_uses(admin: AdminApi, bot: str) -> None:
    shown = await config(admin)
    shown["traditional_settings"]["intent_detection_threshold"] = 0.55
    saved = await admin.owner.put(f"{PLACE}/config", json=shown)
    assert saved.json()["pending"] == ["thresholds"]
    assert (await fields(admin))["thresholds"] == {"confidence": 0.55}
    assert (await config(admin)) == shown


async def test_the_language_model_is_set_and_its_key_is_a_reference(admin: AdminApi, bot: str) -> None:
    shown = await config(admin)
    shown["pipeline_type"] = "llm"
    settings = {"base_url": "https://llm.example/v1", "api_key": "secret:LLM", "model_name": "small"}
    shown["llm_settings"] |= {**settings, "max_tokens": 4096, "temperature": 0.7}
    assert (await admin.owner.put(f"{PLACE}/config", json=shown)).status_code == 200
    assert await config(admin) == shown
    assert (await fields(admin))["llm"] == {
        "mode": "zero_shot", "model": "small", "max_tokens": 4096, "temperature": 0.7,
    }  # fmt: skip
    # a key that is masked stays, and the endpoint with it
    shown["llm_settings"]["api_key"] = "***"
    assert (await admin.owner.put(f"{PLACE}/config", json=shown)).status_code == 200
    assert (await config(admin))["llm_settings"]["api_key"] == "secret:LLM"
    shown["pipeline_type"] = "traditional"
    await admin.owner.put(f"{PLACE}/config", json=shown)
    assert (await fields(admin))["llm"]["mode"] == "off"


@pytest.mark.parametrize(
    "change",
    [
        {"pipeline_type": "rasa"},
        {"traditional_settings": {"intent_detection_threshold": 7}},
        {"traditional_settings": 5},
        {"llm_settings": {"base_url": "https://llm.example/v1", "api_key": CANARY}},
        {"llm_settings": {"base_url": f"https://jane:{CANARY}@llm.example"}},
        {"pipeline_type": "llm"},
        {"pipeline_type": "llm", "llm_settings": {"model_name": "m", "max_tokens": 10**9}},
        [],
    ],
)
async def test_a_wrong_configuration_is_refused_and_not_stored(admin: AdminApi, bot: str, change: Any) -> None:
    before, shown = await fields(admin), await config(admin)
    refused = await admin.owner.put(f"{PLACE}/config", json=change)
    assert (refused.status_code, refused.json().keys()) == (422, {"error", "detail"})
    assert CANARY not in refused.text
    assert (await fields(admin), await config(admin)) == (before, shown)


async def test_an_unknown_bot_is_not_found(admin: AdminApi) -> None:
    for method, path in (("GET", "config"), ("PUT", "config"), ("GET", "export")):
        sent = await admin.owner.request(method, f"/admin/bots/nowhere/{path}", json={"pipeline_type": "traditional"})
        assert (sent.status_code, sent.json()["error"]) == (404, "not_found")


async def test_a_file_is_exported_and_imported_elsewhere(admin: AdminApi, bot: str) -> None:
    exported = await admin.owner.get(f"{PLACE}/export")
    assert exported.headers["content-disposition"] == 'attachment; filename="chatbot_data.json"'
    assert exported.json().keys() == {"intents", "entities"}
    assert not any("id" in each for each in (*exported.json()["intents"], *exported.json()["entities"]))
    imported = await admin.owner.post("/admin/bots/copy/import", **upload(exported.content))
    n_intents, n_entities = len(TINY_BOT_WIRE["intents"]), len(TINY_BOT_WIRE["entities"])
    assert imported.json() == {
        "num_intents_created": n_intents, "num_entities_created": n_entities, "num_intents_updated": 0,
        "num_entities_updated": 0, "repairs": [],
    }  # fmt: skip
    assert (await admin.owner.get("/admin/bots/copy/export")).json() == exported.json()


async def test_an_import_keeps_secrets_that_an_export_has_masked(admin: AdminApi, bot: str) -> None:
    secret = {"url": "https://shop.test", "headers": [{"headerKey": "Authorization", "headerValue": CANARY}]}
    wire = {"intents": [{"intentId": "buy", "name": "buy", "apiTrigger": True, "apiDetails": secret}]}
    await admin.owner.post(f"{PLACE}/import", **upload(wire))
    exported = await admin.owner.get(f"{PLACE}/export")
    assert CANARY not in exported.text
    assert (await admin.owner.post(f"{PLACE}/import", **upload(exported.content))).status_code == 200
    stored = await export_bot(admin.services.database, bot=bot)
    assert next(each for each in stored["intents"] if each["intentId"] == "buy")["apiDetails"]["headers"] == [
        {"headerKey": "Authorization", "headerValue": CANARY}
    ]
    elsewhere = await admin.owner.post("/admin/bots/copy/import", **upload(exported.content))
    assert (elsewhere.status_code, elsewhere.json()["error"]) == (422, "invalid_input")
    assert CANARY not in str(await admin.audit())


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400), ([], 422), ({"x": 1}, 422), ({"intents": 5}, 422),
        ({"intents": [{"name": "x"}]}, 422), ({"intents": [{"intentId": "a", "name": "a", "parameters": 1}]}, 422),
        (b"", 400),
    ],
)  # fmt: skip
async def test_a_file_that_is_no_bot_is_refused_and_nothing_is_written(
    admin: AdminApi, bot: str, content: Any, status: int
) -> None:
    before = await export_bot(admin.services.database, bot=bot)
    refused = await admin.owner.post(f"{PLACE}/import", **upload(content))
    assert refused.status_code == status, refused.text
    assert await export_bot(admin.services.database, bot=bot) == before


async def test_a_form_without_a_file_is_refused(admin: AdminApi, bot: str) -> None:
    assert (await admin.owner.post(f"{PLACE}/import", files={"other": ("x", b"{}")})).status_code == 422
    assert (await admin.owner.post(f"{PLACE}/import", data={"file": "{}"})).status_code == 422
    assert (await admin.owner.post(f"{PLACE}/import", json={})).status_code == 422


async def test_roles_of_a_bots_file_and_configuration(admin: AdminApi, bot: str) -> None:
    viewer, author = await admin.as_("viewer", bot=bot), await admin.as_("author", bot=bot)
    assert (await viewer.get(f"{PLACE}/export")).status_code == 200
    assert (await viewer.post(f"{PLACE}/import", **upload(TINY_BOT_WIRE))).status_code == 403
    assert (await author.put(f"{PLACE}/config", json={})).status_code == 403
    assert (await author.post(f"{PLACE}/import", **upload(TINY_BOT_WIRE))).status_code == 200
    assert (await author.post("/admin/bots/other/import", **upload(TINY_BOT_WIRE))).status_code == 403
