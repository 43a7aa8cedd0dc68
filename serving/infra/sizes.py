"""How large each part is, by the context value `size`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fleet:
    """The tasks of a service: CPU units (1,024 are one processor), memory in MiB, and how many of them."""

    cpu: int
    memory: int
    least: int
    most: int


@dataclass(frozen=True)
class Size:
    """One row of the table.

    `has_private_endpoints` is whether AWS's own services are reached through interface endpoints: they cost the same
    every hour, which a small installation saves by going through its NAT gateway, still with TLS.
    """

    zones: int
    nat_gateways: int
    has_private_endpoints: bool
    api: Fleet
    channels: Fleet
    trainings: Fleet
    registry: Fleet
    pages: Fleet
    documentdb_class: str
    documentdb_instances: int
    postgres_class: str
    is_postgres_doubled: bool
    backup_days: int
    log_days: int
    traced_share: float
    dollars_per_month: int


SIZES = {
    "small": Size(
        zones=2,
        nat_gateways=1,
        has_private_endpoints=False,
        api=Fleet(cpu=1024, memory=2048, least=1, most=2),
        channels=Fleet(cpu=512, memory=2048, least=1, most=2),
        trainings=Fleet(cpu=2048, memory=8192, least=0, most=1),
        registry=Fleet(cpu=512, memory=1024, least=1, most=1),
        pages=Fleet(cpu=256, memory=512, least=1, most=2),
        documentdb_class="t4g.medium",
        documentdb_instances=1,
        postgres_class="t4g.micro",
        is_postgres_doubled=False,
        backup_days=7,
        log_days=30,
        traced_share=0.1,
        dollars_per_month=500,
    ),
    "standard": Size(
        zones=2,
        nat_gateways=2,
        has_private_endpoints=True,
        api=Fleet(cpu=1024, memory=4096, least=2, most=8),
        channels=Fleet(cpu=1024, memory=4096, least=2, most=6),
        trainings=Fleet(cpu=4096, memory=16384, least=0, most=3),
        registry=Fleet(cpu=1024, memory=2048, least=1, most=1),
        pages=Fleet(cpu=512, memory=1024, least=2, most=4),
        documentdb_class="r6g.large",
        documentdb_instances=2,
        postgres_class="t4g.small",
        is_postgres_doubled=True,
        backup_days=14,
        log_days=90,
        traced_share=0.05,
        dollars_per_month=2000,
    ),
    "large": Size(
        zones=3,
        nat_gateways=3,
        has_private_endpoints=True,
        api=Fleet(cpu=1024, memory=4096, least=3, most=40),
        channels=Fleet(cpu=1024, memory=4096, least=3, most=20),
        trainings=Fleet(cpu=8192, memory=32768, least=1, most=8),
        registry=Fleet(cpu=2048, memory=4096, least=1, most=1),
        pages=Fleet(cpu=1024, memory=2048, least=2, most=10),
        documentdb_class="r6g.2xlarge",
        documentdb_instances=3,
        postgres_class="t4g.medium",
        is_postgres_doubled=True,
        backup_days=35,
        log_days=365,
        traced_share=0.01,
        dollars_per_month=10000,
    ),
}
"""One chat process uses one processor, so an API grows by tasks and not by their size (`serving/docs/operating.md`)."""
