"""A task on Fargate as all of ours are: ARM, read-only, with a collector, and roles of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from serving.infra.common.exceptions import accept
from serving.infra.common.images import image_of
from serving.infra.telemetry import Telemetry

HOME = "/var/lib/intentloop"
SCRATCH = "/tmp"  # noqa: S108
"""With its home the only folder that a program can write to. Both are empty at each start, and the images declare them
as volumes: otherwise they would belong to root."""


@dataclass(frozen=True)
class Program:
    """What a task runs.

    `repository` is one of `images.REPOSITORIES`; `probe` a command that says whether the program is well;
    `stop_seconds` how long it may take to end once it is asked to.
    """

    name: str
    repository: str
    digest: str
    command: Sequence[str]
    stop_seconds: int
    port: int | None = None
    home: str = HOME
    probe: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, ecs.Secret] = field(default_factory=dict)


@dataclass(frozen=True)
class Room:
    """How much a task gets: CPU units, memory in MiB, disk in GiB."""

    cpu: int
    memory: int
    disk: int = 21


class Task(Construct):
    """A task definition with one program and its collector."""

    def __init__(self, scope: Construct, name: str, program: Program, room: Room, *, telemetry: Telemetry) -> None:
        super().__init__(scope, name)
        self.program = program
        self.definition = ecs.FargateTaskDefinition(
            self,
            "Definition",
            family=f"intentloop-{program.name}",
            cpu=room.cpu,
            memory_limit_mib=room.memory,
            ephemeral_storage_gib=room.disk,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64, operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
            volumes=[ecs.Volume(name="home"), ecs.Volume(name="scratch")],
        )
        self.logs: logs.LogGroup = telemetry.log_group(program.name)
        self.container = self.definition.add_container(
            "Program",
            container_name=program.name,
            image=image_of(self, self.definition, program.repository, program.digest),
            command=list(program.command),
            environment={**program.variables, **telemetry.variables(f"intentloop-{program.name}")},
            secrets=dict(program.secrets),
            logging=ecs.LogDriver.aws_logs(
                stream_prefix=program.name, log_group=self.logs, mode=ecs.AwsLogDriverMode.NON_BLOCKING
            ),
            readonly_root_filesystem=True,
            linux_parameters=_init(self),
            stop_timeout=Duration.seconds(program.stop_seconds),
            ulimits=[ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=65536, hard_limit=65536)],
            health_check=_health(program.probe),
            port_mappings=[ecs.PortMapping(container_port=program.port)] if program.port else None,
        )
        self.container.add_mount_points(
            *(
                ecs.MountPoint(source_volume=volume, container_path=path, read_only=False)
                for volume, path in (("home", program.home), ("scratch", SCRATCH))
            )
        )
        telemetry.add_collector(self.definition, program.name)
        accept(self.definition, "ECS2", reason="The variables hold no secret, which a test checks; secrets come by ARN")
        accept(
            self.definition, "IAM5[Resource::*]",
            reason="X-Ray's and the image registry's log-in have no narrower resource",
        )  # fmt: skip


def _init(scope: Construct) -> ecs.LinuxParameters:
    """Return a process 1 that buries children: trainings are child processes."""
    parameters = ecs.LinuxParameters(scope, "Linux", init_process_enabled=True)
    parameters.drop_capabilities(ecs.Capability.ALL)
    return parameters


def _health(probe: Sequence[str]) -> ecs.HealthCheck | None:
    if not probe:
        return None
    return ecs.HealthCheck(
        command=["CMD", *probe], interval=Duration.seconds(15), timeout=Duration.seconds(5), retries=4,
        start_period=Duration.seconds(120),
    )  # fmt: skip


def http_probe(port: int, path: str) -> list[str]:
    """Return a command that asks a path on this machine; the images have Python, and need no curl for this."""
    code = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{port}{path}', timeout=4)"
    return ["python3", "-c", code]
