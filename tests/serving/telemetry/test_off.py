"""Telemetry that is off: no spans, no values, and the SDK is not even loaded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.settings import Settings
from serving.telemetry import spans
from serving.telemetry.setup import open_telemetry

ROOT = Path(__file__).parents[3]
_START = """
import asyncio, json, sys
from pathlib import Path
from pipelines.settings import Settings
from serving.api.app import create_app
from serving.telemetry import spans
from tests.support.fixed import FixedReleases

async def main():
    own = {"mongo_uri": "mongodb://127.0.0.1:1", "mongo_timeout_seconds": 0.2, **json.loads(sys.argv[2])}
    app = create_app(Settings(_env_file=None, home=Path(sys.argv[1]), **own), releases=FixedReleases({}))
    async with app.router.lifespan_context(app):
        with spans.begin("http", kind="server") as span:
            names = [name for name in sys.modules if name.startswith("opentelemetry.")]
            sdk = [name for name in names if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))]
            print(json.dumps({"is_on": spans.is_on(), "trace_id": span.trace_id, "sdk": len(sdk)}))

asyncio.run(main())
"""


def start(home: Path, **settings: object) -> dict[str, object]:
    command = [sys.executable, "-c", _START, str(home), json.dumps(settings)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, object] = json.loads(ended.stdout.splitlines()[0])
    return found


@pytest.mark.slow
def test_an_api_without_telemetry_loads_no_sdk(tmp_path: Path) -> None:
    assert start(tmp_path) == {"is_on": False, "trace_id": None, "sdk": 0}
    found = start(tmp_path, telemetry="json", telemetry_file=str(tmp_path / "traces.jsonl"))
    assert found["is_on"] is True
    assert found["sdk"]


def test_telemetry_is_off_by_default_and_again_at_the_end(settings: Settings) -> None:
    with open_telemetry(settings, service="x") as meter:
        assert meter is None
        assert not spans.is_on()
    on = settings.model_copy(update={"telemetry": "json", "telemetry_file": settings.home / "t.jsonl"})
    with open_telemetry(on, service="x"):
        assert spans.is_on()
    assert not spans.is_on()
