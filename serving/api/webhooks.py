"""Where platforms call: everything is checked and written down, then the platform hears that it arrived.

The answer goes out after at most two short trips to the database, for platforms give up within seconds and send less to
those who let them wait. The work comes after it.
"""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from pipelines.errors import NotAuthentic, QueueUnavailable, SecretUnavailable
from serving.api.errors import ErrorBody
from serving.channels.contract import Channel
from serving.channels.inbox import ChannelDesk
from serving.channels.incoming import BotName

PATH_ENDING = "/channels/facebook/webhook"
ACCEPTED = "EVENT_RECEIVED"

_log = logging.getLogger(__name__)


def desk_of(request: Request) -> ChannelDesk:
    """Give the desk of the app that handles the request."""
    desk: ChannelDesk = request.app.state.channels
    return desk


def bot_of(request: Request) -> str:
    """Give the bot that a path without one means."""
    bot: str = request.app.state.default_bot
    return bot


DeskOfApp = Annotated[ChannelDesk, Depends(desk_of)]
DefaultBot = Annotated[str, Depends(bot_of)]
Bot = Annotated[BotName, Path()]
ChannelName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="Name of the channel.")]

router = APIRouter(
    tags=["channels"],
    default_response_class=PlainTextResponse,
    responses={
        403: {"model": ErrorBody, "description": "The request is not the platform's: a signature or token is wrong."},
        404: {"model": ErrorBody, "description": "The bot has no such channel, or it is switched off."},
    },
)


async def _open(desk: ChannelDesk, bot: str, channel: str) -> Channel:
    try:
        return await desk.connections.open(bot, channel)
    except SecretUnavailable as error:
        # Its sentence names the secret, which is for the operator alone; the platform comes again.
        _log.error("bot %s: %s cannot be used: %s", bot, channel, error)
        raise QueueUnavailable(f"{channel} is not set up in full") from error


@router.get("/api/v1/bots/{bot}/channels/{channel}/webhook", summary="Confirm a webhook's address")
async def confirm(bot: Bot, channel: ChannelName, request: Request, desk: DeskOfApp) -> str:
    """Answer the platform's question whether this address belongs to whoever set it up there."""
    return (await _open(desk, bot, channel)).answer_challenge(request.query_params)


@router.post(
    "/api/v1/bots/{bot}/channels/{channel}/webhook",
    summary="Bring a platform's events",
    responses={
        400: {"model": ErrorBody, "description": "The body is not JSON."},
        413: {"model": ErrorBody, "description": "The body is too large."},
        503: {"model": ErrorBody, "description": "Nothing can be accepted right now; send it again later."},
    },
)
async def receive(bot: Bot, channel: ChannelName, request: Request, desk: DeskOfApp) -> str:
    """Accept signed events. They are answered after this; what was accepted is answered whatever happens here."""
    connection = await _open(desk, bot, channel)
    body = await request.body()
    if not connection.verify(body, request.headers):
        raise NotAuthentic("the signature is missing or wrong; compare the app secret of the two sides")
    try:
        parsed = connection.parse(body)
    except ValueError as error:
        raise HTTPException(400) from error
    await desk.accept(bot, connection.name, parsed)
    return ACCEPTED


@router.get("/bots/channels/{channel}/webhook", summary="Confirm a webhook's address (compatible)")
async def confirm_compat(bot: DefaultBot, channel: ChannelName, request: Request, desk: DeskOfApp) -> str:
    """Answer for the default bot, where ai-chatbot-framework has its webhook."""
    return await confirm(bot, channel, request, desk)


@router.post("/bots/channels/{channel}/webhook", summary="Bring a platform's events (compatible)")
async def receive_compat(bot: DefaultBot, channel: ChannelName, request: Request, desk: DeskOfApp) -> str:
    """Accept events for the default bot, where ai-chatbot-framework has its webhook."""
    return await receive(bot, channel, request, desk)
