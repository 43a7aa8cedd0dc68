"""The chat API as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pipelines.settings import Settings
from serving.api import chat, health, labels, mlflow_webhook, trainings, webhooks
from serving.api.errors import BodyLimit, install_error_handlers
from serving.api.mlflow_webhook import SignedWebhook
from serving.channels.inbox import open_webhook_inbox
from serving.dialogue.services import Releases
from serving.jobs.service import open_trainings
from serving.wiring import open_services

CHAT_PAGE = Path(__file__).parents[1] / "static" / "chat.html"
_PUBLIC_PATHS = ("/bots/channels/", "/api/v1/bots/")


class PublicCors:
    """Lets chat widgets on any site use the chat routes, without cookies; all other routes stay closed to them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = CORSMiddleware(app, allow_origins=["*"], allow_methods=["POST"], allow_headers=["Content-Type"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        is_public = scope["type"] == "http" and scope["path"].startswith(_PUBLIC_PATHS)
        # only browsers send an origin; other clients need not pay for CORS
        is_page = is_public and any(name == b"origin" for name, _ in scope["headers"])
        await (self._open if is_page else self._app)(scope, receive, send)


def _package_version() -> str:
    try:
        return version("intentloop")
    except PackageNotFoundError:
        return "0"  # run from a checkout that is not installed


def create_app(settings: Settings, *, releases: Releases | None = None) -> FastAPI:
    """Build the chat API, which connects when its lifespan starts.

    Without `releases` it follows the model registry.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            open_services(settings, releases=releases or _following_registry(settings)) as services,
            open_webhook_inbox(settings, services) as inbox,
            open_trainings(settings, services) as trainings,
        ):
            app.state.services, app.state.channels, app.state.trainings = services, inbox, trainings
            yield

    app = FastAPIOffline(  # its docs page works offline; the stock one loads from a CDN
        redoc_url=None,
        title="Intentloop chat API",
        summary="Send a customer's message, get the bot's replies.",
        version=_package_version(),
        lifespan=lifespan,
    )
    app.state.default_bot = settings.default_bot
    token, secret = settings.admin_token, settings.mlflow_webhook_secret
    app.state.admin_token = token.get_secret_value() if token is not None else None
    app.state.mlflow_webhook = SignedWebhook(secret.get_secret_value()) if secret is not None else None
    app.include_router(chat.router)
    app.include_router(webhooks.router)
    app.include_router(mlflow_webhook.router)
    app.include_router(trainings.router)
    app.include_router(labels.router)
    app.include_router(health.router)
    app.add_api_route("/", _welcome, include_in_schema=False)
    app.add_middleware(
        BodyLimit,
        max_bytes=settings.max_body_bytes,
        max_bytes_by_ending={webhooks.PATH_ENDING: settings.max_webhook_bytes},
    )
    app.add_middleware(PublicCors)
    install_error_handlers(app)
    return app


def _following_registry(settings: Settings) -> Releases:
    from serving.release.provider import ReleaseProvider

    return ReleaseProvider.from_settings(settings)


async def _welcome(request: Request) -> Response:
    """Show the chat page to browsers and a greeting to programs."""
    if "text/html" in request.headers.get("accept", "") and CHAT_PAGE.is_file():
        return FileResponse(CHAT_PAGE, media_type="text/html", headers={"Vary": "Accept"})
    links = {"docs": "/docs", "messages": "/api/v1/bots/{bot}/messages", "ready": "/health/ready"}
    return JSONResponse({"message": "Welcome to the Intentloop chat API", **links}, headers={"Vary": "Accept"})
