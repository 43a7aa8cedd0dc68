import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from pipelines.errors import NotAuthentic
from serving.channels.contract import IncomingEvent
from serving.channels.facebook import MAX_REF, MAX_TEXT, Facebook, FacebookSettings
from serving.channels.graph_api import GraphApi
from serving.dialogue.messages import BotMessage, QuickReply

PAGE, SENDER = "1001", "2002"


def channel(**settings: Any) -> Facebook:
    http = httpx2.AsyncClient()
    return Facebook(FacebookSettings.model_validate(settings), GraphApi(http, base_url="http://127.0.0.1:1"))


def event(**fields: Any) -> dict[str, Any]:
    return {"sender": {"id": SENDER}, "recipient": {"id": PAGE}, "timestamp": 1_700_000_000_123, **fields}


def batch(*events: Any) -> bytes:
    return json.dumps({"object": "page", "entry": [{"id": PAGE, "time": 1, "messaging": list(events)}]}).encode()


def read_one(**fields: Any) -> IncomingEvent:
    parsed = channel().parse(batch(event(**fields)))
    assert parsed.ignored == ()
    (found,) = parsed.events
    return found


def signed(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_verify_takes_the_signature_of_the_raw_body_only() -> None:
    facebook, body = channel(secret="s3cret"), b'{"a": 1}'
    good = signed(body, "s3cret")
    assert facebook.verify(body, {"x-hub-signature-256": good})
    assert not facebook.verify(body + b" ", {"x-hub-signature-256": good})
    sha1 = hmac.new(b"s3cret", body, hashlib.sha1).hexdigest()
    for wrong in ("", good[7:], f"sha1={sha1}", signed(body, "other"), f"SHA256={good[7:]}", "sha256=", "sha256=é"):
        assert not facebook.verify(body, {"x-hub-signature-256": wrong})
    assert not facebook.verify(body, {"x-hub-signature": f"sha1={sha1}"})


def test_verify_refuses_everything_without_a_secret() -> None:
    body = b"{}"
    for facebook in (channel(), channel(secret="")):
        assert not facebook.verify(body, {"x-hub-signature-256": signed(body, "")})


def test_answer_challenge_wants_the_verify_token() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "open", "hub.challenge": "no number"}
    assert channel(verify="open").answer_challenge(query) == "no number"
    for settings, wrong in (
        ({"verify": "open"}, {**query, "hub.verify_token": "shut"}),
        ({"verify": "open"}, {**query, "hub.mode": "unsubscribe"}),
        ({"verify": "open"}, {}),
        ({"verify": ""}, {**query, "hub.verify_token": ""}),
    ):
        with pytest.raises(NotAuthentic):
            channel(**settings).answer_challenge(wrong)


def test_parse_reads_a_text() -> None:
    found = read_one(message={"mid": "m_1", "text": "hello"})
    assert found == IncomingEvent(
        kind="text",
        thread_id=f"facebook:{PAGE}:{SENDER}",
        message_id="m_1",
        text="hello",
        account=PAGE,
        sender=SENDER,
        sent_at=datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC),
    )


def test_parse_reads_what_a_button_sends() -> None:
    pressed = read_one(message={"mid": "m_1", "text": "Yes, please", "quick_reply": {"payload": "/confirm"}})
    assert (pressed.kind, pressed.text, pressed.message_id) == ("button", "/confirm", "m_1")
    started = read_one(postback={"mid": "m_2", "title": "Get started", "payload": "/init_conversation"})
    assert (started.kind, started.text, started.message_id) == ("button", "/init_conversation", "m_2")
    assert read_one(postback={"mid": "m_3", "title": "Opening hours"}).text == "Opening hours"


