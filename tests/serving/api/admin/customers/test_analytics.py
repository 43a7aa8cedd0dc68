"""Figures of a bot, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from pipelines.shares import wilson_interval
from serving.dialogue.messages import UserMessage
from serving.dialogue.turn import handle_turn
from tests.support.admin import AdminApi

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
URL = "/api/v1/bots/default/analytics"


async def test_figures_of_today_are_those_of_the_log(admin: AdminApi) -> None:
    for number, text in enumerate(("hello", "xyzzy plugh", "where is my order ORD-1042")):
        message = UserMessage(bot="default", thread_id=f"t{number % 2}", message_id=text, text=text, channel="rest")
        await handle_turn(message, admin.services)
    viewer = await admin.as_("viewer", bot="default")
    response = await viewer.get(URL)
    assert response.status_code == 200, response.text
    found = response.json()
    today = admin.services.now().date()
    assert (found["since"], found["until"]) == (str(today - timedelta(days=13)), str(today))
    assert found["is_complete"]
    assert len(found["days"]) == 14
    figures = found["figures"]
    assert (figures["messages"], figures["conversations"]) == (3, 2)
    low, high = wilson_interval(1, 3)
    assert figures["fallback"] == {"share": 1 / 3, "low": low, "high": high, "count": 1, "of": 3}
    assert figures["tool_failures"]["of"] == 1  # there is no shop
    assert figures["tool_failures"]["count"] == 1
    assert figures["containment"]["share"] == 1.0
    assert figures["llm"] == {"share": 0.0, "low": 0.0, "high": wilson_interval(0, 3)[1], "count": 0, "of": 3}
    assert figures["cost"] is None
    assert found["releases"] == [{"release": "1", "figures": figures}]
    assert found["days"][-1]["figures"] == figures
    assert found["days"][0]["figures"]["fallback"] == {"share": None, "low": 0.0, "high": 1.0, "count": 0, "of": 0}


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"since": "2026-11-01", "until": "2026-11-30"}, 200),
        ({"since": "2026-11-02", "until": "2026-11-01"}, 422),
        ({"since": "2026-01-01", "until": "2026-11-01"}, 422),
        ({"since": "0001-01-01", "until": "0001-01-02"}, 200),
        ({"until": "0001-01-02"}, 422),
        ({"until": "9999-12-31"}, 422),
        ({"since": "yesterday"}, 422),
    ],
)
async def test_periods_are_checked(admin: AdminApi, params: dict[str, Any], status: int) -> None:
    response = await admin.owner.get(URL, params=params)
    assert response.status_code == status, response.text
