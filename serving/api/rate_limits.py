"""Rate limits at the door: per client address and admin key before a request is read, per thread once it is.

They are kept in this process: a request costs microseconds, and no database is asked. Processes that share a database
tell each other every second about clients near their limits. Health checks, platforms' webhooks and the files of pages
are not limited by address.
"""

import asyncio
import hashlib
import math
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.errors import StoreUnavailable, TooManyRequests
from pipelines.settings import Settings
from serving.api.buckets import Buckets, Quota
from serving.api.errors import error_response
from serving.api.proxies import TrustedProxies
from serving.clock import MonotonicClock
from serving.store.access.rate_use import RateUse
from serving.store.usage import network_of

HELD_SECONDS = 0.5
SHARE_SECONDS = 1.0
_BUSY_SECONDS = 10.0
_MOST_HELD = 64
"""Refusals held back at a time; more are sent at once, so that no client can fill the server with waiting requests."""
_ADMIN = re.compile(r"/api/v1/|/admin/")
_UNLIMITED = re.compile(r"/api/v1/bots/[^/]+/channels/[^/]+/webhook|/admin/|/admin/assets/.*")
"""Webhooks of platforms, and the files of the admin pages: dozens for one page, sent from memory."""
_MOST_KEY_CHARS = 128

Header = tuple[bytes, bytes]


def _buckets(per_minute: int) -> Buckets | None:
    return Buckets(per_minute) if per_minute else None


@dataclass(frozen=True)
class RateLimits:
    """The limits of a process; None where there is none.

    `threads`, `addresses` count messages; `keys` admin requests of a key or session, `strangers` those of an address
    without one, or with one that is refused.
    """

    threads: Buckets | None
    addresses: Buckets | None
    keys: Buckets | None
    strangers: Buckets | None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Build the limits that the settings ask for."""
        return cls(
            threads=_buckets(settings.rate_limit_thread),
            addresses=_buckets(settings.rate_limit_address),
            keys=_buckets(settings.rate_limit_key),
            strangers=_buckets(settings.rate_limit_address),
        )

    def check_thread(self, bot: str, thread_id: str) -> None:
        """Count a message of a thread; raise `TooManyRequests` if there were too many."""
        if self.threads is not None:
            quota = self.threads.take(f"{bot}:{thread_id}")
            if quota.is_exceeded:
                raise TooManyRequests(
                    "this conversation has sent too many messages", retry_after=math.ceil(quota.retry_after_seconds)
                )


class SharedLimits:
    """Makes limits hold over all processes, about a second late."""

    def __init__(self, limits: RateLimits, use: RateUse, *, clock: MonotonicClock = time.monotonic) -> None:
        kinds = {
            "thread": limits.threads,
            "address": limits.addresses,
            "key": limits.keys,
            "stranger": limits.strangers,
        }
        self._buckets = {kind: buckets for kind, buckets in kinds.items() if buckets is not None}
        self._use, self._clock = use, clock
        self._busy: dict[str, tuple[Buckets, str, float]] = {}

    async def run(self) -> None:
        """Exchange what was used, every second, until cancelled."""
        while True:
            await asyncio.sleep(SHARE_SECONDS)
            with suppress(StoreUnavailable):  # each process goes by its own count meanwhile
                await self.exchange()

    async def exchange(self) -> None:
        """Tell other processes about clients near their limits, and count what these have sent there."""
        now, used = self._clock(), {}
        for kind, buckets in self._buckets.items():
            for key, count in buckets.drain().items():
                name = hashlib.blake2b(f"{kind} {key}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
                used[name] = count
                self._busy[name] = (buckets, key, now)
        self._busy = {name: entry for name, entry in self._busy.items() if now - entry[2] <= _BUSY_SECONDS}
        if not self._busy:
            return
        for name, count in (await self._use.exchange(used)).items():
            if name in self._busy:
                buckets, key, _ = self._busy[name]
                buckets.charge(key, count)


class RateLimiter:
    """Refuses requests beyond the limits with 429, before their bodies are read.

    `is_chat` tells the paths of the chat routes. An address of a trusted proxy stands for no client: what comes from it
    without `X-Forwarded-For` is not limited by address.
    """

    def __init__(
        self, app: ASGIApp, *, limits: RateLimits, proxies: TrustedProxies, is_chat: Callable[[str], bool]
    ) -> None:
        self._app = app
        self._limits = limits
        self._proxies = proxies
        self._is_chat = is_chat
        self._n_held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] == "OPTIONS":
            await self._app(scope, receive, send)
        elif self._is_chat(scope["path"]):
            quota = self._take(self._limits.addresses, self._address(scope))
            if quota is not None and quota.is_exceeded:
                await self._refuse(quota, "your address has sent too many messages", scope, receive, send)
            else:
                await self._app(scope, receive, send)
        elif _ADMIN.match(scope["path"]) and not _UNLIMITED.fullmatch(scope["path"]):
            await self._admit(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        address, credentials = self._address(scope), _credentials(scope)
        strangers = self._limits.strangers if address is not None else None
        if credentials is None:
            quota = self._take(strangers, address)
            what = "your address has sent too many requests"
        else:
            # not counted unless it fails: many people behind one address may each have a key
            quota = strangers.look(address) if strangers is not None and address is not None else None
            what = "your address has sent too many requests with wrong keys"
            if quota is None or not quota.is_exceeded:
                quota, what = self._take(self._limits.keys, credentials), "this key has sent too many requests"
        if quota is not None and quota.is_exceeded:
            await self._refuse(quota, what, scope, receive, send)
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                if credentials is not None and message["status"] == 401:
                    self._take(strangers, address)
                if quota is not None:
                    message["headers"] = [*message.get("headers", ()), *_headers(quota)]
            await send(message)

        await self._app(scope, receive, telling)

    def _address(self, scope: Scope) -> str | None:
        client = scope.get("client")
        if client is None or client[0] in self._proxies:
            return None
        return network_of(client[0][:_MOST_KEY_CHARS])

    @staticmethod
    def _take(buckets: Buckets | None, key: str | None) -> Quota | None:
        return buckets.take(key) if buckets is not None and key is not None else None

    async def _refuse(self, quota: Quota, what: str, scope: Scope, receive: Receive, send: Send) -> None:
        wait = math.ceil(quota.retry_after_seconds)
        error = TooManyRequests(what, retry_after=wait)
        response = error_response(429, "too_many_requests", str(error), retry_after=wait)
        response.raw_headers.extend(_headers(quota))
        if quota.is_ignored and self._n_held < _MOST_HELD:
            # a client that goes on at once would keep the server busy with refusing
            self._n_held += 1
            try:
                await asyncio.sleep(HELD_SECONDS)
            finally:
                self._n_held -= 1
        await response(scope, receive, send)


def _credentials(scope: Scope) -> str | None:
    """Return what stands for a key or session; a hash, so that no secret is kept."""
    brought = [value for name, value in scope["headers"] if name in (b"authorization", b"cookie")]
    return hashlib.blake2b(b"\n".join(brought), digest_size=16).hexdigest() if brought else None


def _headers(quota: Quota) -> tuple[Header, ...]:
    reset = math.ceil(quota.retry_after_seconds or quota.reset_seconds)
    values = (("limit", quota.limit), ("remaining", quota.remaining), ("reset", reset))
    return tuple((f"ratelimit-{name}".encode(), str(value).encode()) for name, value in values)