def test_parse_gives_a_postback_without_id_the_same_id_each_time() -> None:
    first = read_one(postback={"payload": "/cancel"})
    assert first.message_id == read_one(postback={"payload": "/cancel", "title": "x"}).message_id
    others = [
        read_one(postback={"payload": "/other"}),
        read_one(postback={"payload": "/cancel"}, timestamp=2),
        read_one(postback={"payload": "/cancel"}, sender={"id": "3"}),
    ]
    assert len({each.message_id for each in (first, *others)}) == 4


@pytest.mark.parametrize("mid", ["", "x" * 201, "a\nb", None])
def test_parse_replaces_an_id_that_cannot_be_used(mid: Any) -> None:
    assert read_one(message={"mid": mid, "text": "hello"}).message_id.startswith("derived-")


def test_parse_reads_an_attachment_as_a_message_without_text() -> None:
    found = read_one(message={"mid": "m_1", "attachments": [{"type": "image", "payload": {"url": "https://x/"}}]})
    assert (found.kind, found.text) == ("attachment", "")
    captioned = read_one(message={"mid": "m_2", "text": "look", "attachments": [{"type": "fallback"}]})
    assert (captioned.kind, captioned.text) == ("text", "look")


def test_parse_cleans_text_that_cannot_be_stored() -> None:
    assert read_one(message={"mid": "m_1", "text": "half \ud83d\x00"}).text == "half \ufffd "


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"message": {"mid": "m", "text": "ours", "is_echo": True, "app_id": 5}}, "echo"),
        ({"delivery": {"mids": ["m"], "watermark": 1}}, "delivery"),
        ({"read": {"watermark": 1}}, "read"),
        ({"reaction": {"mid": "m", "emoji": "x"}}, "reaction"),
        ({"something_new": {}}, "unknown"),
        ({"message": {"text": ["a"]}}, "malformed"),
        ({"message": "hello"}, "malformed"),
        ({"postback": None}, "malformed"),
        ({"message": {"mid": "m", "text": "hi"}, "sender": {"id": {"$ne": 1}}}, "malformed"),
        ({"message": {"mid": "m", "text": "hi"}, "recipient": {"id": "a/b"}}, "malformed"),
        ({"message": {"mid": "m", "text": "hi"}, "recipient": {"id": ".."}}, "malformed"),
        ({"message": {"mid": "m", "text": "hi"}, "sender": {"id": "x" * 65}}, "malformed"),
    ],
)
def test_parse_ignores_what_is_no_message_and_keeps_the_others(fields: dict[str, Any], reason: str) -> None:
    good = event(message={"mid": "m_good", "text": "hello"})
    parsed = channel().parse(batch(event(**fields), good, "noise"))
    assert parsed.ignored == (reason,)
    assert [each.message_id for each in parsed.events] == ["m_good"]


def test_parse_reads_every_page_of_a_batch() -> None:
    pages = [
        {"id": page, "messaging": [event(recipient={"id": page}, message={"mid": f"m{page}{n}", "text": "x"})]}
        for page in ("1", "2")
        for n in (1, 2)
    ]
    body = json.dumps({"object": "page", "entry": [*pages, {"id": "3", "changes": []}, 5]}).encode()
    threads = [(each.account, each.thread_id) for each in channel().parse(body).events]
    assert threads == [(page, f"facebook:{page}:{SENDER}") for page in ("1", "1", "2", "2")]


