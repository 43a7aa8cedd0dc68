"""Routes of the admin API: who may use them is checked first, and what they change is recorded."""

import difflib
import hashlib
import json
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import JsonValue
from starlette.exceptions import HTTPException

from pipelines.errors import AccessDenied, StoreUnavailable, UserInputError
from serving.access.roles import Principal
from serving.api.access import Allow, decision_of
from serving.api.errors import ErrorBody, error_response
from serving.api.sign_in import AccessControl, address_of
from serving.dialogue.services import Services
from serving.store.access.audit import AuditEntry, AuditLog
from serving.store.access.idempotency import MOST_CHARACTERS, Earlier, Idempotency, KeptResponse

IDEMPOTENCY_HEADER, REPLAYED_HEADER = "Idempotency-Key", "Idempotency-Replayed"
_OURS = "/api/v1/"
"""Elsewhere, clients of ai-chatbot-framework may send what it ignores."""
_LONGEST_KEY = 200
_LONGEST_INTEGER = 20
_TOO_LARGE = "the body holds a number that is too large; numbers have up to 64 bits"
_KEPT_HEADERS = ("content-type", "etag", "location")

_ERRORS: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorBody, "description": "A field is missing or cannot be used."},
    503: {"model": ErrorBody, "description": "Something that is needed does not answer; try again later."},
}
_log = logging.getLogger(__name__)

Handle = Callable[[Request], Coroutine[Any, Any, Response]]


def services_of(request: Request) -> Services:
    """Return what the app works with."""
    services: Services = request.app.state.services
    return services


def note_change(
    request: Request, *, before: JsonValue = None, after: JsonValue = None, target: str | None = None
) -> None:
    """Tell the audit log what a request changes. Leave out secrets and customers' words."""
    request.state.change = {"before": before, "after": after, **({"target": target} if target is not None else {})}


def leave_no_entry(request: Request) -> None:
    """Let the audit log have no entry of a request that turned out to change nothing."""
    request.state.is_read = True


def keep_no_response(request: Request) -> None:
    """Let the response to a request with an `Idempotency-Key` be kept nowhere: it holds a secret."""
    request.state.is_secret = True


class _StrictRequest(Request):
    """A request whose body is JSON as the standard has it, with numbers that every database can hold."""

    async def json(self) -> Any:
        """Return the body; raise as the stock method does, and an `HTTPException` for a number that is too large."""
        return json.loads(await self.body(), parse_constant=_no_number, parse_float=_number, parse_int=_integer)


