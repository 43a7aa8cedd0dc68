import httpx2
import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.bench import meter
from serving.bench.api import create_metered_app
from serving.bench.meter import REPORT_PATH, MeteredRequests
from tests.fakes.tool_server import tool_server
from tests.support.fixed import FixedReleases


async def test_metered_api_answers_and_charges_every_part(
    settings: Settings,
    mongo_uri: str,
    new_name: str,
    tiny_release: Release,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meter, "ONE_OF", 1)
    async with tool_server() as tool:
        more = {"mongo_uri": mongo_uri, "mongo_database": f"bench_{new_name}", "endpoints": {"shop": tool.url}}
        app, cpu = create_metered_app(
            settings.model_copy(update=more), releases=FixedReleases({"default": tiny_release})
        )
        transport = httpx2.ASGITransport(app=MeteredRequests(app, cpu))
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=transport, base_url="http://chat.test") as client,
        ):
            for text in ("hello", "track order ORD-7"):
                answer = await client.post("/api/v1/bots/default/messages", json={"thread_id": new_name, "text": text})
                assert answer.status_code == 200
            report = (await client.get(REPORT_PATH)).json()
    assert (report["requests"], report["tools_calls"]) == (2, 1)
    assert min(report[account] for account in ("http", "dialogue", "nlu", "database", "tools")) > 0
    assert report["process"] >= report["loop"] > 0
