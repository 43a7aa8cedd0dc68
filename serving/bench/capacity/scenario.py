"""What a simulated fleet is, what comes to it, and what goes wrong."""

import math
from dataclasses import dataclass, field
from typing import Literal

from serving.bench.capacity.traffic import Traffic
from serving.bench.capacity.work import Limits, Work


@dataclass(frozen=True)
class Load:
    """Messages per second, at random times; or customers who wait for each reply.

    Attributes
    ----------
    per_second
        Before the surge.
    surge_at, surge_until, surge_factor
        From when until when there are how many times as many messages.
    rise_seconds
        How long the rise to that takes, and the fall afterwards.
    clients
        Closed loop: so many customers, and `per_second` is not used.
    platform_share, llm_share, tool_share
        Shares of the messages, in [0, 1].
    """

    per_second: float = 1.0
    surge_at: float = math.inf
    surge_until: float = math.inf
    surge_factor: float = 1.0
    rise_seconds: float = 10.0
    clients: int = 0
    platform_share: float = 0.0
    llm_share: float = 0.0
    tool_share: float = 0.2

    def rate(self, now: float) -> float:
        """Return the messages per second at a time."""
        risen = min(1.0, max(0.0, (now - self.surge_at) / self.rise_seconds))
        fallen = min(1.0, max(0.0, (now - self.surge_until) / self.rise_seconds))
        return self.per_second * (1 + (risen - fallen) * (self.surge_factor - 1))


@dataclass(frozen=True)
class Autoscaling:
    """Target tracking of the average CPU: it adds processes only when `periods` values in a row are above the target.

    Attributes
    ----------
    target
        Average share of a busy processor.
    period_seconds, periods
        Length of a value, and how many must be above the target.
    delay_seconds
        Until a value is published and an alarm has looked at it.
    cooldown_seconds
        Until processes are added again.
    most
        Processes, at most.
    """

    target: float = 0.6
    period_seconds: float = 60.0
    periods: int = 3
    delay_seconds: float = 30.0
    cooldown_seconds: float = 60.0
    most: int = 1000


@dataclass(frozen=True)
class Fleet:
    """The processes and what they share.

    Attributes
    ----------
    processes, workers
        Chat APIs and workers at the start, each with one processor.
    zones
        Over which they are spread.
    start_seconds
        From the decision to start a process until it takes messages: image, imports, release.
    autoscaling
        None: the numbers stay.
    workers_follow
        Whether autoscaling of workers looks at their processors, or at the events that are waiting or worked on, per
        place for one.
    database_processors
        Of the primary.
    round_trip_ms
        To the database.
    cpu_factor
        Seconds that one CPU second of the measurement takes.
    cells
        Databases, among which the conversations are divided.
    """

    processes: int
    workers: int = 0
    zones: int = 3
    start_seconds: float = 60.0
    autoscaling: Autoscaling | None = None
    workers_follow: Literal["cpu", "backlog"] = "cpu"
    database_processors: float = 2.0
    round_trip_ms: float = 1.0
    cpu_factor: float = 1.0
    cells: int = 1


@dataclass(frozen=True)
class Clients:
    """What senders do: the chat page waits 40 s, and a resend has the same message id.

    Attributes
    ----------
    patience_seconds
        After which a message without an answer is sent again.
    tries
        How often a message is sent before its sender gives up.
    jitter
        How much longer than `Retry-After` they wait, at most, as a share of it.
    backoff
        By what each further wait is multiplied.
    heeds_retry_after
        Whether they wait at all after a 503.
    """

    patience_seconds: float = 40.0
    tries: int = 5
    jitter: float = 1.0
    backoff: float = 2.0
    heeds_retry_after: bool = True


@dataclass(frozen=True)
class Faults:
    """What goes wrong.

    Attributes
    ----------
    zone_lost_at
        When all processes of one zone end, with the messages they work on.
    noticed_seconds
        Until the load balancer sends them nothing more.
    database_away_at, database_away_seconds
        When the primary of every cell in `cells_hit` stops answering, and for how long: a failover.
    cells_hit
        How many cells lose their primary.
    llm_slow_at, llm_slow_seconds, llm_slow_factor
        When the language model slows down, for how long, and by how much.
    """

    zone_lost_at: float = math.inf
    noticed_seconds: float = 20.0
    database_away_at: float = math.inf
    database_away_seconds: float = 30.0
    cells_hit: int = 1
    llm_slow_at: float = math.inf
    llm_slow_seconds: float = 120.0
    llm_slow_factor: float = 8.0


@dataclass(frozen=True)
class Scenario:
    """One simulated run, always the same for the same values.

    Attributes
    ----------
    llm_ms
        Median duration of a question to the language model.
    sending_ms
        Of a reply to a platform.
    remembers
        Whether a resend is answered from the database, as the product does; False shows what it saves.
    """

    load: Load
    fleet: Fleet
    work: Work
    limits: Limits
    seconds: float
    clients: Clients = field(default_factory=Clients)
    faults: Faults = field(default_factory=Faults)
    llm_ms: float = 700.0
    sending_ms: float = 200.0
    remembers: bool = True
    seed: int = 0


def busy_hour(
    traffic: Traffic,
    work: Work,
    limits: Limits,
    *,
    times: float,
    seconds: float,
    utilisation: float = 0.6,
    seed: int = 0,
) -> Scenario:
    """Return the busiest hour of an ordinary day with so many times as many messages, and a fleet of the right size.

    At least one chat API and one worker run in each zone. The database is four times as large as that hour needs.
    """
    per_second = max(traffic.by_hour) * times
    share, cpu = traffic.platform_share, work.cpu_ms / 1000
    fleet = Fleet(processes=1)
    api = per_second * ((1 - share) * cpu + share * work.repeat_cpu_ms / 1000)
    return Scenario(
        load=Load(per_second, platform_share=share, llm_share=traffic.llm_share),
        fleet=Fleet(
            processes=max(fleet.zones, math.ceil(api / utilisation)),
            workers=max(fleet.zones, math.ceil(per_second * share * cpu / utilisation)) if share else 0,
            autoscaling=Autoscaling(target=utilisation),
            database_processors=max(2, math.ceil(4 * per_second * work.database_ms / 1000)),
        ),
        work=work,
        limits=limits,
        seconds=seconds,
        seed=seed,
    )
