import logging
import re
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
    TokenRefused,
    UserInputError,
)
from serving.api.command_routes import with_routes
from serving.api.errors import install_error_handlers, public_text
from serving.api.fields import describe_validation


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (UserInputError("send less"), 422, "invalid_input"),
        (NotFound("bot", "x", hint="import it"), 404, "not_found"),
        (NotAuthentic("sign it"), 403, "forbidden"),
        (TokenRefused("send it"), 401, "unauthorized"),
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
    assert (response.json()["detail"] == with_routes(public_text(str(error)))) is (status != 500)
    assert ("www-authenticate" in response.headers) is (status == 401)


@pytest.mark.parametrize(
    "internal",
    [
        "http://mlflow.internal:5000/api?x=1", "mongodb://user:pass@db-7.vpc/", "sqlite:////srv/mlflow.db",
        "HTTPConnectionPool(host='mlflow', port=5000)", "db-7.vpc:27017", "localhost:27017", "10.0.3.17", "[::1]:5000",
        "/srv/intentloop/releases/7/model.bin", "file:///etc/passwd",
    ],
)  # fmt: skip
async def test_a_503_names_no_server_and_no_file_but_the_log_does(
    internal: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = FastAPI()
    install_error_handlers(app)
    errors = {
        "/registry": RegistryUnavailable(internal, f"no answer from {internal}"),
        "/store": StoreUnavailable(f"find: {internal} refused"),
        "/release": ReleaseRefused("x", "3", f"cannot read {internal}"),
        "/queue": QueueUnavailable(f"{internal} is full"),
    }

    @app.get("/{name}")
    async def fail(request: Request) -> None:
        raise errors[request.url.path]

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as client:
        for path, error in errors.items():
            caplog.clear()
            body = (await client.get(path)).json()
            hosts = [
                word for word in re.split(r"[^\w.-]+|:", internal) if "." in word or word in ("mlflow", "localhost")
            ]
            assert internal not in body["detail"]
            assert not any(host in body["detail"] for host in hosts), body
            assert str(error) in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "version 3 of 'x' is refused: its hash differs; correct that and train again",
        "the database did not answer (ping: AutoReconnect); check INTENTLOOP_MONGO_URI or run `intentloop doctor`",
        "it was made at 2026-11-23 10:30 with train/test 80:20 and and/or",
    ],
)
def test_public_text_leaves_everything_else(text: str) -> None:
    assert public_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("import one with `intentloop import FILE --bot NAME`", " or PUT /api/v1/bots/shop/draft"),
        ("promote it with `intentloop promote 7`", " or POST /api/v1/bots/shop/releases/7/promote"),
        ("(`intentloop promote VERSION`)", " or POST /api/v1/bots/shop/releases/VERSION/promote)"),
        ("correct that, or run `intentloop rollback`", " or POST /api/v1/bots/shop/releases/rollback"),
        ("train one with `intentloop train --promote`", " or POST /api/v1/bots/shop/trainings"),
        ("such as `intentloop label --decide FILE`", " or POST /api/v1/bots/shop/labels/decisions"),
        ("run `intentloop doctor`", ""),
        ("import one with `intentloop import FILE --bot NAME`, or POST /api/v1/bots", ""),
        ("`intentloop trainings` is no command", ""),
    ],
)
def test_a_command_that_is_recommended_stands_beside_its_route(text: str, shown: str) -> None:
    end = text.rfind("`") + 1
    assert with_routes(text, "shop").removeprefix(text[:end]) == (shown or text[end:])


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
