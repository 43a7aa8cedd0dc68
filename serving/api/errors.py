"""Errors as HTTP responses. The only module that knows status codes; every body is `{"error", "detail"}`."""

import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines.errors import (
    BotError,
    DataRejected,
    ModelNotLoaded,
    NotAuthentic,
    NotFound,
    QueueUnavailable,
    RegistryUnavailable,
    StateConflict,
    StoreUnavailable,
    UserInputError,
)
from serving.logs import describe_crash

_log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 2

# The first match counts: subclasses precede their parents.
_STATUS_BY_ERROR: tuple[tuple[type[BotError], int, str], ...] = (
    (NotFound, 404, "not_found"),
    (NotAuthentic, 403, "forbidden"),
    (UserInputError, 422, "invalid_input"),
    (DataRejected, 422, "data_rejected"),
    (StateConflict, 409, "conflict"),
    (ModelNotLoaded, 503, "no_release"),
    (StoreUnavailable, 503, "store_unavailable"),
    (RegistryUnavailable, 503, "registry_unavailable"),
    (QueueUnavailable, 503, "queue_unavailable"),
)
_NAME_BY_STATUS = {
    400: "malformed",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_input",
}
_NO_BODY = ("missing", ("body",))
_NO_JSON = "the body is not valid JSON; send an object as the docs show"


class ErrorBody(BaseModel):
    """The body of every error response: a word for programs and a sentence for people."""

    error: str
    detail: str


def error_response(status: int, error: str, detail: str) -> JSONResponse:
    """Build an error response."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status in (409, 503) else None
    return JSONResponse(ErrorBody(error=error, detail=detail).model_dump(), status_code=status, headers=headers)


def describe_validation(errors: Sequence[Any]) -> str:
    """Describe what is wrong with a request, field by field, without quoting the input."""
    sentences = []
    for error in errors[:5]:
        place = ".".join(str(part) for part in error["loc"] if part != "body")
        message = str(error["msg"]).removeprefix("Value error, ")
        sentences.append(f"{place}: {message}" if place else message)
    more = f"; and {len(errors) - 5} more" if len(errors) > 5 else ""
    text = "; ".join(sentences) + more
    return text.encode("utf-8", errors="replace").decode()[:1000]


async def _on_bot_error(_: Request, error: Exception) -> JSONResponse:
    for kind, status, name in _STATUS_BY_ERROR:
        if isinstance(error, kind):
            return error_response(status, name, str(error))
    _log.error("unexpected %s", type(error).__name__)
    return error_response(500, "internal", "something went wrong here; see the server's log")


async def _on_validation_error(_: Request, error: Exception) -> JSONResponse:
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    if any(found["type"] == "json_invalid" or (found["type"], found["loc"]) == _NO_BODY for found in errors):
        return error_response(400, "malformed", _NO_JSON)
    return error_response(422, "invalid_input", describe_validation(errors))


async def _on_http_error(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "internal error"
    if status == 400:
        detail = _NO_JSON
    response = error_response(status, _NAME_BY_STATUS.get(status, "error"), detail)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


def install_error_handlers(app: FastAPI) -> None:
    """Make an app answer every error in the same format."""
    app.add_exception_handler(BotError, _on_bot_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_middleware(CrashGuard)


class CrashGuard:
    """Turns an unexpected error into a plain 500.

    The stock handler lets the server log the exception's message, which may quote a customer; this one logs only its
    type and place. A problem at start-up is logged as its message, without a stack trace.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        has_started = False

        async def watching(message: Message) -> None:
            nonlocal has_started
            has_started = has_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watching)
        except ClientDisconnect:
            return  # the sender left in mid-request: nothing to report, and nobody to report it to
        except Exception as error:
            _log.error("%s %s: %s", scope["method"], scope["path"], describe_crash(error))
            if has_started:
                raise
            detail = "something went wrong here; see the server's log"
            await error_response(500, "internal", detail)(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        failed: str | None = None

        async def without_traces(message: Message) -> None:
            nonlocal failed
            if message["type"].endswith(".failed"):
                failed = message["type"]
            else:
                await send(message)

        try:
            await self._app(scope, receive, without_traces)
        except Exception as error:
            if failed is None:
                raise
            await send(
                {"type": failed, "message": str(error) if isinstance(error, BotError) else describe_crash(error)}
            )


class BodyLimit:
    """Refuses oversized request bodies, whether or not they announce their size.

    `max_bytes_by_ending` holds other limits, by the ending of the path.
    """

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, max_bytes_by_ending: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_bytes_by_ending = max_bytes_by_ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = next(
            (size for ending, size in self._max_bytes_by_ending.items() if scope["path"].endswith(ending)),
            self._max_bytes,
        )
        refusal = f"a request body may have {limit} bytes; send a smaller one"
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > limit:
            await error_response(413, "too_large", refusal)(scope, receive, send)
            return
        received = 0

        async def counting() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, refusal)
            return message

        await self._app(scope, counting, send)
