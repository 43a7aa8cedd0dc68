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

from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError

from pipelines.errors import DeliveryRefused, NotAuthentic
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
_OTHER_KINDS = frozenset(
    ("account_linking", "delivery", "message_edit", "message_reads", "optin", "reaction", "read", "referral")
)

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


class _Postback(BaseModel):
    mid: str | None = None
    title: Text | None = None
    payload: Text | None = None


class _Messaging(BaseModel):
    sender: _Party
    recipient: _Party
    timestamp: int | None = None
    message: _Message | None = None
    postback: _Postback | None = None


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
    if "message" not in event and "postback" not in event:
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
            return _event(messaging, "button", message.quick_reply.payload, mid=message.mid)
        return _event(messaging, "text" if message.text else "attachment", message.text or "", mid=message.mid)
    if postback is None:
        return "malformed"
    return _event(messaging, "button", postback.payload or postback.title or "", mid=postback.mid)


def _event(messaging: _Messaging, kind: Any, text: str, *, mid: str | None) -> IncomingEvent:
    page, sender = messaging.recipient.id, messaging.sender.id
    return IncomingEvent(
        kind=kind,
        thread_id=f"{CHANNEL}:{page}:{sender}",
        message_id=_message_id(mid, page, sender, str(messaging.timestamp), text),
        text=text,
        account=page,
        sender=sender,
        sent_at=_moment(messaging.timestamp),
    )


def _message_id(mid: str | None, *parts: str) -> str:
    """Return the platform's id or, without a usable one, an id derived from the event that its repetition has too."""
    try:
        return _ids.validate_python(mid)
    except ValidationError:
        known = "".join(f"{len(part)}:{part}" for part in (mid or "", *parts))
        return f"derived-{hashlib.sha256(clean_text(known).encode()).hexdigest()[:40]}"


def _moment(milliseconds: int | None) -> datetime | None:
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _buttons(quick_replies: Sequence[QuickReply]) -> list[JsonValue]:
    usable = [each for each in quick_replies if each.title.strip() and 0 < len(each.payload) <= MAX_PAYLOAD]
    return [
        {"content_type": "text", "title": _short(each.title), "payload": each.payload}
        for each in usable[:MAX_QUICK_REPLIES]
    ]


def _short(title: str) -> str:
    return title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1].rstrip()}\u2026"
