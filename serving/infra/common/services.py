"""Services on Fargate: how tasks are started, replaced and rolled back."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from serving.infra.common.fargate import Task
from serving.infra.network import TASKS

DRAIN_SECONDS = 30
"""How long a task that is replaced still gets the answers to its open requests through, before it is told to end."""


def make_service(
    scope: Construct,
    cluster: ecs.ICluster,
    task: Task,
    group: ec2.ISecurityGroup,
    *,
    count: int | None = None,
    spot_from: int | None = None,
    grace_seconds: int | None = None,
    is_single: bool = False,
) -> ecs.FargateService:
    """Return a service of a task, which goes back to the earlier version by itself if the new one does not start.

    Without a `count`, scaling alone says how many there are: a count would be gone back to at each deployment. From the
    `spot_from`th task on, tasks run on spare capacity, which may be taken away; None: none does. `is_single`
    is for what must not run twice, even during a deployment.
    """
    return ecs.FargateService(
        scope,
        "Service",
        cluster=cluster,
        task_definition=task.definition,
        desired_count=count,
        security_groups=[group],
        vpc_subnets=TASKS,
        assign_public_ip=False,
        platform_version=ecs.FargatePlatformVersion.VERSION1_4,
        capacity_provider_strategies=_capacity(spot_from),
        circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
        min_healthy_percent=0 if is_single else 100,
        max_healthy_percent=100 if is_single else 200,
        health_check_grace_period=Duration.seconds(grace_seconds) if grace_seconds else None,
        enable_execute_command=False,
        enable_ecs_managed_tags=True,
        propagate_tags=ecs.PropagatedTagSource.SERVICE,
    )


def _capacity(spot_from: int | None) -> Sequence[ecs.CapacityProviderStrategy]:
    if spot_from is None:
        return [ecs.CapacityProviderStrategy(capacity_provider="FARGATE", base=1, weight=1)]
    return [
        ecs.CapacityProviderStrategy(capacity_provider="FARGATE", base=spot_from, weight=0),
        ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=1),
    ]


def target_group(
    scope: Construct, vpc: ec2.IVpc, service: ecs.FargateService, task: Task, *, path: str
) -> elb.ApplicationTargetGroup:
    """Return where the load balancer sends requests.

    A task is taken out after a minute and a quarter: a DocumentDB cluster takes half of that to change its primary, and
    no task should be replaced for it.
    """
    port = task.program.port
    return elb.ApplicationTargetGroup(
        scope,
        "Targets",
        vpc=vpc,
        port=port,
        protocol=elb.ApplicationProtocol.HTTP,
        target_type=elb.TargetType.IP,
        targets=[service.load_balancer_target(container_name=task.program.name, container_port=port)],
        deregistration_delay=Duration.seconds(DRAIN_SECONDS),
        load_balancing_algorithm_type=elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
        health_check=elb.HealthCheck(
            path=path, interval=Duration.seconds(15), timeout=Duration.seconds(5),
            healthy_threshold_count=2, unhealthy_threshold_count=5, healthy_http_codes="200",
        ),
    )  # fmt: skip
