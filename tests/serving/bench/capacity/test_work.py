"""The work of a message: from a benchmark's file, and the product's limits."""

import json
from pathlib import Path

import pytest

from pipelines.errors import DataRejected
from pipelines.settings import Settings
from serving.bench.capacity.work import Limits, Work
from serving.bench.figures import ChatFigures


def figures(**changed: object) -> ChatFigures:
    """Make the figures of a benchmark."""
    values: dict[str, object] = dict.fromkeys(ChatFigures.model_fields)
    values |= {"url": "http://127.0.0.1:1", "seconds": 1, "messages": 1, "answers_per_second": 1, "outcomes": {}}
    values |= {"threads_stored": 0, "long_thread": 0, "load_before": 0, "load_after": 0, "cpus": 2}
    return ChatFigures.model_validate(values | changed)


def test_measured_reads_what_a_benchmark_wrote(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    file.write_text(figures(cpu_ms=9.0, database_cpu_ms=None, resident_mb=500).model_dump_json())
    read = Work.measured(file)
    assert (read.cpu_ms, read.resident_mb) == (9.0, 500)
    assert read.database_ms == Work.measured().database_ms


@pytest.mark.parametrize("content", [None, "{", json.dumps({"url": "x"})])
def test_measured_refuses_another_file(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "figures.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(DataRejected, match="bench chat --out FILE"):
        Work.measured(file)


def test_limits_are_those_that_the_product_applies() -> None:
    limits = Limits.of(Settings(max_connections=100, mongo_timeout_seconds=2.0, llm_max_concurrent=3))
    assert (limits.max_connections, limits.database_seconds, limits.llm_slots) == (84, 2.0, 3)
    assert (limits.worker_slots, limits.retry_after_seconds, limits.silence_seconds) == (32, 2, 5.0)
