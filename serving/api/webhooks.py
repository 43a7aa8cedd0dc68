"""The platforms' webhooks: every request is verified and stored, then acknowledged.

The acknowledgement takes at most two short round trips to the database: platforms give up within seconds and throttle
slow receivers. The work comes after it.
"""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from pipelines.errors import NotAuthentic, QueueUnavailable, SecretUnavailable
from serving.api.errors import ErrorBody
from serving.api.fields import CHANNEL_NAME
from serving.channels.contract import Channel
from serving.channels.inbox import WebhookInbox
from serving.channels.incoming import BotName

PATH_ENDING = "/channels/facebook/webhook"
ACCEPTED = "EVENT_RECEIVED"

_log = logging.getLogger(__name__)


def inbox_of(request: Request) -> WebhookInbox:
    """Return the inbox of the app that handles the request."""
    inbox: WebhookInbox = request.app.state.channels
    return inbox


def bot_of(request: Request) -> str:
    """Return the bot of a path that names none."""
    bot: str = request.app.state.default_bot
    return bot


InboxOfApp = Annotated[WebhookInbox, Depends(inbox_of)]
DefaultBot = Annotated[str, Depends(bot_of)]
Bot = Annotated[BotName, Path()]
ChannelName = Annotated[str, Path(pattern=CHANNEL_NAME, description="Name of the channel.")]

router = APIRouter(
    tags=["channels"],
    default_response_class=PlainTextResponse,
    responses={
        403: {"model": ErrorBody, "description": "The request is not the platform's: a signature or token is wrong."},
        404: {"model": ErrorBody, "description": "The bot has no such channel, or it is switched off."},
    },
)


async def _open(inbox: WebhookInbox, bot: str, channel: str) -> Channel:
    try:
        return await inbox.connections.open(bot, channel)
    except SecretUnavailable as error:
        # Its message names the secret, which only the operator may see; the platform retries.
        _log.error("bot %s: %s cannot be used: %s", bot, channel, error)
        raise QueueUnavailable(f"{channel} is not fully set up") from error


@router.get("/api/v1/bots/{bot}/channels/{channel}/webhook", summary="Confirm a webhook's address")
async def confirm(bot: Bot, channel: ChannelName, request: Request, inbox: InboxOfApp) -> str:
    """Answer the platform's check that this address belongs to the owner who registered it."""
    return (await _open(inbox, bot, channel)).answer_challenge(request.query_params)


@router.post(
    "/api/v1/bots/{bot}/channels/{channel}/webhook",
    summary="Bring a platform's events",
    responses={
        400: {"model": ErrorBody, "description": "The body is not JSON."},
        413: {"model": ErrorBody, "description": "The body is too large."},
        503: {"model": ErrorBody, "description": "Nothing can be accepted right now; send it again later."},
    },
)
async def receive(bot: Bot, channel: ChannelName, request: Request, inbox: InboxOfApp) -> str:
    """Accept signed events. They are answered later; once accepted, they will be answered."""
    connection = await _open(inbox, bot, channel)
    body = await request.body()
    if not connection.verify(body, request.headers):
        raise NotAuthentic("the signature is missing or wrong; compare the app secret of the two sides")
    try:
        parsed = connection.parse(body)
    except ValueError as error:
        raise HTTPException(400) from error
    await inbox.accept(bot, connection.name, parsed)
    return ACCEPTED


@router.get("/bots/channels/{channel}/webhook", summary="Confirm a webhook's address (compatible)")
async def confirm_compat(bot: DefaultBot, channel: ChannelName, request: Request, inbox: InboxOfApp) -> str:
    """Answer the check for the default bot, at ai-chatbot-framework's path."""
    return await confirm(bot, channel, request, inbox)


@router.post("/bots/channels/{channel}/webhook", summary="Bring a platform's events (compatible)")
async def receive_compat(bot: DefaultBot, channel: ChannelName, request: Request, inbox: InboxOfApp) -> str:
    """Accept events for the default bot, at ai-chatbot-framework's path."""
    return await receive(bot, channel, request, inbox)