def _no_number(name: str) -> float:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def _number(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise HTTPException(422, _TOO_LARGE)
    return number


def _integer(written: str) -> int:
    if len(written) > _LONGEST_INTEGER or not -(2**63) <= (number := int(written)) < 2**63:
        raise HTTPException(422, _TOO_LARGE)
    return number


class AdminRoute(APIRoute):
    """A route with one `allow`. Raises `TypeError` when it is made without one.

    A request is authenticated before its body is read. What a successful request has changed goes to the audit log,
    and so does one that the role did not allow. A POST with an `Idempotency-Key` that was done already is not done
    again.
    """

    def get_route_handler(self) -> Handle:
        """Return the handler of requests, as FastAPI asks for it."""
        handle, decision = super().get_route_handler(), decision_of(list(self.dependencies))
        if decision is None:
            raise TypeError(f"{self.path}: say with one `allow` who may use it")

        parameters = _query_parameters(self.dependant) if self.path.startswith(_OURS) else None

        async def checked(plain: Request) -> Response:
            request = _StrictRequest(plain.scope, plain.receive)
            access: AccessControl = request.app.state.access
            caller = request.state.caller = await access.authenticate(request)
            is_read = request.method in ("GET", "HEAD")
            try:
                decision.check(caller, request)
            except AccessDenied:
                if not is_read and access.is_recorded(caller, self.summary or self.name):
                    await self._record(request, caller, decision, outcome="refused")
                raise
            if parameters is not None:
                _require_known(request, parameters)
            if is_read:
                return await handle(request)

            async def recorded() -> Response:
                response = await handle(request)
                if not getattr(request.state, "is_read", False):
                    await self._record(request, caller, decision, outcome="done")
                return response

            key = request.headers.get(IDEMPOTENCY_HEADER)
            if key is None or request.method != "POST":
                return await recorded()
            return await _once(request, caller, key, recorded)

        return checked

    async def _record(self, request: Request, caller: Principal, decision: Allow, *, outcome: str) -> None:
        services = services_of(request)
        path = request.path_params
        fields = {
            "at": services.now(),
            "by": caller.id,
            "by_name": caller.name,
            "address": address_of(request) or None,
            "action": self.summary or self.name,
            "bot": decision.bot_of(request),
            "target": "/".join(str(value) for name, value in path.items() if name not in ("bot", "name")) or None,
            "outcome": outcome,
            **getattr(request.state, "change", {}),
        }
        entry = AuditEntry.model_validate(fields)
        try:
            await AuditLog(services.database).append(entry)
        except StoreUnavailable as error:  # it was done; a failure now would make the sender do it again
            _log.error("not in the audit log: %s by %s: %s", entry.action, entry.by, error)


class AdminRouter(APIRouter):
    """A router of `AdminRoute`s."""

    def __init__(self, *, prefix: str = "", tags: list[str], responses: dict[int | str, Any] | None = None) -> None:
        super().__init__(prefix=prefix, tags=list(tags), responses=_ERRORS | (responses or {}), route_class=AdminRoute)


def _query_parameters(dependant: Dependant) -> frozenset[str]:
    """Return the names of a route's query parameters, also those of what it depends on."""
    own = frozenset(field.alias for field in dependant.query_params)
    return own.union(*(_query_parameters(each) for each in dependant.dependencies))


def _require_known(request: Request, parameters: frozenset[str]) -> None:
    """Refuse a query parameter that would be ignored: a filter with a wrong name returns what it should leave out."""
    for name in request.query_params:
        if name not in parameters:
            close = difflib.get_close_matches(name, parameters, n=1, cutoff=0.5)
            hint = (
                f"did you mean {close[0]!r}?" if close else f"this route has {', '.join(sorted(parameters)) or 'none'}"
            )
            raise UserInputError(f"there is no parameter {name[:100]!r}; {hint}")


async def _once(request: Request, caller: Principal, key: str, do: Callable[[], Awaitable[Response]]) -> Response:
    """Do a request, unless it was done before."""
    if not 0 < len(key) <= _LONGEST_KEY:
        raise UserInputError(f"{IDEMPOTENCY_HEADER}: write 1 to {_LONGEST_KEY} characters, such as a random UUID")
    services = services_of(request)
    requests = Idempotency(services.database)
    name = _digest(caller.id, request.url.path, key)
    digest = _digest(request.url.query, await request.body())
    earlier = await requests.begin(name, digest, now=services.now())
    if earlier is not None:
        return _again(earlier)
    try:
        response = await do()
    except BaseException:
        await requests.give_up(name)
        raise
    kept = None if getattr(request.state, "is_secret", False) else _kept(response)
    await requests.end(name, digest, kept, now=services.now())
    return response


def _kept(response: Response) -> KeptResponse | None:
    """Return what is kept of a response, or None if it is too long, a stream, or no text."""
    try:
        body = bytes(response.body).decode()
    except (AttributeError, UnicodeDecodeError):
        return None
    if len(body) > MOST_CHARACTERS:
        return None
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return KeptResponse(response.status_code, headers, body)


def _again(earlier: Earlier) -> Response:
    if not earlier.is_same:
        raise UserInputError(f"{IDEMPOTENCY_HEADER}: another request had this key; send a new one with a new key")
    if not earlier.is_done:
        return error_response(409, "under_way", "a request with this key is under way or was cut off; look what it did")
    if earlier.response is None:
        return error_response(409, "done_already", "this was done already, and its response was not kept")
    kept = earlier.response
    return Response(kept.body, kept.status, {**kept.headers, REPLAYED_HEADER: "true"})


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
