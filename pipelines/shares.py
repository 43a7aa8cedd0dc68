"""Shares as every command writes them: `94.5 % (92.1-96.2 %, n = 412)`, so that few rows are seen to be few."""

import math

_Z = 1.959963984540054
"""Standard normal quantile of a 95 % interval."""


def wilson_interval(hits: float, total: float) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share, in [0, 1]; of no trials the whole range.

    References
    ----------
    Wilson, 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    if not total:
        return 0.0, 1.0
    share, spread = hits / total, _Z**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    low = 0.0 if hits <= 0 else max(0.0, middle - half)
    high = 1.0 if hits >= total else min(1.0, middle + half)
    return low, high


def describe_share(share: float, *, n: float) -> str:
    """Describe the share of `n` rows for which something holds, with its Wilson interval."""
    return describe_figure(share, n=n, interval=wilson_interval(share * n, n)) if n else "none (n = 0)"


def describe_figure(figure: float, *, n: float | None = None, interval: tuple[float, float] | None = None) -> str:
    """Describe a figure in [0, 1] that is no plain share, such as F1, with the interval that was computed for it.

    `n` is the number of rows that it was measured on. NaN is no figure.
    """
    if math.isnan(figure):
        return "none" if n is None else f"none (n = {n:,.0f})"
    facts = []
    if interval is not None and not any(map(math.isnan, interval)):
        facts.append(f"{100 * interval[0]:.1f}-{100 * interval[1]:.1f} %")
    if n is not None:
        facts.append(f"n = {n:,.0f}")
    return f"{100 * figure:.1f} %" + (f" ({', '.join(facts)})" if facts else "")