@pytest.mark.parametrize("body", [b"[]", b"5", b'{"object": "instagram"}', b'{"object": "page", "entry": {"a": 1}}'])
def test_parse_finds_nothing_in_what_is_not_of_a_page(body: bytes) -> None:
    assert channel().parse(body).events == ()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_parse_refuses_what_is_no_json(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them: the route knows no difference
        channel().parse(body)


@pytest.mark.parametrize("timestamp", [10**30, -(10**30), None])
def test_parse_does_without_a_moment_that_cannot_be(timestamp: Any) -> None:
    assert read_one(message={"mid": "m", "text": "x"}, timestamp=timestamp).sent_at is None


def test_compose_splits_long_replies_and_leaves_blank_ones_out() -> None:
    replies = [BotMessage(text="Hello!"), BotMessage(text=" \n"), BotMessage(text="A sentence. " * 300)]
    messages = channel().compose(replies)
    assert messages[0] == {"text": "Hello!"}
    assert len(messages) == 3
    assert all(len(str(message["text"])) <= MAX_TEXT for message in messages)


def test_compose_puts_buttons_under_the_last_part_in_the_platforms_shape() -> None:
    buttons = (
        QuickReply(title="Track my order", payload="/track_order"),
        QuickReply(title="A title that is much too long", payload="b"),
        QuickReply(title=" ", payload="c"),
        QuickReply(title="d", payload="x" * 1001),
        *(QuickReply(title=str(n), payload=str(n)) for n in range(20)),
    )
    first, last = channel().compose([BotMessage(text="A sentence. " * 200, quick_replies=buttons)])
    assert "quick_replies" not in first
    shown = last["quick_replies"]
    assert isinstance(shown, list)
    assert len(shown) == 13
    assert shown[0] == {"content_type": "text", "title": "Track my order", "payload": "/track_order"}
    assert shown[1] == {"content_type": "text", "title": "A title that is muc\u2026", "payload": "b"}
    assert shown[2] == {"content_type": "text", "title": "0", "payload": "0"}


@pytest.mark.parametrize(
    ("payload", "title"),
    [
        ("GET_STARTED", "Get Started"),
        ("get_started", "Get Started"),
        ("GET_STARTED_PAYLOAD", "Los geht\u2019s"),
        ("<GET_STARTED_PAYLOAD>", None),
        ("GetStarted", "Empezar"),
        ("get started", ""),
        ("GET-STARTED", None),
        ("FACEBOOK_WELCOME", "Get Started"),
        ("WELCOME_PAYLOAD", "Commencer"),
        ("USER_DEFINED_PAYLOAD", "Get Started"),
        ("", "GET STARTED"),
        (None, "Get started"),
    ],
)
def test_parse_reads_the_button_that_begins_a_conversation_as_the_welcome_intent(
    payload: str | None, title: str | None
) -> None:
    found = read_one(postback={"mid": "m_1", "title": title, "payload": payload})
    assert (found.kind, found.text, found.context) == ("button", "/init_conversation", {})


def test_parse_reads_a_quick_reply_that_begins_again_as_the_welcome_intent() -> None:
    again = {"mid": "m_1", "text": "Start over", "quick_reply": {"payload": "GET_STARTED"}}
    assert read_one(message=again).text == "/init_conversation"


@pytest.mark.parametrize(
    ("payload", "title", "text"),
    [
        ("/buy", "Get Started", "/buy"),
        ("where is my order", "Get Started", "where is my order"),
        ("GET_STARTED_WITH_YOGA", "Yoga", "GET_STARTED_WITH_YOGA"),
        ("START_OVER", "Start over", "START_OVER"),
        (None, "How do I get started?", "How do I get started?"),
    ],
)
def test_parse_reads_any_other_button_as_what_it_says(payload: str | None, title: str, text: str) -> None:
    assert read_one(postback={"mid": "m_1", "title": title, "payload": payload}).text == text
    assert read_one(message={"mid": "m_1", "text": "GET_STARTED"}).text == "GET_STARTED"


REFERRAL = {"ref": "promo42", "source": "SHORTLINK", "type": "OPEN_THREAD"}
CONTEXT = {"ref": "promo42", "ref_source": "SHORTLINK", "ref_type": "OPEN_THREAD"}


@pytest.mark.parametrize(
    ("fields", "kind", "text"),
    [
        ({"postback": {"payload": "GET_STARTED", "referral": REFERRAL}}, "button", "/init_conversation"),
        ({"postback": {"title": "Menu", "payload": "/buy", "referral": REFERRAL}}, "button", "/buy"),
        ({"message": {"mid": "m_1", "text": "hello", "referral": REFERRAL}}, "text", "hello"),
        ({"message": {"mid": "m_1", "text": "hello"}, "referral": REFERRAL}, "text", "hello"),
        ({"referral": REFERRAL}, "visit", ""),
    ],
)  # fmt: skip
def test_parse_keeps_where_a_customer_comes_from(fields: dict[str, Any], kind: str, text: str) -> None:
    found = read_one(**fields)
    assert (found.kind, found.text, found.context) == (kind, text, CONTEXT)
    assert IncomingEvent.model_validate_json(found.model_dump_json()) == found


def test_parse_keeps_the_ad_of_a_referral() -> None:
    ad = {
        "ref": "spring",
        "source": "ADS",
        "type": "OPEN_THREAD",
        "ad_id": "6045246247433",
        "ads_context_data": {"a": 1},
    }
    assert read_one(message={"mid": "m_1", "text": "hi", "referral": ad}).context == {
        "ref": "spring", "ref_source": "ADS", "ref_type": "OPEN_THREAD", "ref_ad_id": "6045246247433",
    }  # fmt: skip


@pytest.mark.parametrize(
    "referral",
    [None, 5, "promo42", [], {}, {"ref": None}, {"ref": 5}, {"ref": ""}, {"ref": {"$gt": ""}}, {"ref": ["a"]}],
)
def test_parse_ignores_a_referral_that_says_nothing(referral: Any) -> None:
    assert read_one(message={"mid": "m_1", "text": "hi", "referral": referral}).context == {}
    assert channel().parse(batch(event(referral=referral))).events == ()


def test_parse_bounds_and_cleans_a_referral() -> None:
    found = read_one(referral={"ref": "x" * 100_000, "source": "a\x00b\ud800"})
    assert found.context == {"ref": "x" * MAX_REF, "ref_source": "a b\ufffd"}


def test_parse_tells_two_visits_apart_and_knows_a_repeated_one() -> None:
    first = read_one(referral=REFERRAL)
    assert first.message_id == read_one(referral=REFERRAL).message_id
    assert first.message_id != read_one(referral=REFERRAL, timestamp=2).message_id
    assert first.message_id != read_one(referral=REFERRAL | {"ref": "other"}).message_id


@pytest.mark.parametrize("sticker", [369239263222822, 369239343222814, 369239383222810, "369239263222822"])
@pytest.mark.parametrize("place", ["message", "attachment"])
def test_parse_reads_the_like_button_as_a_thumb_up(sticker: Any, place: str) -> None:
    payload = {"url": "https://x/", "sticker_id": sticker}
    message: dict[str, Any] = {"mid": "m_1", "attachments": [{"type": "image", "payload": payload}]}
    if place == "message":
        message = {"mid": "m_1", "sticker_id": sticker, "attachments": [{"type": "image", "payload": {"url": "x"}}]}
    found = read_one(message=message)
    assert (found.kind, found.text) == ("text", "\N{THUMBS UP SIGN}")


@pytest.mark.parametrize("sticker", [369239263222823, None, True, [369239263222822], {}, "x"])
def test_parse_reads_another_sticker_as_an_attachment(sticker: Any) -> None:
    attachments: list[Any] = [{"type": "image", "payload": {"sticker_id": sticker}}, 5, {"payload": "x"}]
    found = read_one(message={"mid": "m_1", "sticker_id": sticker, "attachments": attachments})
    assert (found.kind, found.text) == ("attachment", "")


@pytest.mark.parametrize(
    "moment",
    [1e26, -1, 1.5, float("nan"), float("inf"), "soon", "", [], {}, True, None, 10**18, -(10**300), 253402300799000,
     -62135596800000],
    ids=repr,
)  # fmt: skip
def test_parse_takes_a_message_whatever_its_moment(moment: Any) -> None:
    found = read_one(timestamp=moment, message={"mid": "m", "text": "hello"})
    assert (found.text, found.message_id, found.sent_at) == ("hello", "m", None)
