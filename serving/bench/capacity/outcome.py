"""What came of a simulated run."""

from array import array
from collections import Counter
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

SLOW_SECONDS = 2.0
"""An answer that takes longer disturbs a conversation."""


@dataclass(frozen=True)
class Outcome:
    """A run: its messages, its seconds, and its sums.

    Attributes
    ----------
    answered
        `at` and `seconds` until the answer, one row per answered message, by `at`.
    given_up
        `at` and `seconds` of messages whose senders gave up.
    seconds
        One row per second: `processes`, `workers`, `in_work`, `queued`, `queue_age`, `rate`, and what was
        `sent` (new) and tried (`tries`) since the second before.
    sent_at
        When each message was first sent.
    tries, busy
        Attempts, and 503s for lack of connections.
    llm
        Questions to the language model by outcome, per second.
    """

    answered: pd.DataFrame
    given_up: pd.DataFrame
    seconds: pd.DataFrame
    sent_at: np.ndarray
    tries: int
    busy: int
    llm: pd.DataFrame

    @property
    def sent(self) -> int:
        """Number of messages."""
        return len(self.sent_at)

    @property
    def open(self) -> int:
        """Messages without an answer at the end of the run whose senders still wait."""
        return self.sent - len(self.answered) - len(self.given_up)

    def percentile(self, share: float, *, since: float = 0.0, until: float = np.inf) -> float:
        """Return a percentile of the seconds until an answer, of messages sent between two times; nan without any."""
        times = self.answered.loc[self.answered["at"].between(since, until), "seconds"]
        return float(np.percentile(times, 100 * share)) if len(times) else float("nan")

    def by_time(self, *, step: float = 5.0) -> pd.DataFrame:
        """Return p50 and p95 of the messages sent in each step of time."""
        groups = self.answered.groupby((self.answered["at"] // step) * step)["seconds"]
        return pd.DataFrame({"p50": groups.quantile(0.5), "p95": groups.quantile(0.95)})

    def bad_share(self, *, since: float = 0.0, until: float = np.inf) -> float:
        """Return the share of messages sent between two times that were answered late, given up or left open."""
        good = self.answered["at"].between(since, until) & (self.answered["seconds"] <= SLOW_SECONDS)
        n_sent = int(((self.sent_at >= since) & (self.sent_at <= until)).sum())
        return 1 - float(good.sum()) / n_sent if n_sent else float("nan")

    def summary(self) -> dict[str, float]:
        """Return the figures that scenarios are compared by."""
        return {
            "messages": self.sent,
            "answered": len(self.answered),
            "given up": len(self.given_up),
            "open at the end": self.open,
            "tries per message": self.tries / max(1, self.sent),
            "p50 s": self.percentile(0.5),
            "p95 s": self.percentile(0.95),
            f"not within {SLOW_SECONDS:g} s": self.bad_share(),
            "oldest in the queue s": float(self.seconds["queue_age"].max()),
            "processes at the end": int(self.seconds["processes"].iloc[-1]),
        }


class Recorder:
    """Collects what happens in a run."""

    def __init__(self) -> None:
        self.tries = self.busy = 0
        self._sent_at = array("d")
        self._answered_at, self._answered_after = array("d"), array("d")
        self._gave_up_at, self._gave_up_after = array("d"), array("d")
        self._looks: list[dict[str, float]] = []
        self._llm: dict[int, Counter[str]] = {}
        self._before = (0, 0)

    def sent(self, now: float) -> None:
        """Record a new message."""
        self._sent_at.append(now)

    def answered(self, at: float, now: float) -> None:
        """Record an answer."""
        self._answered_at.append(at)
        self._answered_after.append(now - at)

    def gave_up(self, at: float, now: float) -> None:
        """Record that a sender gave up."""
        self._gave_up_at.append(at)
        self._gave_up_after.append(now - at)

    def count_llm(self, now: float, what: str) -> None:
        """Record the end of a question to the language model."""
        self._llm.setdefault(int(now), Counter())[what] += 1

    def look(self, now: float, **values: float) -> None:
        """Record the state of the fleet, and what was sent since the last look."""
        sent, tries = self._before
        self._before = (len(self._sent_at), self.tries)
        new, sendings = self._before
        self._looks.append({"second": now, **values, "sent": new - sent, "tries": sendings - tries})

    def outcome(self) -> Outcome:
        """Return all of it."""
        llm = pd.DataFrame.from_dict(self._llm, orient="index").fillna(0).sort_index()
        return Outcome(
            answered=self._frame(self._answered_at, self._answered_after),
            given_up=self._frame(self._gave_up_at, self._gave_up_after),
            seconds=pd.DataFrame(self._looks).set_index("second"),
            sent_at=np.array(self._sent_at),
            tries=self.tries,
            busy=self.busy,
            llm=llm.reindex(columns=["answered", "late", "no place", "broken"], fill_value=0),
        )

    @classmethod
    def _frame(cls: type[Self], at: "array[float]", after: "array[float]") -> pd.DataFrame:
        frame = pd.DataFrame({"at": np.array(at), "seconds": np.array(after)})
        return frame.sort_values("at", ignore_index=True)
