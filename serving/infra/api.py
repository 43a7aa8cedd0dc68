"""The chat API: a service behind the public load balancer that grows with its work."""

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from serving.infra.balancer import Balancer
from serving.infra.common.fargate import Program, Room, Task, http_probe
from serving.infra.common.grants import allow_send
from serving.infra.common.services import make_service, target_group
from serving.infra.environment import API_PORT, Environment
from serving.infra.network import Network, connect
from serving.infra.sizes import Fleet
from serving.infra.telemetry import Telemetry

STOP_SECONDS = 40
"""Requests get 15 seconds to end, platform messages 10 more, and the database and telemetry a moment."""
_CPU_PERCENT = 60
_REQUESTS_PER_MINUTE = 6000
"""For one task: 100 a second. A process answered 173 to 202 on the machine of `pipelines/docs/figures.md`, beside its
own load generator and database; what it answers on Fargate has not been measured."""


class Api(Construct):
    """The service, its targets and its scaling."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        cluster: ecs.ICluster,
        environment: Environment,
        network: Network,
        balancer: Balancer,
        fleet: Fleet,
        telemetry: Telemetry,
    ) -> None:
        super().__init__(scope, name)
        parameters = environment.parameters
        program = Program(
            name="api",
            repository="serve",
            digest=parameters.serve_image,
            command=["intentloop", "serve", "--no-record"],
            stop_seconds=STOP_SECONDS,
            port=API_PORT,
            probe=http_probe(API_PORT, "/health/live"),
            variables={**environment.common(), **environment.answering(), **environment.api()},
            secrets={**environment.common_secrets(), **environment.answering_secrets(), **environment.api_secrets()},
        )
        self.task = Task(self, "Task", program, Room(fleet.cpu, fleet.memory), telemetry=telemetry)
        role = self.task.definition.task_role
        environment.secrets.allow_tool_secrets(role)
        for queue in (environment.queues.messages, environment.queues.trainings):
            allow_send(role, queue, environment.key)
        self.group = network.task_group("ApiGroup", "the chat API")
        connect(balancer.group, self.group, API_PORT, "public load balancer to chat API")
        self.service = make_service(self, cluster, self.task, self.group, grace_seconds=180)
        self.targets = target_group(self, network.vpc, self.service, self.task, path=parameters.readiness)
        balancer.listener.add_action(
            "Api",
            priority=100,
            conditions=[elb.ListenerCondition.host_headers([parameters.chat_domain])],
            action=elb.ListenerAction.forward([self.targets]),
        )
        scaling = self.service.auto_scale_task_count(min_capacity=fleet.least, max_capacity=fleet.most)
        slowly = Duration.minutes(5)
        scaling.scale_on_cpu_utilization(
            "Cpu", target_utilization_percent=_CPU_PERCENT, scale_in_cooldown=slowly,
            scale_out_cooldown=Duration.minutes(1),
        )  # fmt: skip
        scaling.scale_on_request_count(
            "Requests", requests_per_target=_REQUESTS_PER_MINUTE, target_group=self.targets, scale_in_cooldown=slowly,
            scale_out_cooldown=Duration.minutes(1),
        )  # fmt: skip
