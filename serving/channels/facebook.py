"""Facebook Messenger.

https://developers.facebook.com/docs/messenger-platform/webhooks and .../reference/send-api: a webhook delivers events
of several pages at a time, signed over the raw body with the app's secret; replies go to the page's Send API.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, Field, JsonValue, TypeAdapter, ValidationError

from pipelines.errors import DeliveryRefused, NotAuthentic
from pipelines.schemas.bot import WELCOME_INTENT
from serving.channels.contract import IncomingEvent, OutgoingMessage, Parsed
from serving.channels.graph_api import CHANNEL, GraphApi
from serving.channels.incoming import Id, Text, clean_text
from serving.channels.split import split_text
from serving.dialogue.messages import BotMessage, QuickReply

MAX_TEXT = 2000
MAX_QUICK_REPLIES = 13
MAX_TITLE = 20
MAX_PAYLOAD = 1000
_SIGNATURE = "sha256="
_FIRST_YEAR, _LAST_YEAR = 2000, 9000
MAX_REF = 2083
"""The longest `ref` that Messenger accepts in a link."""
_OTHER_KINDS = frozenset(("account_linking", "delivery", "message_edit", "message_reads", "optin", "reaction", "read"))
_WELCOME = f"/{WELCOME_INTENT}"
_STARTS = frozenset(
    ("getstarted", "getstartedpayload", "getstartedbutton", "getstartedclicked", "facebookwelcome", "welcome",
     "welcomemessage", "welcomepayload")
)  # fmt: skip
"""Payloads and titles of the button that begins a conversation, letters only; every page chooses its own."""
_LIKES = frozenset((369239263222822, 369239343222814, 369239383222810))
"""The stickers of the Like button: small, medium, large."""
_THUMB_UP = "\N{THUMBS UP SIGN}"

_PartyId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_ids: TypeAdapter[str] = TypeAdapter(Id)


class FacebookSettings(BaseModel):
    """A bot's Messenger settings, named as in ai-chatbot-framework; `page_access_tokens` is for several pages."""

    verify: str = ""
    secret: str = ""
    page_access_token: str = ""
    page_access_tokens: dict[str, str] = {}


class _Party(BaseModel):
    id: _PartyId


class _Button(BaseModel):
    payload: Text


class _Message(BaseModel):
    mid: str | None = None
    text: Text | None = None
    is_echo: bool = False
    quick_reply: _Button | None = None
    sticker_id: Any = None
    attachments: Any = None
    referral: Any = None


class _Postback(BaseModel):
    mid: str | None = None
    title: Text | None = None
    payload: Text | None = None
    referral: Any = None


def _whole(value: Any) -> int | None:
    # a message without a usable moment is a message all the same
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class _Messaging(BaseModel):
    sender: _Party
    recipient: _Party
    timestamp: Annotated[int | None, BeforeValidator(_whole)] = None
    message: _Message | None = None
    postback: _Postback | None = None
    referral: Any = None


