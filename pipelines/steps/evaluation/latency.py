"""How long a model takes to understand an utterance, measured so that a busy machine refuses nobody.

The CPU time of one parse is no safe measure: on a shared host it includes time that was given to others (332 ms were
measured for what takes 6 ms). Interruptions come and go, so the least of several measurements, taken at different
moments, is what the model itself needs; a slow model is slow every time.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from pipelines.nlu.model import NluModel
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check, Measure

SAMPLE = 100
"""Utterances that are measured, evenly spaced."""
_ROUNDS = 3
_MORE_ROUNDS = 8
"""Further rounds for utterances beyond the limit, before a release is refused for them."""
_PAUSE_SECONDS = 0.25
_ENOUGH_SECONDS = 30.0
"""After that long nothing is measured again: a model that needs so much is slow, whatever the machine does."""
_BUSY = 2.0
"""How much longer the first round takes on a machine that is called busy."""


@dataclass(frozen=True)
class Latency:
    """CPU time to understand an utterance, in milliseconds, that 95 % of the utterances stay below.

    Attributes
    ----------
    p95
        Each utterance at its fastest.
    p95_once
        Each measured once, with whatever the machine did meanwhile.
    n
        Number of utterances.
    """

    p95: float
    p95_once: float
    n: int


def measure_latency(
    model: NluModel, texts: Sequence[str], *, limit_ms: float, pause: Callable[[float], None] = time.sleep
) -> Latency:
    """Measure the CPU time of a model on a sample of texts, each several times; texts must not be empty.

    `pause` waits between the further rounds of what seems too slow, so that an interruption can end.
    """
    sample = list(texts)[:: -(-len(texts) // SAMPLE)]
    until = time.monotonic() + _ENOUGH_SECONDS
    with threadpool_limits(limits=1):
        once = _cpu_ms(model, sample)
        least = once.copy()
        for number in range(1, _ROUNDS + _MORE_ROUNDS):
            is_settled = number >= _ROUNDS and _p95(least) <= limit_ms
            if is_settled or time.monotonic() > until:
                break
            if number >= _ROUNDS:
                pause(_PAUSE_SECONDS)
            again = np.flatnonzero(least > (limit_ms if number >= _ROUNDS else 0.0))
            least[again] = np.minimum(least[again], _cpu_ms(model, [sample[place] for place in again]))
    return Latency(p95=_p95(least), p95_once=_p95(once), n=len(sample))


def check_latency(model: NluModel, texts: Sequence[str], params: TrainParams) -> Check:
    """Refuse a model that takes longer than `max_latency_ms`; without texts there is nothing to measure."""
    if not texts:
        return Check()
    limit = params.max_latency_ms
    found = measure_latency(model, texts, limit_ms=limit)
    passed = found.p95 <= limit
    reasons, notes = [], []
    if not passed:
        reasons.append(
            f"one in twenty utterances takes more than {found.p95:.0f} ms of CPU time to understand, at the fastest of "
            f"several measurements; the limit is {limit:.0f} ms"
        )
    elif found.p95_once > max(limit, _BUSY * found.p95):
        notes.append(
            f"measured once, one in twenty utterances took more than {found.p95_once:.0f} ms of CPU time, but "
            f"{found.p95:.0f} ms at the fastest: the machine was busy with something else"
        )
    measure = Measure(
        name="CPU time that 95 % of the utterances stay below, each at its fastest",
        value=found.p95,
        limit=limit,
        is_floor=False,
        unit="ms",
        n=found.n,
        passed=passed,
    )
    return Check(reasons=tuple(reasons), figures={"cpu_ms_p95": found.p95}, notes=tuple(notes), measures=(measure,))


def _cpu_ms(model: NluModel, texts: Sequence[str]) -> npt.NDArray[np.floating]:
    """Return the CPU time of each text. Shape ``(n_texts,)``."""
    taken = []
    for text in texts:
        began = time.thread_time_ns()
        model.parse(text)
        taken.append((time.thread_time_ns() - began) / 1e6)
    return np.array(taken)


def _p95(milliseconds: npt.NDArray[np.floating]) -> float:
    return float(np.percentile(milliseconds, 95))
