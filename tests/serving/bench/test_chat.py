"""The whole benchmark, with real processes: database, registry's store, the benchmark's own API, the generator."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.errors import NotFound, SetupProblem
from pipelines.registry.client import model_name
from pipelines.schemas.keys import TURNS
from pipelines.settings import Settings
from serving.bench.beside import bench_beside
from serving.bench.chat import ChatBench, bench_chat
from serving.bench.figures import describe
from serving.bench.own_api import DATABASE_SUFFIX, on_database
from serving.local.home import prepare_home
from serving.local.programs import local_settings
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from tests.support.api_process import api_process
from tests.support.bots import TINY_BOT
from tests.support.mlflow_server import register_release
from tests.support.servers import ENGINES, free_port, mongo_server

PROMOTE = "import mlflow, sys; mlflow.MlflowClient(sys.argv[1]).set_registered_model_alias(*sys.argv[2:])"

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def bench_of(**fields: object) -> ChatBench:
    values: dict[str, object] = {
        "bot": "default",
        "url": None,
        "clients": 3,
        "rate": None,
        "seconds": 1.5,
        "texts_file": None,
        "with_tools": False,
        "threads_stored": 0,
        "long_thread": 0,
        "seed": 0,
    }
    return ChatBench(**(values | fields))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, tiny_release_folder: Path) -> Iterator[Settings]:
    """Give the settings of a platform that has a bot and a promoted release of it."""
    folder = tmp_path_factory.mktemp("platform")
    tracking_uri = f"sqlite:///{folder}/mlflow.db"
    version = register_release(tracking_uri, tiny_release_folder, name=model_name("default"))
    # in a process of its own: as a store in this one, the library warns of itself
    promotion = [tracking_uri, model_name("default"), "production", version]
    subprocess.run([sys.executable, "-c", PROMOTE, *promotion], check=True)
    with mongo_server(ENGINES[0], folder / "database") as mongo_uri:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            mongo_uri=mongo_uri,
            mlflow_tracking_uri=tracking_uri,
            demo_port=free_port(),
        )
        settings = local_settings(settings, prepare_home(folder / "home"))
        wire = TINY_BOT.to_wire()
        on_database(settings, lambda database: import_bot(database, wire, bot="default", source="the tiny bot"))
        yield settings


def test_bench_chat_measures_every_part_of_its_own_api(platform: Settings) -> None:
    shares: list[float] = []
    bench = bench_of(threads_stored=40, long_thread=30)
    figures = bench_chat(platform, bench, progress=lambda share, _: shares.append(share))
    assert set(figures.outcomes) == {"200"}
    assert figures.answers_per_second > 1
    assert figures.latency_ms is not None
    assert figures.cpu_split_ms is not None
    assert figures.cpu_ms is not None
    assert figures.database_cpu_ms is not None
    assert figures.resident_mb is not None
    assert sum(figures.cpu_split_ms.model_dump().values()) == pytest.approx(figures.cpu_ms, rel=0.3)
    assert shares == sorted(shares)
    assert "answers per second" in dict(describe(figures))


def test_bench_chat_leaves_the_platform_as_it_was(platform: Settings) -> None:
    bench_chat(platform, bench_of(seconds=1.0), progress=lambda *_: None)
    bench_settings = platform.model_copy(update={"mongo_database": f"{platform.mongo_database}{DATABASE_SUFFIX}"})

    async def count(database: Database) -> int:
        return await database.call("count", database.collection(TURNS).count_documents({}))

    assert on_database(platform, count) == 0
    assert on_database(bench_settings, count) == 0


def test_bench_beside_compares_with_and_without(platform: Settings) -> None:
    figures = bench_beside(platform, bench_of(rate=20.0, seconds=7.0), "import", progress=lambda *_: None)
    assert figures.times_begun > 0
    assert min(figures.quiet_messages, figures.busy_messages) > 10
    assert figures.p95_ratio > 0


def test_bench_chat_measures_an_api_that_runs_already(
    platform: Settings, tiny_release_folder: Path, tmp_path: Path
) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"text": "hello"}\n', encoding="utf-8")
    with api_process(
        tmp_path / "api", release=tiny_release_folder, mongo_uri=platform.resolved_mongo_uri, shop="http://127.0.0.1:1"
    ) as url:
        figures = bench_chat(platform, bench_of(url=url, rate=10.0, texts_file=texts), progress=lambda *_: None)
        with pytest.raises(SetupProblem, match="omit --url"):
            bench_chat(platform, bench_of(url=url, long_thread=1), progress=lambda *_: None)
    assert set(figures.outcomes) == {"200"}
    assert figures.cpu_ms is not None
    assert figures.cpu_split_ms is None
    assert figures.tool_calls_per_message is None


def test_bench_chat_of_an_unknown_bot_says_what_to_do(platform: Settings) -> None:
    with pytest.raises(NotFound, match="import one"):
        bench_chat(platform, bench_of(bot="nobody"), progress=lambda *_: None)
