"""How often stored conversations needed the language model, and how often a candidate would.

Before: how many messages it was asked about, cached answers included, and what that cost. After: what the candidate
decides about the same messages, with its own thresholds, on the states it reaches.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipelines.schemas.llm_reading import LlmReading
from pipelines.schemas.verdict import Check
from serving.replay.compare import ComparedTurn
from serving.replay.report import ReplayReport

PERIOD = timedelta(weeks=4)


def check_llm_share(report: ReplayReport, *, now: datetime) -> Check:
    """Report the share of messages that the language model is asked about, and its cost, before and after.

    It never speaks against a candidate: a bot that has learned little may well need to ask more often. Turns of the
    `PERIOD` before `now` count.

    Returns
    -------
    Check
        Without reasons. Figures: `llm_messages`, `llm_share_before`, `llm_share_after`, `llm_no_longer_asked`, and with
        prices set `llm_cost_per_1000_before`, `llm_cost_per_1000_after`; none if the model was never asked.
    """
    turns = [turn for each in report.conversations for turn in each.turns if turn.after.answered_at >= now - PERIOD]
    before = [was_asked(turn.after.llm) for turn in turns]
    after = [turn.after.outcome.read.llm is not None for turn in turns]
    if not any(before):
        return Check()
    n, n_before, n_after = len(turns), sum(before), sum(after)
    n_spared = sum(was and not still for was, still in zip(before, after, strict=True))
    figures = {
        "llm_messages": float(n),
        "llm_share_before": n_before / n,
        "llm_share_after": n_after / n,
        "llm_no_longer_asked": float(n_spared),
    }
    costs = _costs(turns, after)
    saved = ""
    if costs is not None:
        figures["llm_cost_per_1000_before"], figures["llm_cost_per_1000_after"] = (1000 * cost / n for cost in costs)
        saved = (
            f", {figures['llm_cost_per_1000_before']:.2f} for 1,000 messages then and "
            f"{figures['llm_cost_per_1000_after']:.2f} with this version"
        )
    note = (
        f"the language model was asked about {n_before / n:.1%} of {n:,} stored messages of the last {PERIOD.days} "
        f"days, and would be about {n_after / n:.1%} by this version{saved}"
    )
    return Check(figures=figures, notes=(note,))


def was_asked(reading: LlmReading | None) -> bool:
    """Whether the language model was needed, even if its cached answer was used."""
    return reading is not None and reading.outcome != "off"


def _costs(turns: Sequence[ComparedTurn], after: Sequence[bool]) -> tuple[float, float] | None:
    """Return the cost of the questions then, and of the candidate's; None without prices.

    A question that is not in the log is given the average cost.
    """
    known = [turn.after.llm.cost for turn in turns if turn.after.llm is not None and turn.after.llm.cost is not None]
    if not known:
        return None
    mean = sum(known) / len(known)
    still = 0.0
    for turn, is_asked in zip(turns, after, strict=True):
        then = turn.after.llm
        if is_asked:
            still += then.cost if then is not None and then.cost is not None else mean
    return sum(known), still
