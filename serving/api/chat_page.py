"""The chat page: at `/` for the default bot, at `/chat/NAME` for every bot that a page without a key may talk to."""

import asyncio
import html
import re
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Scope

from pipelines.errors import ModelNotLoaded, NotFound, ReleasePending, StoreUnavailable
from pipelines.settings import is_bot_name
from serving.api.security_headers import Headers, page_headers
from serving.dialogue.services import Services
from serving.store.drafts.kinds import BOT_FIELDS
from serving.store.drafts.store import Drafts

CHAT_PAGE = Path(__file__).parents[1] / "static" / "chat.html"
_PATH = re.compile(r"/chat/([^/]+)")
_FIRST_USE_SECONDS = 3.0
"""How long a page waits for a bot that was not used yet; it is shown all the same then, and asks itself."""
_PAUSE_SECONDS = 0.1
_NO_BOT = "There is no bot called “{name}” here. Check the address."
_NOT_LIVE = "“{title}” does not answer yet: no release of it is live. Promote one, then load this page again."
_NEEDS_KEY = "“{title}” answers only in pages that have a widget key, so not here. Open the page it was put on."
_NEEDS_VISITOR = "“{title}” answers only visitors who are signed in to its own page, so not here. Open that page."


@dataclass(frozen=True)
class _Shown:
    title: str
    closed: str = ""
    status: int = 200


class ChatPage:
    """The page, read once. `router` serves it."""

    def __init__(self) -> None:
        self._page = CHAT_PAGE.read_text(encoding="utf-8")
        self.headers: Headers = page_headers(self._page)
        self.router = APIRouter()
        self.router.add_api_route("/", self._welcome, methods=["GET"], include_in_schema=False)
        self.router.add_api_route("/chat/{bot}", self._show, methods=["GET"], include_in_schema=False)

    async def _welcome(self, request: Request) -> Response:
        """Show the chat page to browsers and a greeting to programs."""
        if "text/html" not in request.headers.get("accept", ""):
            links = {"docs": "/docs", "messages": "/api/v1/bots/{bot}/messages", "ready": "/health/ready"}
            return JSONResponse({"message": "Welcome to the Intentloop chat API", **links}, headers={"Vary": "Accept"})
        named = request.query_params.get("bot")
        if named is not None and is_bot_name(named):
            return RedirectResponse(f"chat/{named}", status_code=307)
        return await self._page_of(named if named is not None else request.app.state.default_bot, request, root="")

    async def _show(self, bot: str, request: Request) -> Response:
        return await self._page_of(bot, request, root="../")

    async def _page_of(self, bot: str, request: Request, *, root: str) -> Response:
        default: str = request.app.state.default_bot
        shown = await _look_up(bot, request.app.state.services, is_default=bot == default)
        # where a conversation is kept in the browser: the default bot's where it always was
        kept = "" if bot == default else f".{bot}"
        closed = f' data-closed="{html.escape(shown.closed)}"' if shown.closed else ""
        data = f'data-messages="{root}api/v1/bots/{html.escape(bot)}/messages" data-kept="{html.escape(kept)}"{closed}'
        title = html.escape(shown.title)
        page = self._page.replace("<title>Intentloop chat</title>", f"<title>{title}</title>", 1)
        page = page.replace("<h1>Chat</h1>", f"<h1>{title}</h1>", 1)
        page = page.replace('id="chat">', f'id="chat" {data}>', 1)
        return HTMLResponse(page, status_code=shown.status, headers={"Vary": "Accept", "Cache-Control": "no-cache"})


def bot_of_chat_page(scope: Scope) -> str | None:
    """Return the bot whose chat page a path is; None for any other path."""
    path: str = scope["path"]
    if path == "/":
        default: str = scope["app"].state.default_bot
        return default
    found = _PATH.fullmatch(path)
    return found[1] if found is not None else None


async def _look_up(bot: str, services: Services, *, is_default: bool) -> _Shown:
    """Return a bot's title, and why it does not answer here, if so. Without a database the page itself tries."""
    if not is_bot_name(bot):
        return _Shown("Chat", _NO_BOT.format(name=bot), 404)
    try:
        fields = await Drafts(services.database).find(BOT_FIELDS, bot, bot)
        title = str((fields or {}).get("title") or bot)
        policy = await services.policies.fresh(bot)
    except StoreUnavailable:
        return _Shown(bot)
    if policy.require_widget_key:
        return _Shown(title, _NEEDS_KEY.format(title=title))
    if policy.visitors == "required":
        return _Shown(title, _NEEDS_VISITOR.format(title=title))
    if is_default:
        return _Shown(title)  # it is trained at the first start, and the page asks until it answers
    try:
        await _until_known(bot, services)
    except NotFound:
        if fields is None:
            return _Shown("Chat", _NO_BOT.format(name=bot), 404)
        return _Shown(title, _NOT_LIVE.format(title=title))
    except ModelNotLoaded:
        return _Shown(title, _NOT_LIVE.format(title=title))
    return _Shown(title)


async def _until_known(bot: str, services: Services) -> None:
    """Return if a release answers, or it takes too long to find out; raise as `Releases.current` does."""
    for _ in range(round(_FIRST_USE_SECONDS / _PAUSE_SECONDS)):
        try:
            services.releases.current(bot)
        except ReleasePending:
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            return
