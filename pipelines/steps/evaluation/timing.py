"""How long two models take for the same texts, measured in turns and several times over."""

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t
from threadpoolctl import threadpool_limits

from pipelines.nlu.model import NluModel
from pipelines.progress import Progress

FloatArray = npt.NDArray[np.floating]
MOST_TEXTS = 100
_FIGURES = ("time, median (ms)", "time, 95th percentile (ms)", "CPU, mean (ms)")


def time_differences(
    first: NluModel, second: NluModel, texts: Sequence[str], *, n_rounds: int = 5, progress: Progress | None = None
) -> pd.DataFrame:
    """Measure the time of either for a text, and the difference with an interval that knows this machine.

    In each round both models parse every text twice, in either order: what slows the machine slows both, and neither
    gains from what the other has left in the caches. The interval is Student's, over the differences of the rounds: two
    equal models measured once rarely take the same time, and the spread over the texts does not tell by how much. Of
    many texts, 100 spread evenly are taken.

    Returns
    -------
    pandas.DataFrame
        Index: the figure. Columns `first`, `second`, `difference`, `low`, `high`, as of `figure_differences`; empty
        without a text.
    """
    report = progress or (lambda share, what: None)
    places = np.linspace(0, len(texts) - 1, min(len(texts), MOST_TEXTS)).astype(int).tolist() if texts else []
    chosen = [texts[place] for place in places]
    rounds = []
    with threadpool_limits(limits=1):
        for number in range(n_rounds if chosen else 0):
            report(number / n_rounds, f"measuring times, round {number + 1} of {n_rounds}")
            rounds.append(_round((first, second), chosen))
    report(1.0, "measured")
    columns = ["first", "second", "difference", "low", "high"]
    if not rounds:
        return pd.DataFrame([], columns=columns, index=pd.Index([], name="figure"))
    table = np.array(rounds)  # (n_rounds, side, figure)
    differences = table[:, 1] - table[:, 0]
    half = t.ppf(0.975, n_rounds - 1) * differences.std(axis=0, ddof=1) / np.sqrt(n_rounds)
    old, new, middle = table[:, 0].mean(axis=0), table[:, 1].mean(axis=0), differences.mean(axis=0)
    rows = np.column_stack([old, new, middle, middle - half, middle + half])
    return pd.DataFrame(rows, columns=columns, index=pd.Index(_FIGURES, name="figure"))


def _round(models: tuple[NluModel, NluModel], texts: Sequence[str]) -> FloatArray:
    """Return the figures of both sides. Shape ``(2, 3)``."""
    wall, cpu = np.zeros((2, 2, len(texts))), np.zeros((2, 2, len(texts)))  # side, order, text
    for place, text in enumerate(texts):
        for order, sides in enumerate(((0, 1), (1, 0))):
            for side in sides:
                began, worked = time.perf_counter_ns(), time.thread_time_ns()
                models[side].parse(text)
                wall[side, order, place] = (time.perf_counter_ns() - began) / 1e6
                cpu[side, order, place] = (time.thread_time_ns() - worked) / 1e6
    middle, high = np.percentile(wall.reshape(2, -1), [50, 95], axis=1)
    figures: FloatArray = np.column_stack([middle, high, cpu.reshape(2, -1).mean(axis=1)])
    return figures
