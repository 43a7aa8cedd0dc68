"""A month's bill: from the work of a message and the traffic to processes, instances and dollars. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from serving.bench.capacity.prices import Prices
from serving.bench.capacity.traffic import DAYS_PER_MONTH, Traffic
from serving.bench.capacity.work import Work

Compute = Literal["fargate", "spot", "ec2"]
DatabaseKind = Literal["documentdb", "atlas"]
LlmKind = Literal["api", "gpu", "none"]
HOURS = DAYS_PER_MONTH * 24
COMPONENTS = (
    "chat API",
    "workers",
    "database",
    "language model",
    "network",
    "queue",
    "logs",
    "MLflow and training",
)
_GB = 1e9
_BURST_SHARE = 0.2
"""Share of its two processors that a small database instance may use all the time."""
_INDEX_FACTOR = 1.5
"""Stored bytes, indexes included, per byte of documents: an assumption."""
_BILLED_WRITE = 4096
_ATLAS_DEFAULT_GB = 40


@dataclass(frozen=True)
class Plan:
    """How it is run.

    Attributes
    ----------
    compute
        `fargate`; `spot`, where all but the least number of processes are on Fargate Spot; `ec2`.
    database, llm
        The alternatives.
    utilisation
        Share of a processor that may be busy in the busiest hour; above it, waiting grows steeply.
    least_processes
        Chat APIs, and workers, that always run: one per zone of two zones.
    cpu_factor
        Seconds that one CPU second of the measurement takes on a processor there: 1 is an assumption.
    turn_days
        How long turns are kept.
    least_gpus
        Self-hosted model servers that always run. Without one, turns degrade to the classifier.
    """

    compute: Compute = "fargate"
    database: DatabaseKind = "documentdb"
    llm: LlmKind = "api"
    utilisation: float = 0.6
    least_processes: int = 2
    cpu_factor: float = 1.0
    turn_days: float = 180.0
    least_gpus: int = 1


@dataclass(frozen=True)
class Bill:
    """Dollars a month by component, and what is run for them."""

    messages: float
    usd: Mapping[str, float]
    sizes: Mapping[str, str]

    @property
    def total(self) -> float:
        """Dollars a month."""
        return sum(self.usd.values())

    @property
    def per_million(self) -> float:
        """Dollars per million messages."""
        return self.total / self.messages * 1e6


def processes_for(per_second: float, *, cpu_ms: float, plan: Plan, size: float = 1.0) -> int:
    """Return how many processes answer so many messages per second, each with `size` of a processor."""
    busy = per_second * cpu_ms * plan.cpu_factor / 1000
    return max(plan.least_processes, math.ceil(round(busy / (plan.utilisation * size), 9)))


def mean_processes(traffic: Traffic, share: float, *, cpu_ms: float, plan: Plan, size: float) -> float:
    """Return the average number of processes over a day, if each hour has those it needs."""
    hours = [processes_for(rate * share, cpu_ms=cpu_ms, plan=plan, size=size) for rate in traffic.by_hour]
    return sum(hours) / len(hours)


def bill(traffic: Traffic, work: Work, plan: Plan, prices: Prices) -> Bill:
    """Compute a month's bill."""
    compute = _ec2 if plan.compute == "ec2" else _fargate
    api_usd, api_size = compute(traffic, 1 - traffic.platform_share, work, plan, prices)
    worker_usd, worker_size = (0.0, "none")
    if traffic.platform_share > 0:
        worker_usd, worker_size = compute(traffic, traffic.platform_share, work, plan, prices)
    database_usd, database_size = _database(traffic, work, plan, prices)
    llm_usd, llm_size = _language_model(traffic, work, plan, prices)
    usd = {
        "chat API": api_usd,
        "workers": worker_usd,
        "database": database_usd,
        "language model": llm_usd,
        "network": _network(traffic, work, plan, prices),
        "queue": _queue(traffic, plan, prices),
        "logs": traffic.messages * work.log_bytes / _GB * prices.usd("logs_gb"),
        "MLflow and training": _training(prices),
    }
    sizes = {"chat API": api_size, "workers": worker_size, "database": database_size, "language model": llm_size}
    return Bill(messages=traffic.messages, usd=usd, sizes=sizes)


def _fargate_hour(size: float, memory_gb: float, prices: Prices) -> float:
    return size * prices.usd("fargate_vcpu") + memory_gb * prices.usd("fargate_gb")


def _ec2(traffic: Traffic, share: float, work: Work, plan: Plan, prices: Prices) -> tuple[float, str]:
    """Return dollars and sizes of the part of the instances that answers a share of the messages.

    Chat APIs and workers share the instances, two processors each, in two zones.
    """
    shares = [each for each in (1 - traffic.platform_share, traffic.platform_share) if each > 0]
    mean, of_all = (
        sum(mean_processes(traffic, each, cpu_ms=work.cpu_ms, plan=plan, size=1.0) for each in some)
        for some in ([share], shares)
    )
    instances = max(2.0, of_all / 2) * mean / of_all
    usd = instances * HOURS * prices.usd("ec2_large") + prices.usd("ec2_upkeep") * mean / of_all
    return usd, f"{instances:.1f} m7g.large"


