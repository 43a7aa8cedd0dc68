"""Calling a tool: one request out, one answer back, within the limits."""

import asyncio
import json
import random
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any, Self

import httpcore2
import httpx2
from pydantic import BaseModel, ConfigDict, JsonValue

from pipelines.errors import ToolFailed
from serving.tools.breaker import Breakers
from serving.tools.guard import AddressRefused, GuardedBackend
from serving.tools.templates import ToolRequest

IDEMPOTENT_METHODS = frozenset(("GET", "PUT", "DELETE"))
MAX_TRIES = 3
RETRY_SECONDS = 0.1
_BUSY = frozenset((429, 502, 503, 504))


class ToolAnswer(BaseModel):
    """What a tool gave back: the JSON document, or the text of an answer that is none."""

    model_config = ConfigDict(frozen=True)

    result: JsonValue


class _GuardedTransport(httpx2.AsyncHTTPTransport):
    """The stock transport over connections that the guard opens."""

    def __init__(self, backend: GuardedBackend, *, ssl_context: ssl.SSLContext, max_connections: int) -> None:
        # Deliberately not calling the stock constructor: it can only build a pool with the stock backend.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=max_connections,
            max_keepalive_connections=max_connections // 5,
            keepalive_expiry=5.0,
            network_backend=backend,
        )


class _Busy(Exception):
    """The host answered that it cannot answer now."""


def _as_result(content: bytes, content_type: str) -> JsonValue:
    is_json = "json" in content_type
    try:
        result: JsonValue = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        if is_json:
            raise
        return content.decode("utf-8", errors="replace")
    return result


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


class ToolClient:
    """Sends tool requests.

    Parameters
    ----------
    backend
        Opens the connections.
    timeout_seconds
        Longest wait for an answer, all tries together.
    max_response_bytes
        Largest answer that is read.
    sleep
        Waits between two tries.
    """

    def __init__(
        self,
        backend: GuardedBackend,
        *,
        timeout_seconds: float,
        max_response_bytes: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.timeout_seconds = timeout_seconds
        self._max_bytes = max_response_bytes
        self._sleep = sleep
        self._breakers = Breakers(time.monotonic)
        self._http = httpx2.AsyncClient(
            transport=_GuardedTransport(backend, ssl_context=httpx2.create_ssl_context(), max_connections=100),
            # A proxy from the environment would dial in the guard's place; a redirect would go where nobody checked.
            trust_env=False,
            follow_redirects=False,
            timeout=timeout_seconds,
            # A small compressed answer can unfold into any size.
            headers={"User-Agent": "intentloop", "Accept-Encoding": "identity"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def call(self, request: ToolRequest) -> ToolAnswer:
        """Send a request and read the answer.

        A method that may be repeated is tried up to `MAX_TRIES` times when the host does not answer or is busy.

        Parameters
        ----------
        request
            What to send. Its `key` goes out as `Idempotency-Key`, the same at every try.

        Returns
        -------
        ToolAnswer
            The answer of a 2xx response.

        Raises
        ------
        ToolFailed
            No usable answer within the limits; the reason names no value of the customer's.
        """
        try:
            url = httpx2.URL(request.url)
        except httpx2.InvalidURL as error:
            raise ToolFailed(request.intent_id, "its URL is malformed") from error
        host = f"{url.host}:{url.port or url.scheme}"
        if not self._breakers.may_call(host):
            raise ToolFailed(request.intent_id, f"{host} failed repeatedly and is left alone for some seconds")
        verdict = self._breakers.gave_up
        try:
            async with asyncio.timeout(self.timeout_seconds):
                answer = await self._try(request, url)
            verdict = self._breakers.succeeded
        except ToolFailed:
            verdict = self._breakers.succeeded
            raise
        except TimeoutError as error:
            verdict = self._breakers.failed
            raise ToolFailed(request.intent_id, f"no answer within {self.timeout_seconds:g} s") from error
        except (httpx2.HTTPError, httpx2.StreamError, _Busy) as error:
            if not isinstance(error.__cause__, AddressRefused):
                verdict = self._breakers.failed
            raise ToolFailed(request.intent_id, str(error) or type(error).__name__) from error
        finally:
            verdict(host)
        return answer

    async def _try(self, request: ToolRequest, url: httpx2.URL) -> ToolAnswer:
        tries = MAX_TRIES if request.method in IDEMPOTENT_METHODS else 1
        for number in range(1, tries + 1):
            try:
                return await self._send(request, url)
            except (httpx2.HTTPError, httpx2.StreamError, _Busy) as error:
                if number == tries or isinstance(error.__cause__, AddressRefused):
                    raise
            # Jitter, so that all threads that wait for a host do not come back in step.
            await self._sleep(RETRY_SECONDS * 2**number * random.uniform(0.5, 1.0))  # noqa: S311
        raise AssertionError("unreachable: the last try returns or raises")

    async def _send(self, request: ToolRequest, url: httpx2.URL) -> ToolAnswer:
        has_body = request.body is not None and not (request.method == "GET" and request.body == {})
        content = json.dumps(request.body).encode() if has_body else None
        headers = [*request.headers, ("Idempotency-Key", request.key)]
        if has_body and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
        async with self._http.stream(request.method, url, headers=headers, content=content) as response:
            status = response.status_code
            if status in _BUSY or status >= 500:
                raise _Busy(f"it answered with status {status}")
            if response.is_redirect or 300 <= status < 400:
                raise ToolFailed(request.intent_id, "it answered with a redirect, which is not followed")
            if not 200 <= status < 300:
                raise ToolFailed(request.intent_id, f"it answered with status {status}")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise ToolFailed(request.intent_id, "its answer is compressed, which was not asked for")
            content_type = response.headers.get("content-type", "")
            body = await self._read(request, response)
        try:
            return ToolAnswer(result=_as_result(body, content_type))
        except (ValueError, RecursionError) as error:
            raise ToolFailed(request.intent_id, "its answer is not valid JSON") from error

    async def _read(self, request: ToolRequest, response: httpx2.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._max_bytes:
                raise ToolFailed(request.intent_id, f"its answer is larger than {self._max_bytes} bytes")
        return bytes(body)
