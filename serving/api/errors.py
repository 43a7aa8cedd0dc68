"""Errors as HTTP responses. The only module that knows status codes; every body is `{"error", "detail"}`."""

import asyncio
import logging
import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipelines import errors
from pipelines.errors import (
    BotError,
    DataRejected,
    EditConflict,
    IssuerUnavailable,
    ModelNotLoaded,
    NotAuthentic,
    NotFound,
    PreconditionMissing,
    PromotionRefused,
    QueueUnavailable,
    RegistryUnavailable,
    StateConflict,
    StoreUnavailable,
    TokenRefused,
    TooManyRequests,
    UserInputError,
)
from serving.api.command_routes import with_routes
from serving.api.fields import describe_validation
from serving.channels.incoming import clean_text
from serving.logs import describe_crash

_log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 2

# The first match counts: subclasses precede their parents.
_STATUS_BY_ERROR: tuple[tuple[type[BotError], int, str], ...] = (
    (NotFound, 404, "not_found"),
    (TokenRefused, 401, "unauthorized"),
    (NotAuthentic, 403, "forbidden"),
    (TooManyRequests, 429, "too_many_requests"),
    (PreconditionMissing, 428, "precondition_required"),
    (UserInputError, 422, "invalid_input"),
    (DataRejected, 422, "data_rejected"),
    (StateConflict, 409, "conflict"),
    (PromotionRefused, 409, "release_refused"),
    (ModelNotLoaded, 503, "no_release"),
    (StoreUnavailable, 503, "store_unavailable"),
    (RegistryUnavailable, 503, "registry_unavailable"),
    (IssuerUnavailable, 503, "issuer_unavailable"),
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
_INTERNAL = re.compile(
    r"""[a-z][a-z0-9+.-]*://[^\s'"),;]+"""  # an address
    r"""|host=['"][^'"]*['"], port=\d+"""  # as urllib3 writes it
    r"""|(?<![\w.-])(?=[\w.-]*[a-z.])[\w.-]+:\d{2,5}\b"""  # host:port
    r"""|\[[0-9a-f:]+\](?::\d+)?|\b\d{1,3}(?:\.\d{1,3}){3}\b"""
    r"""|(?<![\w/.])/(?:[^\s/'"),;:]+/)+[^\s/'"),;:]*""",  # a path of at least two names
    re.IGNORECASE,
)
_NO_BODY = ("missing", ("body",))
_NO_JSON = "the body is not valid JSON; send an object as the docs show"
_NOT_MARKED_AS_JSON = "send the body as JSON, with the header `Content-Type: application/json`"
_FRAMEWORK_WORDS = {
    "Bad Request": _NO_JSON,
    "There was an error parsing the body": _NO_JSON,
    "Not Found": "there is no such route; /docs lists them",
}


class ErrorBody(BaseModel):
    """The body of every error response: a word for programs and a sentence for people."""

    error: str
    detail: str


class ConflictBody(ErrorBody):
    """What an editor is told whose version is not the newest."""

    current: Any = Field(description="The resource as it stands now; null if it was deleted.")


def error_response(status: int, error: str, detail: str, *, retry_after: int = RETRY_AFTER_SECONDS) -> JSONResponse:
    """Build an error response."""
    headers = {"Retry-After": str(retry_after)} if status in (409, 429, 503) else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = ErrorBody(error=error, detail=clean_text(detail))  # it may quote what was sent
    return JSONResponse(body.model_dump(), status_code=status, headers=headers)


def public_text(text: str) -> str:
    """Mask the addresses of servers and the paths of files, which are for the operator; the log has them."""
    return _INTERNAL.sub("***", text)


def stored_error(kind: str, text: str, *, bot: str) -> ErrorBody:
    """Return the body for an error that was stored with the name of its class, in words that may leave the house."""
    found = getattr(errors, kind, None)
    raised: type = found if isinstance(found, type) else object
    name = next((name for each, _, name in _STATUS_BY_ERROR if issubclass(raised, each)), "failed")
    is_public = issubclass(raised, UserInputError | DataRejected | StateConflict)
    return ErrorBody(error=name, detail=with_routes(text if is_public else public_text(text), bot))


async def _on_bot_error(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, EditConflict):
        body = ConflictBody(error="edit_conflict", detail=str(error), current=error.current)
        headers = {"ETag": error.etag} if error.etag is not None else {}
        return JSONResponse(body.model_dump(mode="json"), status_code=412, headers=headers)
    bot = request.path_params.get("bot", "{bot}")
    for kind, status, name in _STATUS_BY_ERROR:
        if isinstance(error, kind):
            if status != 503:
                response = error_response(status, name, with_routes(str(error), bot))
                if isinstance(error, TooManyRequests):
                    response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
                return response
            _log.warning("%s: %s", name, error)
            return error_response(status, name, with_routes(public_text(str(error)), bot))
    _log.error("unexpected %s", type(error).__name__)
    return error_response(500, "internal", "something went wrong here; see the server's log")


async def _on_validation_error(request: Request, error: Exception) -> JSONResponse:
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    is_marked = "json" in request.headers.get("content-type", "")
    if not is_marked and any(found["loc"] == ("body",) and found["type"] != "missing" for found in errors):
        return error_response(422, "invalid_input", _NOT_MARKED_AS_JSON)
    if any(found["type"] == "json_invalid" or (found["type"], found["loc"]) == _NO_BODY for found in errors):
        return error_response(400, "malformed", _NO_JSON)
    return error_response(422, "invalid_input", describe_validation(errors))


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    status, detail = error.status_code, str(error.detail)
    detail, headers = _FRAMEWORK_WORDS.get(detail, detail), dict(error.headers or {})
    if status == 405:  # the framework names the methods of one route, and a path may have several
        headers["Allow"] = ", ".join(sorted(_methods_of(request)))
        detail = f"this route takes {headers['Allow']}; /docs shows what each does"
    response = error_response(status, _NAME_BY_STATUS.get(status, "error"), detail)
    response.headers.update(headers)
    return response


def _methods_of(request: Request) -> set[str]:
    path = request.url.path
    found = (route.methods or () for route in iter_route_contexts(request.app.routes) if route.path_regex.match(path))
    return {method for methods in found for method in methods}


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
        except asyncio.CancelledError:  # the server ends, and waits no longer
            _log.warning("%s %s: not finished before the end", scope["method"], scope["path"])
            if not has_started:
                detail = "the server is restarting; send the request again"
                await error_response(503, "restarting", detail)(scope, receive, send)
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

    `max_bytes_by_ending` holds other limits, by the ending of the path; where none applies, `max_bytes_by_pattern`
    does, by a pattern of the whole path.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int,
        max_bytes_by_ending: Mapping[str, int] = MappingProxyType({}),
        max_bytes_by_pattern: Mapping[re.Pattern[str], int] = MappingProxyType({}),
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_bytes_by_ending, self._max_bytes_by_pattern = max_bytes_by_ending, max_bytes_by_pattern

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = next(
            (size for ending, size in self._max_bytes_by_ending.items() if scope["path"].endswith(ending)),
            next(
                (size for pattern, size in self._max_bytes_by_pattern.items() if pattern.fullmatch(scope["path"])),
                self._max_bytes,
            ),
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
