"""The figures that alarms and the dashboard look at."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_docdb as docdb

from serving.infra.telemetry import NAMESPACE, SERVICE

ANSWERING = ("intentloop-api", "intentloop-channels")
"""The services that answer messages."""


def product_sum(name: str, *, period: Duration, **labels: str) -> cloudwatch.IMetric:
    """Return the sum of one of the product's counters over the services that answer messages."""
    using = {
        f"{service.rpartition('-')[2]}_{name.rpartition('.')[2]}": cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={SERVICE: service, **labels},
            statistic="Sum",
            period=period,
        )
        for service in ANSWERING
    }
    terms = " + ".join(f"FILL({key}, 0)" for key in using)
    return cloudwatch.MathExpression(expression=terms, using_metrics=using, period=period, label=name)


def fallback_share(period: Duration) -> cloudwatch.IMetric:
    """Return the share of messages that were not understood, in per cent; 0 as long as there are fewer than twenty."""
    using: dict[str, cloudwatch.IMetric] = {}
    for service in ANSWERING:
        short = service.rpartition("-")[2]
        for key, labels in (("all", {}), ("fallback", {"route": "fallback"})):
            using[f"{short}_{key}"] = cloudwatch.Metric(
                namespace=NAMESPACE,
                metric_name="intentloop.turns",
                dimensions_map={SERVICE: service, **labels},
                statistic="Sum",
                period=period,
            )
    total, lost = (" + ".join(f"FILL({key}, 0)" for key in using if key.endswith(end)) for end in ("all", "fallback"))
    return cloudwatch.MathExpression(
        expression=f"IF(({total}) < 20, 0, 100 * ({lost}) / ({total}))",
        using_metrics=using,
        period=period,
        label="not understood, %",
    )


def document_database(
    cluster: docdb.DatabaseCluster, name: str, *, statistic: str, period: Duration
) -> cloudwatch.IMetric:
    """Return a figure of DocumentDB, for which CDK has no names."""
    return cloudwatch.Metric(
        namespace="AWS/DocDB", metric_name=name, statistic=statistic, period=period,
        dimensions_map={"DBClusterIdentifier": cluster.cluster_identifier},
    )  # fmt: skip
