"""MLflow tells that an alias was moved: signed by its own function here, and sent by a real server."""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from cryptography.fernet import Fernet
from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent
from mlflow.webhooks.delivery import _generate_hmac_signature

from pipelines.errors import NotAuthentic
from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.api.app import create_app
from serving.api.mlflow_webhook import SignedWebhook
from tests.support.fixed import FixedReleases
from tests.support.mlflow_server import start_mlflow
from tests.support.servers import free_port, stop

SECRET = "a secret of two sides"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MOVED = json.dumps(
    {"entity": "model_version_alias", "action": "created", "timestamp": "2026-11-23T12:00:00+00:00",
     "data": {"name": "intentloop-default", "alias": "production", "version": "2"}}
)  # fmt: skip


def signed(body: str, *, secret: str = SECRET, delivery: str = "d-1", at: datetime = NOW) -> dict[str, str]:
    """Give the headers that MLflow would send."""
    moment = str(int(at.timestamp()))
    return {
        "x-mlflow-delivery-id": delivery,
        "x-mlflow-timestamp": moment,
        "x-mlflow-signature": _generate_hmac_signature(secret, delivery, moment, body),
    }


def test_accept_takes_what_mlflow_signed_once() -> None:
    webhook = SignedWebhook(SECRET)
    assert webhook.accept(MOVED.encode(), signed(MOVED), now=NOW)
    assert not webhook.accept(MOVED.encode(), signed(MOVED), now=NOW + timedelta(seconds=299))
    assert webhook.accept(MOVED.encode(), signed(MOVED, delivery="d-2"), now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"x-mlflow-signature": ""},
        {"x-mlflow-signature": "v1,"},
        {"x-mlflow-signature": "v1,ü"},
        {"x-mlflow-signature": "v0," + signed(MOVED)["x-mlflow-signature"][3:]},
        {"x-mlflow-delivery-id": "d-2"},
        {"x-mlflow-delivery-id": ""},
        {"x-mlflow-timestamp": "0"},
        {"x-mlflow-timestamp": "soon"},
        {"x-mlflow-timestamp": ""},
        signed(MOVED, secret="another secret"),
        signed(MOVED + " "),
        signed(MOVED, delivery="d" * 201),
        signed(MOVED, at=NOW - timedelta(seconds=301)),
        signed(MOVED, at=NOW + timedelta(seconds=302)),
    ],
)
def test_accept_refuses_everything_else(changes: dict[str, str]) -> None:
    with pytest.raises(NotAuthentic):
        SignedWebhook(SECRET).accept(MOVED.encode(), {**signed(MOVED), **changes}, now=NOW)


def test_accept_forgets_deliveries_that_are_too_old_to_come_again() -> None:
    webhook = SignedWebhook(SECRET)
    for number in range(50):
        moment = NOW + timedelta(minutes=number)
        assert webhook.accept(MOVED.encode(), signed(MOVED, delivery=f"d-{number}", at=moment), now=moment)
    assert len(webhook._seen_until) <= 11


@pytest.fixture
def releases(tiny_release: Release) -> FixedReleases:
    return FixedReleases({"default": tiny_release})


async def client_of(settings: Settings, releases: FixedReleases) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(settings, releases=releases)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://chat.test") as client,
    ):
        yield client


def with_secret(settings: Settings, **more: Any) -> Settings:
    values = {"mongo_uri": f"mongodb://127.0.0.1:{free_port()}", "mlflow_webhook_secret": SECRET, **more}
    return Settings(_env_file=None, **{**settings.model_dump(), **values})  # type: ignore[call-arg]


async def test_path_wakes_the_watcher_for_aliases_alone(settings: Settings, releases: FixedReleases) -> None:
    tag = json.dumps({"entity": "model_version_tag", "action": "set", "data": {}})
    async for client in client_of(with_secret(settings), releases):
        answers = []
        for number, (body, headers) in enumerate(
            [
                (MOVED, signed(MOVED, delivery="a", at=datetime.now(UTC))),
                (MOVED, signed(MOVED, delivery="a", at=datetime.now(UTC))),
                (tag, signed(tag, delivery="b", at=datetime.now(UTC))),
                ("[]", signed("[]", delivery="c", at=datetime.now(UTC))),
                ("{", signed("{", delivery="d", at=datetime.now(UTC))),
                (MOVED, {}),
            ]
        ):
            answer = await client.post("/webhooks/mlflow", content=body, headers=headers)
            answers.append((number, answer.status_code, answer.json().get("status")))
        assert answers == [
            (0, 200, "ok"), (1, 200, "known"), (2, 200, "ignored"), (3, 200, "ignored"), (4, 400, None), (5, 403, None),
        ]  # fmt: skip
        assert releases.wakes == 1


async def test_path_does_not_exist_without_a_secret(settings: Settings, releases: FixedReleases) -> None:
    async for client in client_of(with_secret(settings, mlflow_webhook_secret=None), releases):
        answer = await client.post("/webhooks/mlflow", content=MOVED, headers=signed(MOVED))
        assert answer.status_code == 404
        assert releases.wakes == 0


@pytest.fixture
def webhook_server(tmp_path: Path) -> Iterator[str]:
    """Give the URI of a server that may send webhooks to this machine."""
    port = free_port()
    environment = {
        "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
        "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": Fernet.generate_key().decode(),
    }
    process = start_mlflow(tmp_path / "mlflow", port=port, environment=environment)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


@pytest.mark.integration
@pytest.mark.slow
async def test_real_server_is_understood(webhook_server: str, settings: Settings, releases: FixedReleases) -> None:
    port = free_port()
    app = create_app(with_secret(settings), releases=releases)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    client = MlflowClient(webhook_server, registry_uri=webhook_server)

    def move_an_alias() -> None:
        client.create_webhook(
            name="intentloop",
            url=f"http://127.0.0.1:{port}/webhooks/mlflow",
            events=[WebhookEvent(WebhookEntity.MODEL_VERSION_ALIAS, WebhookAction.CREATED)],
            secret=SECRET,
        )
        client.create_registered_model("intentloop-default")
        client.create_model_version("intentloop-default", "s3://nowhere/release")
        client.set_registered_model_alias("intentloop-default", "production", "1")

    try:
        await asyncio.to_thread(move_an_alias)
        async with asyncio.timeout(120):
            while not releases.wakes:  # noqa: ASYNC110 - another task's progress
                await asyncio.sleep(0.05)
    finally:
        server.should_exit = True
        await serving


@pytest.mark.parametrize(
    "moment", ["1e26", "-1", "NaN", "Infinity", "", " 1", "9" * 13, "9" * 400, "9" * 5000, "²", "1764000000.0"]
)
def test_a_signed_moment_that_is_none_is_refused(moment: str) -> None:
    signature = _generate_hmac_signature(SECRET, "d-1", moment, MOVED)
    if not moment.isascii():  # the library signs UTF-8, and headers arrive as Latin-1
        digest = hmac.new(SECRET.encode(), b"d-1." + moment.encode("latin-1") + b"." + MOVED.encode(), "sha256")
        signature = "v1," + base64.b64encode(digest.digest()).decode()
    headers = {"x-mlflow-delivery-id": "d-1", "x-mlflow-timestamp": moment, "x-mlflow-signature": signature}
    with pytest.raises(NotAuthentic, match="too old or from the future"):
        SignedWebhook(SECRET).accept(MOVED.encode(), headers, now=NOW)
