"""Call a tool: one request, one answer, within the limits."""

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from itertools import count
from typing import Self
from weakref import WeakValueDictionary

import httpcore2
import httpx2

from pipelines.errors import SecretUnavailable, ToolFailed
from pipelines.schemas.tool import ResponseMapping
from pipelines.templates.references import filled, hidden, in_json, in_url, names_in, scrubbed
from pipelines.templates.request import ToolRequest
from serving.breaker import Breakers
from serving.retry import Retries, is_in_time, retry_after_seconds
from serving.telemetry import spans
from serving.telemetry.traces import TRACEPARENT
from serving.tools.answers import read_body
from serving.tools.failures import Busy, Fate, describe, is_refusal, is_refused
from serving.tools.guard import GuardedBackend, WatchedStream
from serving.tools.mapping import AnswerUnusable, ToolAnswer, map_answer
from serving.tools.secrets import Secrets

MAX_TRIES = 3
RETRY_SECONDS = 0.2
MIN_SECONDS = 1.0
"""Minimum left of the time limit for a tool, however long the customer has waited already."""
MAX_CALLS_PER_HOST = 50
"""Concurrent calls to one host; more of them wait, so that a hanging host takes no connections from the others."""
_LARGE_BYTES = 65_536
_SHOWN_CHARS, _SHOWN_BYTES, _SHOWN_SECONDS = 2000, 16_384, 2.0
"""Of an answer that cannot be used: what its author is shown, what is read for that, and for how long."""
_MARGIN_BYTES = 4096
"""Left out at the place where reading stopped: the secret that it may cut in two could not be masked."""
_BUSY = frozenset((429, 502, 503, 504))


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """The stock transport over connections that the guard opens."""

    def __init__(self, backend: GuardedBackend, *, ssl_context: ssl.SSLContext) -> None:
        # deliberately not calling the stock constructor, which can only build a pool with the stock backend
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=20 * MAX_CALLS_PER_HOST,
            max_keepalive_connections=2 * MAX_CALLS_PER_HOST,
            # shorter than the five seconds after which many servers hang up, perhaps with a request under way
            keepalive_expiry=3.0,
            network_backend=backend,
        )


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A request with its secrets filled in: lives for one call and is neither kept nor logged. `url` contains none."""

    method: str
    url: httpx2.URL
    target: bytes
    headers: tuple[tuple[str, str], ...]
    content: bytes | None
    mapping: ResponseMapping | None
    is_repeatable: bool
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"


class ToolClient:
    """Sends tool requests.

    Parameters
    ----------
    backend
        Opens the connections.
    timeout_seconds
        Longest wait for an answer, over all tries.
    max_response_bytes
        Largest answer that is read.
    secrets
        Values of the secrets that requests refer to; by default none.
    sleep
        Waits between two tries.
    """

    def __init__(
        self,
        backend: GuardedBackend,
        *,
        timeout_seconds: float,
        max_response_bytes: int,
        secrets: Secrets | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.timeout_seconds = timeout_seconds
        self._backend = backend
        self._max_bytes = max_response_bytes
        self._secrets = secrets or Secrets({})
        self._sleep = sleep
        self._breakers = Breakers(time.monotonic)
        self._slots: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._http = httpx2.AsyncClient(
            transport=GuardedTransport(backend, ssl_context=httpx2.create_ssl_context()),
            # a proxy from the environment would connect in place of the guard; a redirect would go unchecked
            trust_env=False,
            follow_redirects=False,
            # a cookie set in one customer's call would be sent with another's
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=timeout_seconds,
            # a small compressed answer can expand to any size
            headers={"User-Agent": "intentloop", "Accept-Encoding": "identity"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    @property
    def max_response_bytes(self) -> int:
        """The largest answer that is read."""
        return self._max_bytes

    async def call(self, request: ToolRequest, *, spent_seconds: float = 0.0, keeps_answer: bool = False) -> ToolAnswer:
        """Send a request, read the answer and apply the request's mapping.

        An idempotent request is tried up to `MAX_TRIES` times if the host does not answer or is busy.

        Parameters
        ----------
        request
            Its `key` is sent as `Idempotency-Key`, the same on every try.
        spent_seconds
            Part of the time limit that the customer has waited already; at least a second remains.
        keeps_answer
            Whether a failure holds the beginning of an answer that cannot be used. For an author who tries the tool.

        Returns
        -------
        ToolAnswer
            The parts of a 2xx response that the mapping keeps.

        Raises
        ------
        ToolFailed
            No usable answer within the limits; the reason contains no value of the customer's and no secret. It says
            whether the tool may have acted, which a `GET` never does.
        """
        url = _url(request, hidden(request.url))
        host = f"{url.host}:{_port(url)}"
        if not self._breakers.may_call(host):
            raise ToolFailed(request.intent_id, f"{host} failed repeatedly and is not called for some seconds")
        seconds = max(self.timeout_seconds - spent_seconds, min(MIN_SECONDS, self.timeout_seconds))
        give_up_at = asyncio.get_running_loop().time() + seconds
        record, fate = self._breakers.gave_up, Fate(keeps_answer=keeps_answer)
        try:
            async with asyncio.timeout_at(give_up_at), self._slots.setdefault(host, _slots()):
                answer = await self._try(await self._prepare(request, url), fate, give_up_at=give_up_at)
            record = self._breakers.succeeded
        except AnswerUnusable as error:
            record = self._breakers.succeeded  # the host does answer
            raise _failure(request, error, fate, str(error)) from error
        except TimeoutError as error:
            record = self._breakers.failed
            raise _failure(request, error, fate, f"no answer within {seconds:.3g} s") from error
        except (httpx2.HTTPError, httpx2.StreamError, Busy) as error:
            if not is_refused(error):
                record = self._breakers.failed
            raise _failure(request, error, fate, describe(error)) from error
        finally:
            record(host)
        return answer

    async def _prepare(self, request: ToolRequest, url: httpx2.URL) -> _Outgoing:
        """Fill in the secrets as late as possible: what is stored before a call has only their names."""
        has_body = request.body is not None and not (request.method == "GET" and request.body == {})
        body = json.dumps(request.body, ensure_ascii=False) if has_body else ""
        names = names_in((request.url, body, *(value for _, value in request.headers)))
        if names and not self._backend.is_named(url.host, _port(url)):
            reason = "a secret is sent only to a host that the operator has configured; add it to INTENTLOOP_ENDPOINTS"
            raise ToolFailed(request.intent_id, reason)
        try:
            values = {name: await self._secrets.value(name) for name in names}
        except SecretUnavailable as error:
            raise ToolFailed(request.intent_id, str(error)) from error
        headers = [*request.headers, ("Idempotency-Key", request.key)]
        if has_body and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
        sent_headers = tuple((name, filled(value, values)) for name, value in headers)
        if not all(value.isascii() and value.isprintable() for _, value in sent_headers):
            raise ToolFailed(request.intent_id, "a secret in its headers is not printable ASCII")
        return _Outgoing(
            method=request.method,
            url=url,
            target=_url(request, filled(request.url, values, write=in_url)).raw_path,
            headers=sent_headers,
            content=json.dumps(json.loads(filled(body, values, write=in_json))).encode() if has_body else None,
            mapping=request.mapping,
            is_repeatable=request.is_repeatable,
            secrets=tuple(values.values()),
        )

    async def _try(self, outgoing: _Outgoing, fate: Fate, *, give_up_at: float) -> ToolAnswer:
        retries = Retries(MAX_TRIES if outgoing.is_repeatable else 1, RETRY_SECONDS)
        for number in count(1):
            try:
                return await self._send(outgoing, fate)
            except (httpx2.HTTPError, httpx2.StreamError, Busy) as error:
                asked = error.wait_seconds if isinstance(error, Busy) else None
                seconds = retries.seconds_after(number, asked=asked)
                if not is_in_time(seconds, give_up_at=give_up_at) or is_refused(error):
                    raise
                fate.next_try(error)
            await self._sleep(seconds)
        raise AssertionError("unreachable: the last try returns or raises")

    async def _send(self, outgoing: _Outgoing, fate: Fate) -> ToolAnswer:
        with spans.span(outgoing.method, kind="client") as span:
            span.set("http.request.method", outgoing.method)
            headers = outgoing.headers
            if span.traceparent is not None and not any(name.lower() == TRACEPARENT for name, _ in headers):
                headers = (*headers, (TRACEPARENT, span.traceparent))
            return await self._exchange(outgoing, headers, fate, span)

    async def _exchange(
        self, outgoing: _Outgoing, headers: tuple[tuple[str, str], ...], fate: Fate, span: spans.AnySpan
    ) -> ToolAnswer:
        async with self._http.stream(
            outgoing.method,
            outgoing.url,
            headers=headers,
            content=outgoing.content,
            # sent over the wire instead of the URL, which logs and traces see and which contains no secret
            extensions={"target": outgoing.target, "trace": fate.trace},
        ) as response:
            span.set("http.response.status_code", response.status_code)
            stream = response.extensions.get("network_stream")
            if isinstance(stream, WatchedStream) and not stream.has_answered:
                raise httpx2.RemoteProtocolError("it answered an earlier request twice")
            try:
                _check_head(response)
            except (AnswerUnusable, Busy):
                if fate.keeps_answer:
                    fate.answer = await _beginning(response, outgoing.secrets)
                raise
            content_type = response.headers.get("content-type", "")
            body = b""
            try:
                body = await self._read(response)
                if len(body) > _LARGE_BYTES:
                    return await asyncio.to_thread(self._understand, body, content_type, outgoing)
                return self._understand(body, content_type, outgoing)
            except AnswerUnusable as error:
                if fate.keeps_answer:
                    fate.answer = _shown(body, outgoing.secrets)
                raise AnswerUnusable(str(error), has_acted=True) from error

    async def _read(self, response: httpx2.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._max_bytes:
                raise AnswerUnusable(f"its answer is larger than INTENTLOOP_TOOL_MAX_RESPONSE_BYTES={self._max_bytes}")
        return bytes(body)

    def _understand(self, body: bytes, content_type: str, outgoing: _Outgoing) -> ToolAnswer:
        document = read_body(scrubbed(body, outgoing.secrets), content_type)
        return map_answer(document, outgoing.mapping, max_chars=self._max_bytes)


def _failure(request: ToolRequest, error: Exception, fate: Fate, reason: str) -> ToolFailed:
    """Return why a call failed, and whether the tool may have acted all the same."""
    may_act = request.method != "GET"
    unusable = error if isinstance(error, AnswerUnusable) else None
    has_acted = may_act and unusable is not None and unusable.has_acted
    return ToolFailed(
        request.intent_id,
        reason,
        has_acted=has_acted,
        may_have_acted=may_act and not has_acted and fate.may_have_acted(error),
        is_refusal=unusable is not None and unusable.status is not None and is_refusal(unusable.status),
        answer=fate.answer,
    )


async def _beginning(response: httpx2.Response, secrets: tuple[str, ...]) -> str:
    """Read the beginning of an answer that is only shown: its status has said all that counts, whatever happens."""
    if response.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        return ""
    body = bytearray()
    with suppress(TimeoutError, httpx2.HTTPError, httpx2.StreamError):
        async with asyncio.timeout(_SHOWN_SECONDS):
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _SHOWN_BYTES:
                    break
    return _shown(bytes(body), secrets)


def _shown(body: bytes, secrets: tuple[str, ...]) -> str:
    is_whole = len(body) <= _SHOWN_BYTES
    read = scrubbed(body[:_SHOWN_BYTES], secrets)
    text = (read if is_whole else read[:-_MARGIN_BYTES]).decode("utf-8", "replace").strip()
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"


def _slots() -> asyncio.Semaphore:
    return asyncio.Semaphore(MAX_CALLS_PER_HOST)


def _url(request: ToolRequest, text: str) -> httpx2.URL:
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL as error:
        raise ToolFailed(request.intent_id, "its URL is malformed") from error
    if not url.host:
        raise ToolFailed(request.intent_id, "its URL is malformed")
    return url


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _check_head(response: httpx2.Response) -> None:
    """Refuse an answer whose status or headers show that it cannot be used."""
    status = response.status_code
    if status in _BUSY or status >= 500:
        raise Busy(status, retry_after_seconds(response.headers.get("retry-after")))
    if 300 <= status < 400:
        raise AnswerUnusable("it answered with a redirect, which is not followed", status=status)
    if not 200 <= status < 300:
        raise AnswerUnusable(f"it answered with status {status}", status=status)
    if response.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        raise AnswerUnusable("its answer is compressed, which was not asked for", has_acted=True)
