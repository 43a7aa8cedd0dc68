"""The chat API as an ASGI application."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.responses import FileResponse, Response

from pipelines.settings import Settings
from serving.access.same_origin import require_loopback_if_off
from serving.api import chat, health, mlflow_webhook, webhooks
from serving.api.admin.routers import ADMIN_ROUTERS
from serving.api.admin.streams import Streams
from serving.api.admin_pages import ADMIN_PATH, AdminPages
from serving.api.chat_page import ChatPage, bot_of_chat_page
from serving.api.chat_paths import is_chat
from serving.api.compat.prefix import CompatPaths
from serving.api.compat.routes import COMPAT_ROUTERS
from serving.api.door import AdminCors, PublicCors, chat_page_ancestors
from serving.api.errors import BodyLimit, install_error_handlers
from serving.api.mlflow_webhook import SignedWebhook
from serving.api.openapi import install_openapi
from serving.api.proxies import TrustedProxies
from serving.api.rate_limits import RateLimiter, RateLimits, SharedLimits
from serving.api.security_headers import Headers, SecurityHeaders, page_headers
from serving.api.sign_in import open_access
from serving.api.tracing import Tracing
from serving.channels.inbox import open_webhook_inbox
from serving.dialogue.services import Releases
from serving.jobs.service import open_trainings
from serving.jobs.task_service import open_tasks
from serving.release.manager import open_manager
from serving.release.trade_off import TradeOffs
from serving.store.access.rate_use import RateUse
from serving.telemetry.setup import open_telemetry
from serving.wiring import open_services

_STATIC = Path(__file__).parents[1] / "static"
_DRAFT_PATHS = re.compile(
    r"/api/v1/bots/[^/]+/(draft|examples|intents|entities)(/.*)?"
    r"|/admin/(intents|entities|train)(/.*)?|/admin/bots/[^/]+/import"
)
_WIDGET = _STATIC / "widget" / "script.js"
_DOCS_PAGE = _STATIC / "docs.html"
_DOCS_SOURCES = "script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"  # Swagger UI styles as it goes


def _package_version() -> str:
    try:
        return version("intentloop")
    except PackageNotFoundError:
        return "0"  # run from a checkout that is not installed


def create_app(settings: Settings, *, releases: Releases | None = None) -> FastAPI:
    """Build the chat API, which connects when its lifespan starts.

    Without `releases` it follows the model registry.
    """
    require_loopback_if_off(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with open_telemetry(settings, service="intentloop-api", version=app.version):
            async with open_everything(app):
                yield

    @asynccontextmanager
    async def open_everything(app: FastAPI) -> AsyncIterator[None]:
        async with (
            open_services(settings, releases=releases or _following_registry(settings)) as services,
            open_webhook_inbox(settings, services) as inbox,
            open_trainings(settings, services) as trainings,
            open_tasks(settings, services) as tasks_,
            open_access(settings, services) as access,
        ):
            app.state.services, app.state.channels, app.state.trainings = services, inbox, trainings
            app.state.tasks, app.state.access = tasks_, access
            sharing = asyncio.create_task(SharedLimits(limits, RateUse(services.database)).run(), name="shared-limits")
            try:
                with open_manager(settings) as app.state.release_manager:
                    yield
            finally:
                sharing.cancel()
                await asyncio.gather(sharing, return_exceptions=True)

    app = FastAPIOffline(  # brings the files of the docs page, which the stock one loads from a CDN
        docs_url=None,
        redoc_url=None,
        title="Intentloop API",
        summary="Send a customer's message, get the bot's replies; author, train, release and watch bots.",
        version=_package_version(),
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,  # clients name their methods after it
    )
    app.state.default_bot, app.state.streams = settings.default_bot, Streams()
    app.state.settings, app.state.trade_offs = settings, TradeOffs(settings.resolved_tracking_uri)
    secret = settings.mlflow_webhook_secret
    limits = app.state.rate_limits = RateLimits.from_settings(settings)
    app.state.mlflow_webhook = SignedWebhook(secret.get_secret_value()) if secret is not None else None
    app.include_router(chat.router)
    app.include_router(webhooks.router)
    app.include_router(mlflow_webhook.router)
    for router in (*ADMIN_ROUTERS, *COMPAT_ROUTERS):
        app.include_router(router)
    app.include_router(health.router)
    chat_page = ChatPage()
    pages = AdminPages(has_organisation=bool(settings.oidc_issuer and settings.oidc_client_id))
    app.include_router(pages.router)
    app.include_router(chat_page.router)
    app.add_api_route("/docs", _docs, include_in_schema=False)
    app.add_api_route("/static/widget/script.js", _widget, include_in_schema=False)
    install_openapi(app)
    app.add_middleware(
        BodyLimit,
        max_bytes=settings.max_body_bytes,
        max_bytes_by_ending={webhooks.PATH_ENDING: settings.max_webhook_bytes},
        max_bytes_by_pattern={_DRAFT_PATHS: settings.max_draft_bytes},
    )
    app.add_middleware(RateLimiter, limits=limits, proxies=TrustedProxies(settings.trusted_proxies), is_chat=is_chat)
    app.add_middleware(PublicCors)
    app.add_middleware(AdminCors, origins=settings.admin_origins)
    install_error_handlers(app)
    app.add_middleware(
        SecurityHeaders,
        headers_by_path=_headers_of_pages(pages),
        headers_of=lambda scope: chat_page.headers if bot_of_chat_page(scope) is not None else None,
        ancestors_of=chat_page_ancestors,
    )
    app.add_middleware(Tracing)
    app.add_middleware(CompatPaths)  # outermost: what looks at a path sees that of the route
    return app


def _following_registry(settings: Settings) -> Releases:
    from serving.release.provider import ReleaseProvider

    return ReleaseProvider.from_settings(settings)


def _headers_of_pages(admin_pages: AdminPages) -> dict[str, Headers]:
    return {
        "/docs": page_headers(_DOCS_PAGE.read_text(encoding="utf-8"), more=_DOCS_SOURCES),
        ADMIN_PATH: admin_pages.headers,
    }


async def _docs() -> Response:
    """Show the documentation of the routes, to be tried out."""
    return FileResponse(_DOCS_PAGE, media_type="text/html")


async def _widget() -> Response:
    """Return the chat window for other sites."""
    headers = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}
    return FileResponse(_WIDGET, media_type="text/javascript", headers=headers)
