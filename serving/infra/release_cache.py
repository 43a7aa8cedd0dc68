"""A file system for fetched releases, so that a new task need not fetch them, nor need MLflow to be there."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from serving.infra.common.fargate import HOME, Task
from serving.infra.network import DATA, Network, connect

_PORT = 2049
_USER = "10001"


class ReleaseCache(Construct):
    """EFS, encrypted at rest and on its way; each task gets in by its role and as one user."""

    def __init__(self, scope: Construct, name: str, *, network: Network, key: kms.IKey) -> None:
        super().__init__(scope, name)
        self._group = network.group("FilesGroup", "the release cache")
        self._files = efs.FileSystem(
            self, "Files", vpc=network.vpc, vpc_subnets=DATA, security_group=self._group, encrypted=True, kms_key=key,
            file_system_policy=_policy(), enable_automatic_backups=False, throughput_mode=efs.ThroughputMode.ELASTIC,
            lifecycle_policy=efs.LifecyclePolicy.AFTER_30_DAYS,
            removal_policy=RemovalPolicy.DESTROY,  # all of it is in MLflow, too
        )  # fmt: skip
        self._point = self._files.add_access_point(
            "Releases",
            path="/releases",
            create_acl=efs.Acl(owner_uid=_USER, owner_gid=_USER, permissions="750"),
            posix_user=efs.PosixUser(uid=_USER, gid=_USER),
        )

    def mount(self, task: Task, group: ec2.ISecurityGroup) -> None:
        """Give a task the file system in the place of its own folder of releases."""
        connect(group, self._group, _PORT, "release cache")
        task.definition.add_volume(
            name="releases",
            efs_volume_configuration=ecs.EfsVolumeConfiguration(
                file_system_id=self._files.file_system_id,
                transit_encryption="ENABLED",
                authorization_config=ecs.AuthorizationConfig(
                    access_point_id=self._point.access_point_id, iam="ENABLED"
                ),
            ),
        )
        task.container.add_mount_points(
            ecs.MountPoint(source_volume="releases", container_path=f"{HOME}/releases", read_only=False)
        )
        task.definition.add_to_task_role_policy(
            iam.PolicyStatement(
                actions=["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                resources=[self._files.file_system_arn],
                conditions={
                    "StringEquals": {"elasticfilesystem:AccessPointArn": self._point.access_point_arn},
                },
            )
        )


def _policy() -> iam.PolicyDocument:
    """Return a policy that lets nobody in by itself: those whose roles say so come in, and by TLS alone."""
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                effect=iam.Effect.DENY, principals=[iam.AnyPrincipal()], actions=["*"],
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            )
        ]
    )  # fmt: skip
