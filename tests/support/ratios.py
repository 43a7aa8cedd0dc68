"""The latency of customers beside trouble, as a ratio of neighbouring slices of one run."""

import sys

import pytest

from serving.bench.beside import Slices
from serving.bench.figures import latency_of
from serving.bench.load import Sample


def assert_hardly_slower(
    slices: Slices,
    samples: list[Sample],
    *,
    at_most: float,
    words: tuple[str, str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Print both latencies, and require an answer to everything and a ratio of at most so much.

    `words` name what is measured, the quiet and the busy slices.
    """
    assert all(sample.is_answered for sample in samples)
    quiet, busy = (latency_of(slices.of(samples, kind)) for kind in (slices.quiet, slices.busy))
    ratio = slices.p95_ratio(samples)
    assert quiet is not None
    assert busy is not None
    assert ratio is not None
    what, while_quiet, while_busy = words
    with capsys.disabled():
        sys.stdout.write(
            f"\n{what}: p95 of others {quiet.p95:.1f} ms {while_quiet}, {busy.p95:.1f} ms {while_busy}, "
            f"{ratio:.2f} times between neighbours; p99 {quiet.p99:.1f} and {busy.p99:.1f} ms\n"
        )
    assert ratio <= at_most
