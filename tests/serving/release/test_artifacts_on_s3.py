"""Train, register, promote and serve with an MLflow server whose artifacts are on S3."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pipelines.registry.client import Registry
from tests.support.bots import TINY_BOT_WIRE
from tests.support.mlflow_server import start_mlflow
from tests.support.s3_server import BUCKET, S3Server, s3_server
from tests.support.serve_process import ROOT, environment_of, start_serve
from tests.support.servers import free_port, mongo_server, stop

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@dataclass(frozen=True)
class Site:
    """What runs. Only the MLflow server knows of S3: training and serving go through it."""

    s3: S3Server
    mongo_uri: str
    mlflow_uri: str
    folder: Path

    def environment(self, home: str) -> dict[str, str]:
        return environment_of(self.folder / home, mongo_uri=self.mongo_uri, mlflow_uri=self.mlflow_uri)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    port = free_port()
    with s3_server(tmp_path / "s3") as s3, mongo_server("nx-27017", tmp_path / "mongo") as mongo_uri:
        artifacts = f"s3://{BUCKET}/mlflow"
        mlflow = start_mlflow(tmp_path / "mlflow", port=port, artifacts=artifacts, environment=s3.environment)
        try:
            yield Site(s3, mongo_uri, f"http://127.0.0.1:{port}", tmp_path)
        finally:
            stop(mlflow)


def train(site: Site) -> str:
    """Train the tiny bot by the command, and promote it."""
    bot = site.folder / "bot.json"
    bot.write_text(json.dumps(TINY_BOT_WIRE), encoding="utf-8")
    options = ["--source", str(bot), "--encoder", "none", "--min-accuracy", "0", "--promote"]
    done = subprocess.run(
        [sys.executable, "-m", "serving.cli", "train", *options],
        capture_output=True, text=True, timeout=300, check=False, cwd=ROOT, env=site.environment("training"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def ask(url: str) -> tuple[int, dict[str, Any]]:
    async with httpx2.AsyncClient(timeout=30) as client:
        answer = await client.post(f"{url}/api/v1/bots/default/messages", json={"thread_id": "t", "text": "hello"})
        return answer.status_code, answer.json()


async def test_release_goes_through_s3_and_a_byte_changed_there_is_noticed(site: Site) -> None:
    assert "version 1 of intentloop-default promoted" in await asyncio.to_thread(train, site)
    (verdict,) = site.s3.keys("/verdict.json")
    assert verdict.startswith("mlflow/")
    first, url = await asyncio.to_thread(start_serve, site.folder / "one", site.environment("one"))
    try:
        status, answer = await ask(url)
        assert (status, answer["release"], answer["intent_id"]) == (200, "1", "greet")
    finally:
        stop(first)

    (bot_file,) = site.s3.keys("/release/bot.json")
    content = site.s3.client().get_object(Bucket=BUCKET, Key=bot_file)["Body"].read()
    site.s3.client().put_object(Bucket=BUCKET, Key=bot_file, Body=content.replace(b"Hello", b"Hallo"))
    for home, expected in (("one", 200), ("elsewhere", 503)):
        process, url = await asyncio.to_thread(start_serve, site.folder / home, site.environment(home))
        try:
            status, answer = await ask(url)
            assert (status, "hash of bot.json" in str(answer)) == (expected, expected == 503)
        finally:
            stop(process)
    tags = Registry(site.mlflow_uri).find_version("default", "1").tags
    assert "hash of bot.json" in tags["refused_reason"]
