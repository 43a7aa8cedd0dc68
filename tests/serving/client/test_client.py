"""The admin API in Python, over the socket of a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.client import ApiError, Client, EditedMeanwhile
from tests.support.admin import TOKEN
from tests.support.api_process import api_process
from tests.support.bots import TINY_BOT_WIRE
from tests.support.mlflow_server import register_for
from tests.support.servers import free_port

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)


@pytest.fixture
def client(tmp_path: Path, tiny_release_folder: Path, mongo_uri: str, mlflow_uri: str) -> Iterator[Client]:
    settings = {
        "admin_token": TOKEN, "mongo_database": f"client_{free_port()}", "mlflow_tracking_uri": mlflow_uri,
    }  # fmt: skip
    shop = f"http://127.0.0.1:{free_port()}"
    with (
        api_process(tmp_path, release=tiny_release_folder, mongo_uri=mongo_uri, shop=shop, settings=settings) as url,
        Client(url, key=TOKEN) as client,
    ):
        yield client


def test_a_day_of_work(client: Client) -> None:
    bot = client.bot()
    bot.import_draft(TINY_BOT_WIRE)
    assert list(client.bots()["name"]) == ["default"]
    intents = bot.intents()
    assert {"greet", "track_order"} <= set(intents["intent_id"])
    examples = bot.examples(text="track")
    assert len(examples) > 1
    assert all("track" in text for text in examples["text"])

    intent, etag = bot.intent("greet")
    changed = bot.put_intent("greet", {**intent, "speechResponse": "Hello there!"}, etag=etag)
    assert changed["speechResponse"] == "Hello there!"
    with pytest.raises(EditedMeanwhile) as caught:
        bot.put_intent("greet", {**intent, "speechResponse": "Hi!"}, etag=etag)
    assert caught.value.current["speechResponse"] == "Hello there!"

    assert bot.try_message("hello", release="draft")["replies"][0]["text"] == "Hello there!"
    assert bot.say("hello", thread="t-1") == ["Hello!"]
    bot.say("i want to buy a tent", thread="t-1")
    found = bot.conversations(intent="greet")
    assert list(found["thread_id"]) == ["t-1"]
    assert found["said_at"].dt.tz is not None
    turns = bot.turns("t-1")
    assert list(turns["intent_id"]) == ["greet", "order_product"]
    figures = bot.figures()
    assert figures["messages"].sum() == 2
    assert (figures["fallback_low"] <= figures["fallback"]).all()
    assert len(bot.labels(status="open")) == 0
    with pytest.raises(ApiError, match="there is no parameter 'intend'; did you mean 'intent'"):
        bot.conversations(intend="greet")
    audit = client.audit()
    assert "Replace an intent" in set(audit["action"])


def test_releases_are_promoted_and_rolled_back_with_their_reasons(
    client: Client, mlflow_uri: str, tiny_release_folder: Path, new_name: str
) -> None:
    for _ in range(2):
        register_for(mlflow_uri, tiny_release_folder, bot=new_name)
    bot = client.bot(new_name)
    assert list(bot.releases()["version"]) == ["2", "1"]
    bot.promote(1)
    bot.promote("2", why="knows the new refund rules")
    bot.roll_back(why="too many fallbacks")
    journal = client.get(f"/api/v1/bots/{new_name}/releases/journal")["items"]
    assert [each["why"] for each in journal] == ["too many fallbacks", "knows the new refund rules", ""]
    assert bot.releases().set_index("version")["is_live"].to_dict() == {"2": False, "1": True}


def test_a_key_that_may_not_is_told(client: Client) -> None:
    with pytest.raises(ApiError, match="there is no bot 'nobody'"):
        client.bot("nobody").draft()
    with Client(client.url, key="wrong") as stranger, pytest.raises(ApiError, match="401 unauthorized"):
        stranger.bots()
