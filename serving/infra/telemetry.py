"""Logs and their retention, and the collector beside each task: traces to X-Ray, figures to CloudWatch."""

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from serving.infra.common.images import image_of
from serving.infra.common.retention import retention
from serving.infra.sizes import Size

NAMESPACE = "Intentloop"
SERVICE = "service.name"
"""The label by which CloudWatch tells the services apart; the collector takes it from `OTEL_SERVICE_NAME`."""
_PORT = 4318
_MEMORY_MIB = 160


class Telemetry(Construct):
    """Where logs and figures of all tasks go."""

    def __init__(self, scope: Construct, name: str, *, size: Size, key: kms.IKey, collector_digest: str) -> None:
        super().__init__(scope, name)
        self._key, self._size, self._digest = key, size, collector_digest
        self.figures = self.log_group("Figures")

    def log_group(self, name: str) -> logs.LogGroup:
        """Return a new log group: encrypted, and kept for as long as the size says."""
        return logs.LogGroup(
            self, name, encryption_key=self._key, retention=retention(self._size), removal_policy=RemovalPolicy.RETAIN
        )

    def firewall_log_group(self) -> logs.LogGroup:
        """Return the firewall's log group, whose name must begin as it does."""
        return logs.LogGroup(
            self, "FirewallLogs", log_group_name="aws-waf-logs-intentloop", encryption_key=self._key,
            retention=retention(self._size), removal_policy=RemovalPolicy.RETAIN,
        )  # fmt: skip

    def variables(self, service: str) -> dict[str, str]:
        """Return what a program needs to send its traces and figures to the collector beside it."""
        return {
            "INTENTLOOP_TELEMETRY": "otlp",
            "OTEL_SERVICE_NAME": service,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{_PORT}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        }

    def add_collector(self, task: ecs.FargateTaskDefinition, service: str) -> None:
        """Put the collector beside a task's program. If it fails, the program goes on."""
        task.add_container(
            "Collector",
            container_name="collector",
            image=image_of(self, task, "collector", self._digest),
            essential=False,
            cpu=32,
            memory_limit_mib=_MEMORY_MIB,
            readonly_root_filesystem=True,
            environment={"AOT_CONFIG_CONTENT": json.dumps(self._settings(), separators=(",", ":"))},
            logging=ecs.LogDriver.aws_logs(
                stream_prefix="collector", log_group=self.log_group(f"{service}-collector"),
                mode=ecs.AwsLogDriverMode.NON_BLOCKING,
            ),
        )  # fmt: skip
        self.figures.grant(task.task_role, "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
        task.add_to_task_role_policy(
            iam.PolicyStatement(
                sid="Traces",
                actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
                resources=["*"],  # X-Ray knows no narrower resource for these
            )
        )

    def _settings(self) -> dict[str, object]:
        """Return the collector's configuration; what is sampled, the program has decided already."""
        by_route = {"dimensions": [[SERVICE, "route"], [SERVICE]], "metric_name_selectors": ["^intentloop\\.turns$"]}
        named = "llm|queue|release|tool|database|telemetry"
        rest = {"dimensions": [[SERVICE]], "metric_name_selectors": [f"^intentloop\\.({named})\\..+$"]}
        hops = {"dimensions": [[SERVICE, "hop"]], "metric_name_selectors": ["^intentloop\\.hop\\.duration$"]}
        return {
            "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{_PORT}"}}}},
            "processors": {
                "memory_limiter": {"check_interval": "1s", "limit_mib": _MEMORY_MIB - 40},
                "batch": {"timeout": "10s"},
            },
            "exporters": {
                "awsxray": {},
                "awsemf": {
                    "namespace": NAMESPACE,
                    "log_group_name": self.figures.log_group_name,
                    "dimension_rollup_option": "NoDimensionRollup",
                    "resource_to_telemetry_conversion": {"enabled": True},
                    "metric_declarations": [by_route, rest, hops],
                },
            },
            "service": {
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {
                    "traces": _pipeline("awsxray"),
                    "metrics": _pipeline("awsemf"),
                },
            },
        }


def _pipeline(exporter: str) -> dict[str, list[str]]:
    return {"receivers": ["otlp"], "processors": ["memory_limiter", "batch"], "exporters": [exporter]}