@dataclass(frozen=True)
class Facebook:
    """A bot on Messenger."""

    settings: FacebookSettings
    api: GraphApi
    name: ClassVar[str] = CHANNEL

    def answer_challenge(self, query: Mapping[str, str]) -> str:
        """Return `hub.challenge` to a caller who knows the verify token."""
        token = query.get("hub.verify_token", "")
        is_known = bool(self.settings.verify) and _is_same(token, self.settings.verify)
        if query.get("hub.mode") != "subscribe" or not is_known:
            raise NotAuthentic("the verify token is not this bot's; compare the two")
        return query.get("hub.challenge", "")

    def verify(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Check `X-Hub-Signature-256`. The older SHA-1 header is ignored: platforms always send both."""
        given = headers.get("x-hub-signature-256", "")
        if not self.settings.secret or not given.startswith(_SIGNATURE):
            return False
        digest = hmac.new(self.settings.secret.encode(), body, hashlib.sha256).hexdigest()
        return _is_same(given.removeprefix(_SIGNATURE), digest)

    def parse(self, body: bytes) -> Parsed:
        """Read every event of every page. An unreadable one does not affect the others."""
        try:
            payload = json.loads(body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        if not isinstance(payload, dict) or payload.get("object") != "page":
            return Parsed(ignored=("not of a page",))
        found = [_read(event) for entry in _objects(payload.get("entry")) for event in _objects(entry.get("messaging"))]
        events = tuple(each for each in found if isinstance(each, IncomingEvent))
        return Parsed(events=events, ignored=tuple(each for each in found if isinstance(each, str)))

    def compose(self, replies: Sequence[BotMessage]) -> tuple[OutgoingMessage, ...]:
        """Split long replies, with the buttons under the last part. Blank replies are dropped."""
        messages: list[OutgoingMessage] = []
        for reply in replies:
            parts: list[OutgoingMessage] = [{"text": part} for part in split_text(reply.text, limit=MAX_TEXT)]
            buttons = _buttons(reply.quick_replies)
            if parts and buttons:
                parts[-1]["quick_replies"] = buttons
            messages += parts
        return tuple(messages)

    async def send(self, event: IncomingEvent, message: OutgoingMessage) -> None:
        """Send one message as the page."""
        fields: dict[str, JsonValue] = {"messaging_type": "RESPONSE", "message": message}
        await self._post(event, fields)

    async def show_typing(self, event: IncomingEvent) -> None:
        """Show three dots until the next message."""
        await self._post(event, {"sender_action": "typing_on"}, max_tries=1)

    async def _post(self, event: IncomingEvent, fields: dict[str, JsonValue], **options: Any) -> None:
        settings = self.settings
        token = settings.page_access_tokens.get(event.account) or settings.page_access_token
        if not token:
            raise DeliveryRefused(CHANNEL, f"page {event.account} has no access token")
        await self.api.post_message(
            event.account,
            {"recipient": {"id": event.sender}, **fields},
            token=token,
            app_secret=settings.secret,
            **options,
        )


def _is_same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", errors="replace"), expected.encode())


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _read(event: dict[str, Any]) -> IncomingEvent | str:
    """Read an event, or return why it is ignored."""
    if event.keys().isdisjoint(("message", "postback", "referral")):
        return next((kind for kind in sorted(_OTHER_KINDS) if kind in event), "unknown")
    try:
        messaging = _Messaging.model_validate(event)
    except ValidationError:
        return "malformed"
    message, postback = messaging.message, messaging.postback
    if message is not None:
        if message.is_echo:
            return "echo"
        if message.quick_reply is not None:
            pressed = _pressed(_Postback(payload=message.quick_reply.payload))
            return _event(messaging, "button", pressed, mid=message.mid)
        text = message.text or (_THUMB_UP if _is_like(message) else "")
        return _event(messaging, "text" if text else "attachment", text, mid=message.mid)
    if postback is not None:
        return _event(messaging, "button", _pressed(postback), mid=postback.mid)
    return _event(messaging, "visit", "", mid=None) if _context(messaging) else "malformed"


def _pressed(postback: _Postback) -> str:
    """Return what a pressed button says; the one that begins a conversation says the welcome intent."""
    payload, title = postback.payload or "", postback.title or ""
    is_start = _letters(payload) in _STARTS or (_letters(title) in _STARTS and not any(map(str.islower, payload)))
    return _WELCOME if is_start else payload or title


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _is_like(message: _Message) -> bool:
    """Whether a message is the Like button, which Messenger sends as a sticker."""
    payloads = (attachment.get("payload") for attachment in _objects(message.attachments))
    stickers = [message.sticker_id, *(each.get("sticker_id") for each in payloads if isinstance(each, dict))]
    return any(str(each) == str(like) for each in stickers for like in _LIKES)


def _context(messaging: _Messaging) -> dict[str, JsonValue]:
    """Return what a referral tells: the `ref` of the link or ad that the customer followed, its source and type."""
    message, postback = messaging.message, messaging.postback
    for part in (postback.referral if postback else None, message.referral if message else None, messaging.referral):
        if isinstance(part, dict):
            named = {"ref": "ref", "ref_source": "source", "ref_type": "type", "ref_ad_id": "ad_id"}
            values = {name: part.get(field) for name, field in named.items()}
            return {
                name: clean_text(value)[:MAX_REF] for name, value in values.items() if isinstance(value, str) and value
            }
    return {}


def _event(messaging: _Messaging, kind: Any, text: str, *, mid: str | None) -> IncomingEvent:
    page, sender = messaging.recipient.id, messaging.sender.id
    context = _context(messaging)
    return IncomingEvent(
        kind=kind,
        thread_id=f"{CHANNEL}:{page}:{sender}",
        message_id=_message_id(mid, page, sender, str(messaging.timestamp), text, *map(str, context.values())),
        text=text,
        account=page,
        sender=sender,
        sent_at=_moment(messaging.timestamp),
        context=context,
    )


def _message_id(mid: str | None, *parts: str) -> str:
    """Return the platform's id or, without a usable one, an id derived from the event that its repetition has too."""
    try:
        return _ids.validate_python(mid)
    except ValidationError:
        known = "".join(f"{len(part)}:{part}" for part in (mid or "", *parts))
        return f"derived-{hashlib.sha256(clean_text(known).encode()).hexdigest()[:40]}"


def _moment(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return moment if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


def _buttons(quick_replies: Sequence[QuickReply]) -> list[JsonValue]:
    usable = [each for each in quick_replies if each.title.strip() and 0 < len(each.payload) <= MAX_PAYLOAD]
    return [
        {"content_type": "text", "title": _short(each.title), "payload": each.payload}
        for each in usable[:MAX_QUICK_REPLIES]
    ]


def _short(title: str) -> str:
    return title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1].rstrip()}\u2026"
