from serving.bench.figures import BesideFigures, Latency, latency_of, outcomes_of, split_cpu
from serving.bench.plan import Sample


def samples(*latencies_ms: float, outcome: str = "200") -> list[Sample]:
    return [Sample(due_at=0.0, latency_ms=each, outcome=outcome) for each in latencies_ms]


def test_latency_of_gives_exact_percentiles() -> None:
    latency = latency_of(samples(*range(1, 101)))
    assert latency == Latency(p50=50, p95=95, p99=99, worst=100)


def test_latency_of_counts_answers_only() -> None:
    assert latency_of(samples(9.0, outcome="503")) is None


def test_outcomes_of_counts_every_kind() -> None:
    assert outcomes_of([*samples(1, 2), *samples(3, outcome="timeout")]) == {"200": 2, "timeout": 1}


def test_split_cpu_adds_up_to_the_process() -> None:
    before = dict.fromkeys(
        ("process", "loop", "http", "dialogue", "nlu", "database", "tools", "nlu_in_threads", "requests"), 1.0
    )
    after = {
        "process": 8.0,
        "loop": 6.0,
        "http": 1.5,
        "dialogue": 1.25,
        "nlu": 3.0,
        "database": 1.5,
        "tools": 1.25,
        "nlu_in_threads": 1.5,
        "requests": 1001.0,
    }
    split = split_cpu(before, after)
    assert split.nlu == 2.5
    assert split.database_driver == 1.5
    assert split.http_server == 1.5
    assert sum(split.model_dump().values()) == 7.0


def test_p95_ratio_is_written_out() -> None:
    quiet, busy = (Latency(p50=1, p95=p95, p99=9, worst=9) for p95 in (2.0, 3.0))
    figures = BesideFigures(
        beside="import", rate=20, quiet=quiet, busy=busy, quiet_messages=1, busy_messages=1, times_begun=1, outcomes={}
    )
    assert figures.model_dump()["p95_ratio"] == 1.5
