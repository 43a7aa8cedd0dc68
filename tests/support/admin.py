"""The admin API in this process: the whole app over a real database, and clients with keys of every role."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx2
from fastapi import FastAPI

from pipelines.settings import Settings
from serving.access.roles import ALL_BOTS, Role
from serving.api.app import create_app
from serving.api.sign_in import AccessControl
from serving.dialogue.services import Releases, Services
from serving.store.access.api_keys import ApiKey, ApiKeys
from serving.store.access.audit import AuditLog, RecordedEntry
from serving.store.access.credentials import Credentials
from serving.store.access.sessions import Sessions
from serving.store.client import Database

TOKEN = "a-token-of-the-operator"


def admin_access(database: Database, *, now: Callable[[], datetime]) -> AccessControl:
    """Make what lets in whoever has the admin token, for an app of a few routes."""
    credentials = Credentials(database, admin_token=TOKEN, verifier=None, group_roles={}, now=now)
    sessions = Sessions(database, longest=timedelta(hours=1), idle=timedelta(hours=1))
    return AccessControl(credentials, sessions, SimpleNamespace(database=database, now=now))  # type: ignore[arg-type]


@dataclass
class AdminApi:
    """A running app. `owner` is a client with the admin token."""

    app: FastAPI
    owner: httpx2.AsyncClient
    stack: AsyncExitStack

    @property
    def services(self) -> Services:
        """What the app works with."""
        services: Services = self.app.state.services
        return services

    async def client(self, authorization: str | None = None) -> httpx2.AsyncClient:
        """Open another client, which sends an `Authorization` header or none."""
        headers = {"Authorization": authorization} if authorization is not None else {}
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        client = httpx2.AsyncClient(transport=transport, base_url="http://admin.test", headers=headers)
        return await self.stack.enter_async_context(client)

    async def key(self, role: str, *, bot: str = ALL_BOTS, **fields: Any) -> tuple[ApiKey, str]:
        """Make a key with one role; with `days=-1` it has expired. The text is what its owner sends."""
        now, days = self.services.now(), fields.pop("days", None)
        ends = now + timedelta(days=days) if days is not None else None
        name = fields.pop("name", f"{role} of {bot}")
        made, text = await ApiKeys(self.services.database).create(
            name, {bot: Role(role)}, by="a test", now=now, expires_at=ends
        )
        return made, str(text)

    async def as_(self, role: str, *, bot: str = ALL_BOTS) -> httpx2.AsyncClient:
        """Open a client with a new key."""
        _, text = await self.key(role, bot=bot)
        return await self.client(f"Bearer {text}")

    async def audit(self, *, bot: str | None = None, limit: int = 50) -> list[RecordedEntry]:
        """Return the newest entries of the audit log."""
        found, _ = await AuditLog(self.services.database).search(bots=[bot] if bot is not None else None, limit=limit)
        return found


@asynccontextmanager
async def open_admin(settings: Settings, releases: Releases) -> AsyncIterator[AdminApi]:
    """Run the app with an admin token."""
    settings = Settings.model_validate({**settings.model_dump(), "admin_token": TOKEN})
    app = create_app(settings, releases=releases)
    async with app.router.lifespan_context(app), AsyncExitStack() as stack:
        admin = AdminApi(app, None, stack)  # type: ignore[arg-type]  # made in the next line
        admin.owner = await admin.client(f"Bearer {TOKEN}")
        yield admin
