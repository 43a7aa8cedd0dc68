"""The MLflow server: runs, artifacts, the registry and its pages, for this network alone and behind a login."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from serving.infra.balancer import Balancer
from serving.infra.common.exceptions import accept
from serving.infra.common.fargate import Program, Room, Task, http_probe
from serving.infra.common.grants import allow_files, keep_login
from serving.infra.common.services import make_service, target_group
from serving.infra.database import CA_BUNDLE
from serving.infra.network import DATA, Network, connect
from serving.infra.parameters import Parameters
from serving.infra.secrets import Secrets
from serving.infra.sizes import Size
from serving.infra.telemetry import Telemetry

PORT = 5000
STOP_SECONDS = 30
_POSTGRES_PORT = 5432


class ArtifactStore(Construct):
    """The bucket of releases and of what runs have logged."""

    def __init__(self, scope: Construct, name: str, *, key: kms.IKey, log_bucket: s3.IBucket) -> None:
        super().__init__(scope, name)
        self.key = key
        self.bucket = s3.Bucket(
            self, "Bucket", encryption=s3.BucketEncryption.KMS, encryption_key=key, bucket_key_enabled=True,
            enforce_ssl=True, minimum_tls_version=1.2, versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=log_bucket, server_access_logs_prefix="artifacts/",
            removal_policy=RemovalPolicy.RETAIN,
            # versions are for accidents: what is forgotten on a person's wish must be gone some day
            lifecycle_rules=[s3.LifecycleRule(
                noncurrent_version_expiration=Duration.days(30),
                abort_incomplete_multipart_upload_after=Duration.days(7),
            )],
        )  # fmt: skip


class RegistryDatabase(Construct):
    """PostgreSQL for runs, versions and MLflow's users."""

    def __init__(self, scope: Construct, name: str, *, network: Network, size: Size, key: kms.IKey) -> None:
        super().__init__(scope, name)
        self.group = network.group("PostgresGroup", "PostgreSQL of MLflow")
        engine = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17_6)
        self.instance = rds.DatabaseInstance(
            self,
            "Postgres",
            engine=engine,
            instance_type=ec2.InstanceType(size.postgres_class),
            credentials=rds.Credentials.from_generated_secret("mlflow", encryption_key=key),
            database_name="mlflow",
            vpc=network.vpc,
            vpc_subnets=DATA,
            security_groups=[self.group],
            multi_az=size.is_postgres_doubled,
            allocated_storage=20,
            max_allocated_storage=200,
            storage_type=rds.StorageType.GP3,
            storage_encrypted=True,
            storage_encryption_key=key,
            backup_retention=Duration.days(size.backup_days),
            copy_tags_to_snapshot=True,
            delete_automated_backups=False,
            auto_minor_version_upgrade=True,
            cloudwatch_logs_exports=["postgresql"],
            ca_certificate=rds.CaCertificate.RDS_CA_RSA2048_G1,
            parameter_group=rds.ParameterGroup(
                self, "Settings", engine=engine, description="TLS only",
                parameters={"rds.force_ssl": "1", "log_min_duration_statement": "2000"},
            ),
            publicly_accessible=False,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )  # fmt: skip

        keep_login(self.instance)
        if not size.is_postgres_doubled:
            reason = "A small installation pays for one; its chat API answers while the registry is away"
            accept(self.instance, "RDS3", reason=reason)
        accept(self.instance, "RDS11", reason="Security groups decide who gets in; another port would protect nobody")
        accept(self, "SMG4", reason="Renewed by hand, as the guide says, with a restart of MLflow: no Lambda is built")


