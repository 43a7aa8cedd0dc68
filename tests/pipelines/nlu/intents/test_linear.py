"""The same rows and seed give the same boundaries to the last bit, wherever they are fitted."""

import time

import numpy as np
import pytest
from scipy.sparse import random as random_sparse

from pipelines.nlu.intents import linear


@pytest.mark.slow
def test_fit_in_processes_gives_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    X = random_sparse(300, 600, density=0.2, format="csr", random_state=0)  # few rows: solved with chance in it
    y = generator.integers(0, 9, 300)  # the last of four parts has two intents, the first three
    here = linear.fit_linear(X, y, 9, 1.0, 3)
    monkeypatch.setattr(linear, "_LARGE", 1)
    monkeypatch.setattr(linear, "_IDLE_SECONDS", 0.5)
    with linear.shared_processes():
        elsewhere = [linear.fit_linear(X, y, 9, 1.0, 3)]
        time.sleep(1.5)  # the processes have gone, and come again
        elsewhere.append(linear.fit_linear(X, y, 9, 1.0, 3))
    assert all(np.array_equal(here[part], fitted[part]) for fitted in elsewhere for part in (0, 1))
    assert not np.array_equal(here[0], linear.fit_linear(X, y, 9, 1.0, 4)[0])  # the seed is what decides
