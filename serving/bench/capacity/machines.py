"""The parts of a simulated fleet: messages, processes and databases. Times are seconds of the simulation."""

import simpy

from serving.breaker import Breakers

LLM = "llm"


class Message:
    """A customer's message, however often it is sent."""

    __slots__ = (
        "asks_llm",
        "at",
        "calls_tool",
        "cell",
        "cpu",
        "is_over",
        "is_platform",
        "llm",
        "stored_at",
        "tries",
        "work_until",
    )

    def __init__(
        self, at: float, *, cpu: float, llm: float, asks_llm: bool, calls_tool: bool, is_platform: bool, cell: int
    ) -> None:
        self.at, self.cpu, self.llm, self.cell = at, cpu, llm, cell
        self.asks_llm, self.calls_tool, self.is_platform = asks_llm, calls_tool, is_platform
        self.tries = 0
        self.is_over = False  # its sender has given up, or the platform has been told that it will be answered
        self.stored_at: float | None = None
        self.work_until = 0.0  # until when nobody else may work on it: a claim of a dead process


class Attempt:
    """A message at one process."""

    __slots__ = ("accepts", "is_client_gone", "is_done", "is_repeat", "message", "process", "sends", "sent_at")

    def __init__(
        self, message: Message, process: "Process", sent_at: float, *, accepts: bool = False, sends: bool = False
    ) -> None:
        self.message, self.process, self.sent_at = message, process, sent_at
        self.accepts = accepts  # a webhook only stores the event
        self.sends = sends  # a worker sends the reply to the platform
        self.is_repeat = self.is_done = self.is_client_gone = False


class Process:
    """A chat API or a worker: one processor, first come, first served.

    `free_at` is when it has done the CPU work of all it has taken; `done_work` the CPU time of that.
    """

    __slots__ = ("breakers", "died_at", "free_at", "in_work", "places", "started_at", "taken_work", "zone")

    def __init__(self, env: simpy.Environment, *, zone: int, llm_slots: int) -> None:
        self.zone, self.started_at, self.free_at, self.taken_work = zone, env.now, env.now, 0.0
        self.died_at: float | None = None
        self.in_work: dict[Attempt, None] = {}
        self.places = simpy.Resource(env, capacity=llm_slots)
        self.breakers = Breakers(lambda: float(env.now))

    def take(self, cpu: float, now: float) -> float:
        """Queue some CPU work; return the seconds until it is done."""
        self.free_at = max(self.free_at, now) + cpu
        self.taken_work += cpu
        return self.free_at - now

    def done_work(self, now: float) -> float:
        """Return the CPU time spent so far."""
        return self.taken_work - max(0.0, self.free_at - now)


class Database:
    """The primary of a cell: several processors as one that is so many times as fast."""

    __slots__ = ("away_from", "away_until", "free_at", "seconds_per_turn", "taken_work")

    def __init__(self, seconds_per_turn: float, *, away_from: float, away_seconds: float) -> None:
        self.seconds_per_turn, self.free_at, self.taken_work = seconds_per_turn, 0.0, 0.0
        self.away_from, self.away_until = away_from, away_from + away_seconds

    def is_away(self, now: float) -> bool:
        """Whether it answers nothing."""
        return self.away_from <= now < self.away_until

    def take(self, now: float, *, share: float, patience: float) -> float | None:
        """Do a share of a turn's work; return the seconds that takes, None if it takes longer than `patience`."""
        if self.is_away(now):
            begins = self.away_until
            if begins - now > patience:
                return None
        else:
            begins = now
        self.free_at = max(self.free_at, begins) + share * self.seconds_per_turn
        self.taken_work += share * self.seconds_per_turn
        return self.free_at - now if self.free_at - now <= patience else None
