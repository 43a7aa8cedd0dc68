"""The workers: one service answers platform messages, one trains. Both grow with the age of their queue."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from serving.infra.common.fargate import Program, Room, Task
from serving.infra.common.grants import allow_consume
from serving.infra.common.services import make_service
from serving.infra.environment import Environment
from serving.infra.network import Network
from serving.infra.sizes import Fleet
from serving.infra.telemetry import Telemetry

CHANNEL_STOP_SECONDS = 45
"""A poll ends after 5 seconds, what is in work gets 20, and the database and telemetry a moment."""
TRAINING_STOP_SECONDS = 90
"""The same, and the training's own process is ended before, gently first."""
TRAINING_DISK_GIB = 60


@dataclass(frozen=True)
class Shared:
    """What both kinds of workers are given."""

    cluster: ecs.ICluster
    environment: Environment
    network: Network
    telemetry: Telemetry


class Workers(Construct):
    """A service that takes messages from a queue."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        shared: Shared,
        program: Program,
        queue: sqs.Queue,
        *,
        fleet: Fleet,
        waits_seconds: int,
        disk: int = 21,
    ) -> None:
        super().__init__(scope, name)
        self.queue = queue
        room = Room(fleet.cpu, fleet.memory, disk)
        self.task = Task(self, "Task", program, room, telemetry=shared.telemetry)
        role = self.task.definition.task_role
        allow_consume(role, queue, shared.environment.key)
        self.group = shared.network.task_group(f"{name}Group", f"{name.lower()} workers")
        self.service = make_service(self, shared.cluster, self.task, self.group, spot_from=max(1, fleet.least))
        counts = self.service.auto_scale_task_count(min_capacity=fleet.least, max_capacity=fleet.most)
        counts.scale_on_metric(
            "QueueAge",
            metric=_need(queue),
            scaling_steps=[
                scaling.ScalingInterval(upper=0.5, change=-1),
                scaling.ScalingInterval(lower=1.5, change=1),
                scaling.ScalingInterval(lower=waits_seconds, change=2),
            ],
            adjustment_type=scaling.AdjustmentType.CHANGE_IN_CAPACITY,
            cooldown=Duration.minutes(3),
            evaluation_periods=1,
        )


def channel_workers(scope: Construct, shared: Shared, fleet: Fleet) -> Workers:
    """Return the workers that answer platform messages."""
    environment = shared.environment
    program = Program(
        name="channels",
        repository="serve",
        digest=environment.parameters.serve_image,
        command=["intentloop", "worker"],
        stop_seconds=CHANNEL_STOP_SECONDS,
        variables={**environment.common(), **environment.answering()},
        secrets={**environment.common_secrets(), **environment.answering_secrets()},
    )
    made = Workers(
        scope, "Channels", shared, program, environment.queues.messages, fleet=fleet, waits_seconds=30
    )  # fmt: skip
    environment.secrets.allow_tool_secrets(made.task.definition.task_role)
    return made


def training_workers(scope: Construct, shared: Shared, fleet: Fleet) -> Workers:
    """Return the workers that train."""
    environment = shared.environment
    program = Program(
        name="trainings",
        repository="train",
        digest=environment.parameters.train_image,
        command=["intentloop", "worker", "--trainings"],
        stop_seconds=TRAINING_STOP_SECONDS,
        variables=environment.common(),
        secrets=environment.common_secrets(),
    )
    queue = environment.queues.trainings
    return Workers(
        scope, "Trainings", shared, program, queue, fleet=fleet, waits_seconds=900, disk=TRAINING_DISK_GIB
    )  # fmt: skip


def _need(queue: sqs.Queue) -> cloudwatch.IMetric:
    """Return how much a queue needs workers: 0 if nothing is there, 1 if all is in work, else the age in seconds.

    The age alone will not do: it counts messages in work too, and a training is in work for hours.
    """
    period = Duration.minutes(1)
    return cloudwatch.MathExpression(
        expression="IF(waiting > 0, IF(age > 2, age, 2), IF(working > 0, 1, 0))",
        using_metrics={
            "waiting": queue.metric_approximate_number_of_messages_visible(period=period, statistic="Maximum"),
            "working": queue.metric_approximate_number_of_messages_not_visible(period=period, statistic="Maximum"),
            "age": queue.metric_approximate_age_of_oldest_message(period=period, statistic="Maximum"),
        },
        period=period,
        label="need",
    )
