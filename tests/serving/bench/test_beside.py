import threading
import time

from serving.bench.beside import SLICE_SECONDS, Slices
from serving.bench.plan import Sample


class Work:
    times_begun = 0
    is_going_on = False

    def cpu_seconds(self) -> float | None:
        return None

    def resume(self) -> None:
        self.is_going_on = True

    def pause(self) -> None:
        self.is_going_on = False

    def end(self) -> None:
        self.pause()


def sample(due_at: float, latency_ms: float) -> Sample:
    return Sample(due_at=due_at, latency_ms=latency_ms, outcome="200")


def test_run_begins_quietly_and_ends_so() -> None:
    work = Work()
    slices = Slices(work)
    thread = threading.Thread(target=slices.run)
    thread.start()
    time.sleep(0.2)
    assert not work.is_going_on
    slices.stop()
    thread.join(SLICE_SECONDS)
    assert not work.is_going_on
    assert len(slices.quiet) == 1


def test_p95_ratio_compares_neighbours() -> None:
    slices = Slices(Work(), quiet=[(0, 1), (2, 3), (4, 5)], busy=[(1, 2), (3, 4), (5, 6)])
    # the second pair met a bad moment of the machine, both slices alike
    latencies = {0.5: 10.0, 1.5: 11.0, 2.5: 100.0, 3.5: 110.0, 4.5: 10.0, 5.5: 30.0}
    samples = tuple(sample(due_at, latency_ms) for due_at, latency_ms in latencies.items())
    assert slices.p95_ratio(samples) == 1.1
    assert [each.latency_ms for each in slices.of(samples, slices.busy)] == [11.0, 110.0, 30.0]


def test_failure_of_the_work_is_kept_for_whoever_waits() -> None:
    class Broken(Work):
        def resume(self) -> None:
            raise ValueError("it broke")

    slices = Slices(Broken())
    slices.run()
    assert isinstance(slices.failure, ValueError)
