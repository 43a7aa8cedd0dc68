"""What runs and ends: retraining by the clock, and preparing the database before the platform starts."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from serving.infra.common.fargate import Program, Room, Task
from serving.infra.common.grants import allow_key
from serving.infra.environment import Environment
from serving.infra.network import TASKS, Network
from serving.infra.sizes import Fleet
from serving.infra.telemetry import Telemetry
from serving.infra.workers import TRAINING_DISK_GIB, TRAINING_STOP_SECONDS


class Retraining(Construct):
    """`intentloop retrain`, started by EventBridge Scheduler. Two at once do no harm: one holds the bot's lease."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        cluster: ecs.ICluster,
        environment: Environment,
        network: Network,
        fleet: Fleet,
        telemetry: Telemetry,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, name)
        parameters = environment.parameters
        program = Program(
            name="retrain",
            repository="train",
            digest=parameters.train_image,
            command=["intentloop", "retrain", "--bot", parameters.retrained_bot],
            stop_seconds=TRAINING_STOP_SECONDS,
            variables=environment.common(),
            secrets=environment.common_secrets(),
        )
        room = Room(fleet.cpu, fleet.memory, TRAINING_DISK_GIB)
        self.task = Task(self, "Task", program, room, telemetry=telemetry)
        self.group = network.task_group("RetrainingGroup", "scheduled retraining")
        # CDK's own role may not use the key, without which nothing could be put aside
        role = iam.Role(
            self,
            "Starter",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
            ),
        )
        allow_key(role, environment.key)
        scheduler.Schedule(
            self,
            "Schedule",
            description="Retrains a bot if its data, parameters or code have changed",
            schedule=scheduler.ScheduleExpression.expression(parameters.retraining),
            time_window=scheduler.TimeWindow.flexible(Duration.minutes(15)),
            key=environment.key,
            target=targets.EcsRunFargateTask(
                cluster,
                task_definition=self.task.definition,
                security_groups=[self.group],
                vpc_subnets=TASKS,
                assign_public_ip=False,
                retry_attempts=3,
                max_event_age=Duration.hours(2),
                dead_letter_queue=dead_letters,
                role=role,
            ),
        )


class DatabaseInit(Construct):
    """`intentloop db init`, which you run once before the first start and before each update; nothing starts it."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, network: Network, telemetry: Telemetry
    ) -> None:
        super().__init__(scope, name)
        program = Program(
            name="db-init",
            repository="serve",
            digest=environment.parameters.serve_image,
            command=["intentloop", "db", "init"],
            stop_seconds=30,
            variables={"INTENTLOOP_HOME": environment.common()["INTENTLOOP_HOME"]},
            secrets={"INTENTLOOP_MONGO_URI": environment.common_secrets()["INTENTLOOP_MONGO_URI"]},
        )
        self.task = Task(self, "Task", program, Room(512, 1024), telemetry=telemetry)
        self.group: ec2.SecurityGroup = network.task_group("DatabaseInitGroup", "preparing the database")
