"""One page of CloudWatch: what customers notice, what the model does, what waits, what the machines do."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from serving.infra.alarms import Watched
from serving.infra.common.figures import document_database, fallback_share, product_sum
from serving.infra.telemetry import NAMESPACE, SERVICE

_FIVE = Duration.minutes(5)
_HOPS = ("http", "turn", "state", "interpret", "llm", "tool", "commit")


class Dashboard(Construct):
    """The page."""

    def __init__(
        self, scope: Construct, name: str, watched: Watched, *, services: Mapping[str, ecs.FargateService]
    ) -> None:
        super().__init__(scope, name)
        targets, balancer, queues = watched.targets.metrics, watched.balancer.metrics, watched.queues
        page = cloudwatch.Dashboard(self, "Page", dashboard_name="Intentloop")
        page.add_widgets(
            _graph("requests", balancer.request_count(period=_FIVE)),
            _graph("answer time, s", *(
                targets.target_response_time(statistic=each, period=_FIVE, label=each) for each in ("p50", "p95", "p99")
            )),
            _graph("failed", balancer.http_code_elb(elb.HttpCodeElb.ELB_5XX_COUNT, period=_FIVE),
                   targets.http_code_target(elb.HttpCodeTarget.TARGET_5XX_COUNT, period=_FIVE)),
        )  # fmt: skip
        page.add_widgets(
            _graph("messages", product_sum("intentloop.turns", period=_FIVE)),
            _graph("not understood, %", fallback_share(_FIVE)),
            _graph("language model", product_sum("intentloop.llm.calls", period=_FIVE),
                   product_sum("intentloop.llm.spend", period=_FIVE)),
        )  # fmt: skip
        page.add_widgets(
            _graph("steps of a message, p95, s", *map(_hop, _HOPS)),
            _graph("queues, age in s", *(
                queue.metric_approximate_age_of_oldest_message(label=label, period=_FIVE)
                for label, queue in (("messages", queues.messages), ("trainings", queues.trainings))
            )),
            _graph("put aside", *(
                queue.metric_approximate_number_of_messages_visible(label=label, period=_FIVE)
                for label, queue in (("messages", queues.dead_messages), ("trainings", queues.dead_trainings))
            )),
        )  # fmt: skip
        page.add_widgets(
            _graph("CPU, %", *(
                service.metric_cpu_utilization(label=label, period=_FIVE) for label, service in services.items()
            )),
            _graph("memory, %", *(
                service.metric_memory_utilization(label=label, period=_FIVE) for label, service in services.items()
            )),
            _graph("databases, CPU %", watched.registry_database.metric_cpu_utilization(label="PostgreSQL"), *(
                [document_database(watched.document_database, "CPUUtilization", statistic="Average", period=_FIVE)]
                if watched.document_database else []
            )),
        )  # fmt: skip


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8, height=6)


def _hop(hop: str) -> cloudwatch.IMetric:
    return cloudwatch.Metric(
        namespace=NAMESPACE, metric_name="intentloop.hop.duration", statistic="p95", period=_FIVE, label=hop,
        dimensions_map={SERVICE: "intentloop-api", "hop": hop},
    )  # fmt: skip
