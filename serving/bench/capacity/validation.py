"""The simulation held against real load runs of one chat API.

The runs were made with `intentloop bench chat` on two processors that other work shared. How much of a processor the
API got is measured, too: the time its main thread waited for one, as the kernel counts it (`/proc/PID/schedstat`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from serving.bench.capacity.fleet import simulate
from serving.bench.capacity.scenario import Clients, Fleet, Load, Scenario
from serving.bench.capacity.work import Limits, Work

_WARM_UP_SECONDS, _SECONDS = 3.0, 12.0
_SEEDS = 10


@dataclass(frozen=True)
class RealRun:
    """What one load run measured.

    Attributes
    ----------
    clients, rate
        Customers who wait for each reply, or messages per second at random times.
    answers_per_second, p50_ms, p95_ms
        What the customers saw.
    cpu_ms, database_ms
        CPU time per message of the API and of the embedded database.
    waited
        Seconds that the main thread waited for a processor, per second that it had one.
    """

    clients: int
    rate: float
    answers_per_second: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    database_ms: float
    waited: float

    @property
    def name(self) -> str:
        """How the load was made."""
        return f"{self.rate:g} a second" if self.rate else f"{self.clients} waiting"


REAL_RUNS = (
    RealRun(1, 0, 98.0, 8.0, 22.0, 5.23, 1.60, 0.43),
    RealRun(16, 0, 98.7, 134.7, 312.2, 5.77, 1.06, 0.77),
    RealRun(0, 20, 19.8, 51.3, 351.1, 7.60, 2.27, 1.96),
    RealRun(0, 60, 62.8, 37.4, 165.1, 5.84, 1.60, 0.99),
    RealRun(0, 100, 98.7, 426.1, 1223.7, 5.31, 0.91, 1.01),
)
"""Of 2026-11-29: the sample bot, tool calls included, 12 seconds each after 3 to warm up; load 4 to 16."""


def compare_with_real(
    work: Work, limits: Limits, *, runs: Sequence[RealRun] = REAL_RUNS, seconds: float = _SECONDS
) -> pd.DataFrame:
    """Simulate the same load on one process, and return measured beside simulated figures, one row per run.

    Only the time that a message works and waits for a processor is taken from the run; the waiting in line is not.
    """
    rows = []
    for run in runs:
        scenario = Scenario(
            load=Load(clients=run.clients) if run.clients else Load(run.rate),
            fleet=Fleet(1, zones=1, database_processors=1, round_trip_ms=0.3, cpu_factor=1 + run.waited),
            work=replace(work, cpu_ms=run.cpu_ms, database_ms=run.database_ms),
            limits=limits,
            seconds=_WARM_UP_SECONDS + seconds,
            clients=Clients(patience_seconds=30.0),
        )
        answered = pd.concat([simulate(replace(scenario, seed=seed)).answered for seed in range(_SEEDS)])
        done = answered["at"] + answered["seconds"] >= _WARM_UP_SECONDS
        times = 1000 * answered.loc[answered["at"] >= _WARM_UP_SECONDS, "seconds"]
        rows.append(
            {
                "load": run.name,
                "processor": 1 / (1 + run.waited),
                "measured per second": run.answers_per_second,
                "simulated per second": float(done.sum()) / seconds / _SEEDS,
                "measured p50 ms": run.p50_ms,
                "simulated p50 ms": float(times.quantile(0.5)),
                "measured p95 ms": run.p95_ms,
                "simulated p95 ms": float(times.quantile(0.95)),
            }
        )
    return pd.DataFrame(rows).set_index("load")
