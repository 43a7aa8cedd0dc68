"""Thousands of requests that are generated from the OpenAPI document, sent by an owner."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from tests.fakes.tool_server import tool_server
from tests.support.admin import TOKEN
from tests.support.api_process import api_process
from tests.support.bots import TINY_BOT_WIRE
from tests.support.mlflow_server import mlflow_server, register_for

pytestmark = [pytest.mark.prove, pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
N_CASES = 2000


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory, tiny_release_folder: Path) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as uri:
        for _ in range(2):
            register_for(uri, tiny_release_folder, bot="default")
        yield uri


async def import_tiny_bot(mongo_uri: str, name: str) -> None:
    database = Database(mongo_uri, name=name, timeout_seconds=5.0)
    await import_bot(database, TINY_BOT_WIRE, bot="default", source="test")
    database.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_response_is_as_documented(
    seed: int,
    tmp_path: Path,
    tiny_release_folder: Path,
    mongo_uri: str,
    mlflow: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with tool_server() as shop:
        settings = {
            "admin_token": TOKEN,
            "mongo_database": f"generated_{seed}",
            "mlflow_tracking_uri": mlflow,
            "rate_limit_key": 0,
            "rate_limit_address": 0,
            "rate_limit_thread": 0,
        }
        with api_process(
            tmp_path, release=tiny_release_folder, mongo_uri=mongo_uri, shop=shop.url, settings=settings
        ) as url:
            await import_tiny_bot(mongo_uri, settings["mongo_database"])
            report = tmp_path / "report.json"
            done = await asyncio.to_thread(
                subprocess.run,
                [
                    sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json",
                    "--header", f"Authorization: Bearer {TOKEN}", "--seed", str(seed), "--checks", CHECKS,
                    "--max-examples", "20", "--continue-on-failure", "--no-color", "--request-timeout", "30",
                    "--suppress-health-check", "all", "--phases", "examples,coverage,fuzzing,stateful",
                    "--report", "json", "--report-json-path", str(report),
                ],
                cwd=tmp_path, capture_output=True, text=True, check=False,
            )  # fmt: skip
            n_cases = max((int(each) for each in re.findall(r"(\d+) generated", done.stdout)), default=0)
            with capsys.disabled():
                sys.stdout.write(f"\nseed {seed}: {n_cases:,} requests\n")
            assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
            assert n_cases >= N_CASES
            assert httpx2.get(f"{url}/health/live").status_code == 200
