import threading
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.telemetry.instruments import (
    DATABASE_SECONDS,
    HOP_SECONDS,
    INSTRUMENTS,
    LABELS,
    LLM_SPEND,
    OTHER,
    QUEUE_AGE,
    SECONDS,
    TURNS,
)
from serving.telemetry.meter import Meter, total
from serving.telemetry.prometheus import exposition, prometheus_name, serve_metrics
from tests.support.servers import free_port


def test_every_label_is_declared_and_used() -> None:
    used = {label for instrument in INSTRUMENTS for label in instrument.labels}
    assert used == set(LABELS)
    assert len({instrument.name for instrument in INSTRUMENTS}) == len(INSTRUMENTS)


def test_no_metric_can_have_many_series() -> None:
    meter = Meter()
    for number in range(3000):
        for instrument in INSTRUMENTS:
            values = tuple(f"made up {number} {name}" for name in instrument.labels)
            if instrument.kind == "histogram":
                meter.observe(instrument, 0.1, values)
            else:
                meter.add(instrument, 1, values)
    for number in range(3000):
        meter.add(TURNS, 1, (f"bot{number % 50}", f"{number % 17}", "intent", "answered"))
    per_instrument = dict.fromkeys(INSTRUMENTS, 0)
    for point in meter.points():
        per_instrument[point.instrument] += 1
    assert all(n <= instrument.most_series for instrument, n in per_instrument.items())
    assert sum(instrument.most_series for instrument in INSTRUMENTS) <= 15_000
    assert total(meter.points(), TURNS) == 6000


def test_the_first_bots_have_their_names_and_the_rest_are_others() -> None:
    meter = Meter()
    for number in range(LABELS["bot"].most + 5):
        meter.add(TURNS, 1, (f"bot{number}", "1", "intent", "answered"))
    counts = {point.labels["bot"]: point.series.value for point in meter.points()}
    assert counts["bot0"] == 1
    assert counts[OTHER] == 5


def test_values_from_several_threads_are_all_counted() -> None:
    meter = Meter()

    def work() -> None:
        for _ in range(2000):
            meter.observe(HOP_SECONDS, 0.003, ("turn",))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (point,) = meter.points()
    assert (point.series.count, sum(point.series.buckets)) == (16_000, 16_000)
    assert point.series.value == pytest.approx(48.0)


def test_prometheus_reads_what_we_write() -> None:
    meter = Meter()
    meter.add(TURNS, 3, ('a "bot"\n\\', "7", "fallback", "answered"))
    meter.add(LLM_SPEND, 0.25, ())
    meter.set(QUEUE_AGE, 12.5, ())
    for seconds in (0.0005, 0.03, 99.0):
        meter.observe(DATABASE_SECONDS, seconds, ("read",))
    families = {family.name: family for family in text_string_to_metric_families(exposition(meter))}
    assert {prometheus_name(instrument).removesuffix("_total") for instrument in INSTRUMENTS} == set(families)
    (turns,) = families["intentloop_turns"].samples
    assert (turns.labels["bot"], turns.labels["route"], turns.value) == ('a "bot"\n\\', "fallback", 3.0)
    assert families["intentloop_queue_age_seconds"].samples[0].value == 12.5
    samples = families["intentloop_database_duration_seconds"].samples
    buckets = {sample.labels["le"]: sample.value for sample in samples if sample.name.endswith("_bucket")}
    assert (buckets["0.001"], buckets["0.05"], buckets["10.0"], buckets["+Inf"]) == (1.0, 2.0, 2.0, 3.0)
    assert len(buckets) == len(SECONDS) + 1


def test_metrics_are_served_on_their_own_port_and_nothing_else_is() -> None:
    meter, port = Meter(), free_port()
    meter.add(LLM_SPEND, 1.5, ())
    with serve_metrics(meter, host="127.0.0.1", port=port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
            assert "intentloop_llm_spend_total 1.5" in response.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10)
