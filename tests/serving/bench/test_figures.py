from serving.bench.figures import Latency, latency_of, outcomes_of, split_cpu
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
        ("process", "loop", "http", "dialogue", "nlu", "database", "tools", "nlu_in_threads", "requests", "metered"),
        1.0,
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
        "metered": 1001.0,
    }
    split = split_cpu(before, after)
    assert split.nlu == 2.5
    assert split.database_driver == 1.5
    assert split.http_server == 1.5
    assert sum(split.model_dump().values()) == 7.0


def test_metered_requests_stand_for_all() -> None:
    before = dict.fromkeys(
        ("process", "loop", "http", "dialogue", "nlu", "database", "tools", "nlu_in_threads", "requests", "metered"),
        0.0,
    )
    after = before | {"process": 7.0, "loop": 6.0, "nlu": 1.0, "database": 0.25, "requests": 1000.0, "metered": 250.0}
    split = split_cpu(before, after)
    assert (split.nlu, split.database_code, split.database_driver, split.http_server) == (4.0, 1.0, 1.0, 1.0)
