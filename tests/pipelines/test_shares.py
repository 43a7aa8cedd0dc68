import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from pipelines.shares import describe_figure, describe_share, wilson_interval


@pytest.mark.parametrize(("hits", "total"), [(0, 1), (1, 1), (1, 2), (0, 40), (40, 40), (389, 412), (3, 5000)])
def test_wilson_interval_is_that_of_scipy(hits: int, total: int) -> None:
    interval = binomtest(hits, total).proportion_ci(confidence_level=0.95, method="wilson")
    assert wilson_interval(hits, total) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_wilson_interval_textbook_values() -> None:
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson_interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson_interval(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(st.integers(1, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_wilson_interval_holds_the_share(row: tuple[int, int]) -> None:
    low, high = wilson_interval(*row)
    share, n, z = row[0] / row[1], row[1], 1.959964
    half = z * math.sqrt(share * (1 - share) / n + (z / n / 2) ** 2)
    assert [low, high] == pytest.approx(
        [(share + z * z / n / 2 + sign * half) / (1 + z * z / n) for sign in (-1, 1)], abs=1e-6
    )
    assert 0.0 <= low <= row[0] / row[1] + 1e-12
    assert row[0] / row[1] - 1e-12 <= high <= 1.0


@pytest.mark.parametrize(
    ("share", "n", "text"),
    [
        (389 / 412, 412, "94.4 % (91.8-96.3 %, n = 412)"),
        (1.0, 3, "100.0 % (43.9-100.0 %, n = 3)"),
        (0.0, 12_000, "0.0 % (0.0-0.0 %, n = 12,000)"),
        (1.0, 1, "100.0 % (20.7-100.0 %, n = 1)"),
        (math.nan, 0, "none (n = 0)"),
        (0.0, 0, "none (n = 0)"),
    ],
)
def test_describe_share_has_its_interval_and_number(share: float, n: int, text: str) -> None:
    assert describe_share(share, n=n) == text


def test_describe_figure_has_only_what_is_known() -> None:
    assert describe_figure(0.9031, n=412) == "90.3 % (n = 412)"
    assert describe_figure(0.9031, n=412, interval=(0.88, 0.921)) == "90.3 % (88.0-92.1 %, n = 412)"
    assert describe_figure(0.9031, n=412, interval=(math.nan, math.nan)) == "90.3 % (n = 412)"
    assert describe_figure(0.9031) == "90.3 %"
    assert describe_figure(math.nan, n=3) == "none (n = 3)"