def _fargate(traffic: Traffic, share: float, work: Work, plan: Plan, prices: Prices) -> tuple[float, str]:
    """Return dollars and sizes of the tasks that answer a share of the messages."""
    peak = traffic.peak_per_second * share
    with_halves = processes_for(peak, cpu_ms=work.cpu_ms, plan=plan, size=0.5)
    size = 0.5 if with_halves <= plan.least_processes else 1.0
    most = processes_for(peak, cpu_ms=work.cpu_ms, plan=plan, size=size)
    mean = mean_processes(traffic, share, cpu_ms=work.cpu_ms, plan=plan, size=size)
    memory = max(2 * size, math.ceil(1.5 * work.resident_mb / 1000))
    hour = _fargate_hour(size, memory, prices)
    on_spot = max(0.0, mean - plan.least_processes) if plan.compute == "spot" else 0.0
    usd = HOURS * hour * (mean - on_spot + on_spot * prices.usd("spot_share"))
    return usd, f"{mean:.1f} of {size:g} vCPU, {memory:g} GB, {most} at the peak"


def stored_gb(traffic: Traffic, work: Work, plan: Plan) -> float:
    """Return what the database holds once the oldest turns expire, indexes included."""
    return traffic.messages / DAYS_PER_MONTH * plan.turn_days * work.document_bytes * _INDEX_FACTOR / _GB


def _database(traffic: Traffic, work: Work, plan: Plan, prices: Prices) -> tuple[float, str]:
    need = traffic.peak_per_second * work.database_ms * plan.cpu_factor / 1000 / plan.utilisation
    held = stored_gb(traffic, work, plan)
    if plan.database == "atlas":
        return _atlas(need, held, prices)
    if need <= 2 * _BURST_SHARE:
        hour, size, clusters = prices.usd("docdb_medium"), "db.t3.medium", 1
    else:
        doubled = max(0, math.ceil(math.log2(need / 2)))
        clusters = 2 ** max(0, doubled - 4)  # beyond a 4xlarge of 16 or a 8xlarge of 32 processors: cells
        doubled = min(doubled, 4)
        hour, size = prices.usd("docdb_large") * 2**doubled, f"db.r5.{('', 'x', '2x', '4x', '8x')[doubled]}large"
    # the turn, the state and the log of both, in units of 4 kB; reads of warm threads come from memory
    writes = 2 + math.ceil(work.document_bytes * _INDEX_FACTOR / _BILLED_WRITE)
    usd = clusters * 2 * HOURS * hour  # a primary and a replica
    usd += held * prices.usd("docdb_gb") + traffic.messages * writes / 1e6 * prices.usd("docdb_io")
    return usd, f"{2 * clusters} {size}, {held:,.1f} GB"


def _atlas(need: float, held: float, prices: Prices) -> tuple[float, str]:
    if need <= 2 * _BURST_SHARE and held <= 10:
        return HOURS * prices.usd("atlas_m10"), f"M10, {held:,.1f} GB"
    doubled = max(0, math.ceil(math.log2(max(need, 2) / 2)))
    clusters, doubled = 2 ** max(0, doubled - 4), min(doubled, 4)
    more = held if held > clusters * _ATLAS_DEFAULT_GB * 2**doubled else 0.0  # beyond the default, all of it is charged
    usd = clusters * HOURS * prices.usd("atlas_m30") * prices.usd("atlas_double") ** doubled
    return usd + more * prices.usd("atlas_gb"), f"{clusters} M{30 + 10 * doubled}, {held:,.1f} GB"


def _language_model(traffic: Traffic, work: Work, plan: Plan, prices: Prices) -> tuple[float, str]:
    asked = traffic.messages * traffic.llm_share
    if plan.llm == "none" or asked == 0:
        return 0.0, "none"
    if plan.llm == "api":
        tokens = work.prompt_tokens * prices.usd("llm_in") + work.answer_tokens * prices.usd("llm_out")
        return asked * tokens / 1e6, f"{asked * (work.prompt_tokens + work.answer_tokens) / 1e6:,.1f} M tokens"
    at_peak = traffic.peak_per_second * traffic.llm_share / (prices.usd("gpu_rate") * plan.utilisation)
    gpus = max(plan.least_gpus, math.ceil(round(at_peak, 9)))
    return gpus * HOURS * prices.usd("gpu"), f"{gpus} g6.2xlarge"  # they start too slowly to follow the hours


def _network(traffic: Traffic, work: Work, plan: Plan, prices: Prices) -> float:
    """Price the load balancer, two NAT gateways, answers to the internet and questions to an API."""
    gigabytes = traffic.messages * (work.request_bytes + work.reply_bytes) / _GB
    lcu_hours = max(gigabytes, traffic.messages / 25 / 3600)  # every message on a connection of its own: the most
    out = traffic.messages * work.reply_bytes / _GB * prices.usd("egress_gb")
    fixed = HOURS * (prices.usd("alb") + 2 * prices.usd("nat"))
    asked = traffic.messages * traffic.llm_share * work.prompt_tokens * 4 / _GB if plan.llm == "api" else 0.0
    through_nat = asked + traffic.messages * traffic.platform_share * work.reply_bytes / _GB
    return fixed + lcu_hours * prices.usd("lcu") + out + through_nat * prices.usd("nat_gb")


def _queue(traffic: Traffic, plan: Plan, prices: Prices) -> float:
    """Price send, receive and delete per message, and empty polls of five seconds by each worker."""
    if traffic.platform_share == 0:
        return 0.0
    polls = plan.least_processes * HOURS * 3600 / 5
    millions = (3 * traffic.messages * traffic.platform_share + polls) / 1e6
    return max(0.0, millions - prices.usd("sqs_free")) * prices.usd("sqs")


def _training(prices: Prices) -> float:
    """Price a tracking server, artifacts, and a nightly training of ten minutes on two processors."""
    server = HOURS * (_fargate_hour(0.5, 2.0, prices) + prices.usd("rds_small"))
    nightly = DAYS_PER_MONTH * _fargate_hour(2.0, 4.0, prices) / 6
    return server + nightly + 20 * prices.usd("s3_gb")
