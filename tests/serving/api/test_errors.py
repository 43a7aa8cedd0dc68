import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request

from pipelines.errors import (
    BotError,
    DataRejected,
    ModelNotLoaded,
    NotAuthentic,
    NotFound,
    QueueUnavailable,
    RegistryUnavailable,
    ReleaseRefused,
    SetupProblem,
    StateConflict,
    StoreUnavailable,
    UserInputError,
)
from serving.api.errors import describe_validation, install_error_handlers


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (UserInputError("send less"), 422, "invalid_input"),
        (NotFound("bot", "x", hint="import it"), 404, "not_found"),
        (NotAuthentic("sign it"), 403, "forbidden"),
        (DataRejected("file", ["row 1"]), 422, "data_rejected"),
        (StateConflict(), 409, "conflict"),
        (ModelNotLoaded("x", "production"), 503, "no_release"),
        (ReleaseRefused("x", "3", "bad hash"), 503, "no_release"),
        (StoreUnavailable("ping"), 503, "store_unavailable"),
        (RegistryUnavailable("http://x", "refused"), 503, "registry_unavailable"),
        (QueueUnavailable("it is full"), 503, "queue_unavailable"),
        (SetupProblem("port in use"), 500, "internal"),
    ],
)
async def test_every_error_of_ours_has_its_status(error: BotError, status: int, name: str) -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as client:
        response = await client.get("/")
    assert (response.status_code, response.json()["error"]) == (status, name)
    assert ("retry-after" in response.headers) is (status in (409, 503))
    assert (response.json()["detail"] == str(error)) is (status != 500)


def test_describe_validation_names_places_and_no_values() -> None:
    errors = [{"loc": ("body", "context", n), "msg": "Value error, bad", "input": datetime.now(UTC)} for n in range(7)]
    text = describe_validation(errors)
    assert text.startswith("context.0: bad; context.1")
    assert text.endswith("and 2 more")


async def test_half_a_request_is_nobodys_error(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.post("/")
    async def read(request: Request) -> str:
        return str(await request.body())

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": [], "root_path": ""}
    halves: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return halves.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    with caplog.at_level(logging.INFO):
        await app(scope, receive, send)
    assert (sent, caplog.text) == ([], "")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (SetupProblem("the queue cannot be used; set it"), "the queue cannot be used; set it"),
        (ValueError("x"), "ValueError at "),
    ],
)
async def test_a_problem_at_start_up_is_a_sentence(error: Exception, sentence: str) -> None:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        raise error
        yield

    app = FastAPI(lifespan=lifespan)
    install_error_handlers(app)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"type": "lifespan", "state": {}}, receive, send)
    (failed,) = sent
    assert failed["type"] == "lifespan.startup.failed"
    assert failed["message"].startswith(sentence)
    assert "Traceback" not in failed["message"]