class Registry(Construct):
    """The server: one task, since it keeps who is signed in to itself; the chat API answers while it is away."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        cluster: ecs.ICluster,
        network: Network,
        database: RegistryDatabase,
        artifacts: ArtifactStore,
        log_bucket: s3.IBucket,
        size: Size,
        parameters: Parameters,
        secrets: Secrets,
        telemetry: Telemetry,
    ) -> None:
        super().__init__(scope, name)
        login = database.instance.secret
        if login is None:  # it is None only where a password is given
            raise ValueError("the database has made no secret")
        domain = parameters.registry_domain
        program = Program(
            name="mlflow",
            repository="mlflow",
            digest=parameters.registry_image,
            command=_command(),
            stop_seconds=STOP_SECONDS,
            port=PORT,
            home="/var/lib/mlflow",
            probe=http_probe(PORT, "/health"),
            variables={
                # The driver reads the rest of the address from the variables of PostgreSQL's own clients, so that the
                # password stands alone in its secret.
                "MLFLOW_BACKEND_STORE_URI": "postgresql+psycopg2:///mlflow",
                "PGHOST": database.instance.db_instance_endpoint_address,
                "PGPORT": str(_POSTGRES_PORT),
                "PGSSLMODE": "verify-full",
                "PGSSLROOTCERT": CA_BUNDLE,
                "MLFLOW_ARTIFACTS_DESTINATION": artifacts.bucket.s3_url_for_object("mlflow"),
                # the load balancer asks for the health by address
                "MLFLOW_SERVER_ALLOWED_HOSTS": f"{domain},10.20.*,127.0.0.1:*",
                "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": f"https://{domain}",
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                "MLFLOW_AUTH_CONFIG_PATH": "/etc/mlflow/auth.ini",
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "MLFLOW_MODEL_CATALOG_URI": "",
            },
            secrets={
                "PGUSER": ecs.Secret.from_secrets_manager(login, "username"),
                "PGPASSWORD": ecs.Secret.from_secrets_manager(login, "password"),
                "MLFLOW_AUTH_ADMIN_PASSWORD": ecs.Secret.from_secrets_manager(secrets.registry_password),
                "MLFLOW_FLASK_SERVER_SECRET_KEY": ecs.Secret.from_secrets_manager(secrets.registry_session),
            },
        )
        fleet = size.registry
        self.task = Task(self, "Task", program, Room(fleet.cpu, fleet.memory), telemetry=telemetry)
        allow_files(self.task.definition.task_role, artifacts.bucket, artifacts.key, folder="mlflow")
        accept(
            self.task.definition.task_role, "IAM5[Resource::<ArtifactsBucket88671897.Arn>/mlflow/*]",
            reason="The files of runs and versions, whose names MLflow makes",
        )  # fmt: skip
        self.group = network.task_group("RegistryGroup", "MLflow")
        connect(self.group, database.group, _POSTGRES_PORT, "MLflow to PostgreSQL")
        self.balancer = Balancer(
            self,
            "Balancer",
            network=network,
            certificate=parameters.certificate,
            log_bucket=log_bucket,
            is_public=False,
        )
        connect(self.balancer.group, self.group, PORT, "load balancer to MLflow")
        self.balancer.group.add_ingress_rule(
            ec2.Peer.ipv4(parameters.registry_readers), ec2.Port.tcp(443), "people, through their VPN"
        )
        accept(self.balancer.group, "EC23", reason="The rule cannot read a parameter; its pattern is one of a network")
        service = make_service(
            self, cluster, self.task, self.group, count=fleet.least, grace_seconds=240, is_single=True
        )  # fmt: skip
        found = target_group(self, network.vpc, service, self.task, path="/health")
        self.balancer.listener.add_action(
            "Mlflow",
            priority=10,
            conditions=[elb.ListenerCondition.host_headers([domain])],
            action=elb.ListenerAction.forward([found]),
        )
        zone = route53.PrivateHostedZone(self, "Zone", vpc=network.vpc, zone_name=domain)
        route53.ARecord(
            self, "Name", zone=zone,
            target=route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.balancer.balancer)),
        )  # fmt: skip

    def open_to(self, group: ec2.ISecurityGroup) -> None:
        """Let a group of tasks use the registry; each may call HTTPS anyway."""
        self.balancer.group.add_ingress_rule(group, ec2.Port.tcp(443), "tasks to MLflow")


def _command() -> list[str]:
    return [
        "sh",
        "-c",
        f"exec mlflow server --app-name basic-auth --host 0.0.0.0 --port {PORT} --serve-artifacts "
        '--backend-store-uri "$MLFLOW_BACKEND_STORE_URI" --artifacts-destination "$MLFLOW_ARTIFACTS_DESTINATION"',
    ]
