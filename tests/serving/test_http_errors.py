from datetime import UTC, datetime

import httpx2
import pytest
from fastapi import FastAPI

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
from serving.http_errors import describe_validation, install_error_handlers


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (UserInputError("send less"), 422, "invalid_input"),
        (NotFound("bot", "x", hint="import it"), 404, "not_found"),
        (NotAuthentic("sign it"), 403, "forbidden"),
        (DataRejected("file", ["row 1"]), 422, "data_rejected"),
        (StateConflict("t"), 409, "conflict"),
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
