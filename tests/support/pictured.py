"""What pictures of the admin pages show: a sample bot that customers write to, a bot with everything, an empty one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from pymongo import MongoClient

from pipelines.registry.client import Registry
from pipelines.registry.verdict import REASONS_TAG
from serving.store.schema import TIME_KEY
from tests.support.admin_pages import ENDED, SLOWLY_SECONDS, Platform
from tests.support.bots import TINY_BOT_WIRE
from tests.support.mlflow_server import register_for
from tests.support.releases import make_two_releases

SAID = (
    ("where is my order ORD-1042?", "thanks", "goodbye"),
    ("I want to return my tent", "ORD-1042", "yes"),
    ("do you sell kayaks", "what", "track order ORD-1001"),
    ("xyzzy", "cancel"),
    ("can i pay with my grandma's cheque", "hello?", "is anybody there"),
    ("the zip of my jacket broke after two days, I am very cross", "ORD-1042"),
    ("do you deliver to the moon, and what would it cost me to send a tent and two sleeping bags there by friday",),
    ("hi", "opening hours in Leeds please"),
    ("refund", "cancel", "hello"),
)
TITLE = "Harbour & Sons Outdoor Equipment: orders, returns and everything after the sale"
LONG_NAME = "Ask for everything that a customer wants to know about a delivery that was announced and never came"
HEBREW = "אני רוצה שתי מגבות ושלוש כריות לחיפה מחר בבוקר"
MARKED = (("שתי", "quantity"), ("מגבות", "product"), ("ושלוש", "quantity"), ("כריות", "product"), ("לחיפה", "city"))
REASONS = (
    "accuracy on held-out utterances is 41.0 %, and must be at least 60.0 %",
    "track_order: 7 of 12 sentences that release 1 understood are not understood any more",
    "3 stored conversations no longer reach their goal",
)
ROLES = ("viewer", "labeller", "author", "operator", "owner")


@dataclass(frozen=True)
class Pictured:
    """The names of the bots, and a conversation with the sample bot."""

    shop: str
    empty: str
    thread: str


def fill(platform: Platform, folder: Path) -> Pictured:
    """Let customers write to the sample bot, and make the other bots, keys and members."""
    threads = [platform.say("default", *texts) for texts in SAID]
    _spread_over_days(platform)
    empty, shop = platform.new_bot(name="empty"), _shop(platform, folder)
    _accounts(platform, shop)
    for path, body in (("labels/mine", {"days": 14}), ("draft/validate", None)):
        task = platform.call("POST", f"/bots/default/{path}", json=body)
        platform.until_ended(f"/bots/default/tasks/{task['id']}")
    return Pictured(shop=shop, empty=empty, thread=threads[1])


def _spread_over_days(platform: Platform) -> None:
    """Let half of the conversations have been some days ago, so that charts show more than today."""
    uri = f"mongodb://127.0.0.1:{platform.local.port['MONGO']}"
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        turns = client["intentloop"]["turns"]
        for number, thread in enumerate(sorted(turns.distinct("thread"))):
            for turn in turns.find({"thread": thread}):
                at = turn["created_at"]
                earlier = at - timedelta(days=number % 2 * number)
                key = turn[TIME_KEY].replace(f"{at:%Y-%m-%d}", f"{earlier:%Y-%m-%d}")
                # the embedded database keeps the type of a time in whole documents alone
                turns.replace_one({"_id": turn["_id"]}, turn | {"created_at": earlier, TIME_KEY: key})


def _hebrew() -> dict[str, Any]:
    marks = [
        {"value": value, "begin": HEBREW.index(value), "end": HEBREW.index(value) + len(value), "name": name}
        for value, name in MARKED
    ]
    return {"text": HEBREW, "entities": marks}


def _shop(platform: Platform, folder: Path) -> str:
    """Make a bot with a live release, a canary, a shadow and a refused release, long names and a text in Hebrew."""
    file = json.loads(json.dumps(TINY_BOT_WIRE))
    first = file["intents"][0]
    first["name"] = LONG_NAME
    first["trainingData"][1:1] = [_hebrew(), {"text": f"{LONG_NAME.lower()}, and that within an hour, " * 3}]
    # nobody listens at the port: the tool fails
    first["apiDetails"]["url"] = "http://127.0.0.1:9/orders/{{ parameters.order_id }}"
    file["entities"].append({"name": "city", "entity_values": [{"value": "חיפה", "synonyms": ["לחיפה"]}]})
    shop = platform.new_bot(file, name="shop")
    platform.call("PATCH", f"/bots/{shop}", json={"title": TITLE, "description": f"{TITLE}. {LONG_NAME}."})
    uri = f"http://127.0.0.1:{platform.local.port['MLFLOW']}"
    one, two = make_two_releases(folder)
    for release in (one, two, one):
        register_for(uri, release, bot=shop)
    refused = register_for(uri, two, bot=shop, passed=False, reasons=REASONS)
    registry = Registry(uri)
    registry.set_tag(registry.find_version(shop, refused), REASONS_TAG, "; ".join(REASONS))
    platform.call("POST", f"/bots/{shop}/releases/1/promote", json={"why": "the first that knows how to greet"})
    platform.until_answered(shop)
    platform.call(
        "POST", f"/bots/{shop}/releases/canary", json={"version": "2", "share": 0.3, "why": "new refund rules"}
    )
    platform.call("POST", f"/bots/{shop}/releases/shadow", json={"version": "3", "why": "another seed"})
    _until_tried(platform, shop)
    return shop


def _until_tried(platform: Platform, bot: str) -> None:
    """Let customers write until canary and shadow have read some messages."""
    where = f"/bots/{bot}/releases"
    give_up_at = monotonic() + SLOWLY_SECONDS
    while True:
        platform.say(bot, "hello", "buy two apples", "what nonsense")
        canary, shadow = platform.call("GET", f"{where}/canary"), platform.call("GET", f"{where}/shadow")
        if (canary["canary"] or {}).get("turns") and (shadow["total"] or {}).get("turns"):
            return
        assert monotonic() < give_up_at, (canary, shadow)
        sleep(0.2)


def _accounts(platform: Platform, shop: str) -> None:
    for number in range(24):
        names = ("Night import of the warehouse", "Reports", LONG_NAME, "CI")
        roles = (
            {shop: ROLES[number % 4], "default": ROLES[(number + 1) % 5]} if number % 3 else {"*": ROLES[number % 5]}
        )
        platform.call("POST", "/keys", json={"name": f"{number} {names[number % 4]}"[:100], "roles": roles})
    for number, name in enumerate(("Kim Adeyemi", "Wilhelmina van der Westhuizen-Papadopoulos", "Li", "Noor Haddad")):
        email = f"{name.lower().replace(' ', '.')}@customer-service.outdoor.example.com"
        roles = {shop: ROLES[number], "default": "viewer"}
        platform.call("POST", "/members", json={"name": name, "email": email, "roles": roles})


def places(pictured: Pictured, platform: Platform) -> list[str]:
    """Return the places of all pages, with the tabs of those that have some."""
    names = "overview try intents entities findings transfer releases labels conversations analytics channels settings"
    intents = platform.call("GET", "/bots/default/intents")["items"]
    form = next(intent["intent_id"] for intent in intents if intent["has_tool"])
    deeper = [f"intents/{form}{part}" for part in ("", "/replies", "/questions", "/tool", "/settings")]
    deeper += [f"settings/{tab}" for tab in ("understanding", "language-model", "privacy", "access")]
    deeper += ["entities/order_id", "entities/product", f"conversations/{pictured.thread}", "releases/1"]
    of_shop = ["overview", "intents", "intents/track_order", "entities", "findings", "releases", "releases/4"]
    of_shop += ["releases/compare/1/2", "conversations", "analytics", "settings"]
    return [
        *("bots", "keys", "members", "audit", "nowhere"),
        *(f"bots/default/{name}" for name in [*names.split(), *deeper]),
        *(f"bots/{pictured.shop}/{name}" for name in of_shop),
        *(f"bots/{pictured.empty}/{name}" for name in names.split()),
    ]


def two_trainings(platform: Platform, pictured: Pictured) -> Callable[[], None]:
    """Let one bot be trained and another wait for it; gives what cancels both."""
    new = {"examples": [{"text": "what has become of the order that I placed last week"}]}
    platform.call("POST", "/bots/default/intents/track_order/examples", json=new)  # otherwise there is nothing to do
    begun = []
    for bot in ("default", pictured.shop):
        training = platform.call("POST", f"/bots/{bot}/trainings")
        begun.append(f"/bots/{bot}/trainings/{training['id']}")
    give_up_at = monotonic() + SLOWLY_SECONDS
    while True:
        running, waiting = (platform.call("GET", path) for path in begun)
        if running["share"] and waiting["step"]:
            break
        assert running["state"] not in ENDED, running
        assert monotonic() < give_up_at, (running, waiting)
        sleep(0.2)

    def cancel() -> None:
        for path in reversed(begun):
            platform.client.post(f"/api/v1{path}/cancel")
            platform.until_ended(path)

    return cancel
