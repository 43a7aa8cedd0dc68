"""The stack: every part, and what each is told of the others."""

from typing import Any

from aws_cdk import CfnOutput, Fn, Stack, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from serving.infra.alarms import Alarms, Watched
from serving.infra.api import Api
from serving.infra.balancer import Balancer, LogBucket
from serving.infra.budget import Budget
from serving.infra.choices import Choices
from serving.infra.dashboard import Dashboard
from serving.infra.database import PORT, DocumentDatabase
from serving.infra.encryption import Encryption
from serving.infra.environment import Environment
from serving.infra.firewall import Firewall
from serving.infra.network import Network, connect
from serving.infra.pages import Pages
from serving.infra.parameters import Parameters
from serving.infra.queues import Queues
from serving.infra.registry import ArtifactStore, Registry, RegistryDatabase
from serving.infra.release_cache import ReleaseCache
from serving.infra.rendered_pages import RenderedPages
from serving.infra.scheduler import DatabaseInit, Retraining
from serving.infra.secrets import Secrets
from serving.infra.sizes import SIZES
from serving.infra.telemetry import Telemetry
from serving.infra.workers import Shared, channel_workers, training_workers


class IntentloopStack(Stack):
    """The whole platform in one region."""

    def __init__(self, scope: Construct, name: str, choices: Choices, **options: Any) -> None:
        super().__init__(scope, name, **options)
        self.choices, self.size = choices, SIZES[choices.size]
        Tags.of(self).add("application", "intentloop")
        self._build_base()
        self._build_stores()
        self._build_tasks()
        self._build_watch()

    @property
    def availability_zones(self) -> list[str]:
        """The first zones of whichever region it is deployed to; CDK knows two where the region is open."""
        return [Fn.select(number, Fn.get_azs()) for number in range(3)]

    def _build_base(self) -> None:
        """Build what the rest stands on: parameters, the key, the network, the cluster, logs."""
        self.parameters = Parameters(self, "Parameters", self.choices)
        self.encryption = Encryption(self, "Encryption")
        self.key = self.encryption.key
        has_bedrock = self.choices.llm == "bedrock"
        self.network = Network(self, "Network", size=self.size, key=self.key, has_bedrock=has_bedrock)
        self.cluster = ecs.Cluster(
            self, "Cluster", vpc=self.network.vpc, enable_fargate_capacity_providers=True,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )  # fmt: skip
        self.telemetry = Telemetry(
            self, "Telemetry", size=self.size, key=self.key, collector_digest=self.parameters.collector_image
        )
        self.log_bucket = LogBucket(self, "AccessLogs", size=self.size).bucket

    def _build_stores(self) -> None:
        """Build what must not be lost: secrets, databases, artifacts, queues."""
        self.secrets = Secrets(self, "Secrets", key=self.key, parameters=self.parameters)
        self.queues = Queues(self, "Queues", key=self.key)
        self.database = None
        if self.choices.database == "documentdb":
            self.database = DocumentDatabase(self, "Database", network=self.network, size=self.size, key=self.key)
        self.registry_database = RegistryDatabase(
            self, "RegistryDatabase", network=self.network, size=self.size, key=self.key
        )
        self.artifacts = ArtifactStore(self, "Artifacts", key=self.key, log_bucket=self.log_bucket)
        if self.database is not None:
            mongo_uri = self.database.uri
        else:
            mongo_uri = self.secrets.known("MongoUri", self.parameters.mongo_uri or "")
        self.environment_of_tasks = Environment(
            self,
            self.choices,
            self.parameters,
            self.secrets,
            mongo_uri,
            self.queues,
            self.network,
            self.key,
            self.size.traced_share,
        )

    def _build_tasks(self) -> None:
        """Build what works: MLflow, the chat API, workers, what runs by the clock, pages."""
        parts: dict[str, Any] = {"cluster": self.cluster, "network": self.network, "telemetry": self.telemetry}
        environment, size, parameters = self.environment_of_tasks, self.size, self.parameters
        self.registry = Registry(
            self, "Registry", **parts, database=self.registry_database, artifacts=self.artifacts,
            log_bucket=self.log_bucket, size=size, parameters=parameters, secrets=self.secrets,
        )  # fmt: skip
        self.balancer = Balancer(
            self, "Balancer", network=self.network, certificate=parameters.certificate, log_bucket=self.log_bucket,
            is_public=True,
        )  # fmt: skip
        self.balancer.open_to_everybody()
        self.balancer.add_redirect()
        Firewall(
            self, "Firewall", balancer_arn=self.balancer.balancer.load_balancer_arn,
            log_group=self.telemetry.firewall_log_group(),
        )  # fmt: skip
        self.api = Api(self, "Api", **parts, environment=environment, balancer=self.balancer, fleet=size.api)
        shared = Shared(self.cluster, environment, self.network, self.telemetry)
        self.channels = channel_workers(self, shared, size.channels)
        self.trainings = training_workers(self, shared, size.trainings)
        self.retraining = Retraining(
            self, "Retraining", **parts, environment=environment, fleet=size.trainings,
            dead_letters=self.queues.dead_schedules,
        )  # fmt: skip
        self.init = DatabaseInit(
            self, "DatabaseInit", environment=environment, network=self.network, telemetry=self.telemetry
        )
        using_registry = [self.api.group, self.channels.group, self.trainings.group, self.retraining.group]
        for group in using_registry:
            self.registry.open_to(group)
        for group in [*using_registry, self.init.group]:
            self._open_database(group)
        if self.choices.efs == "on":
            cache = ReleaseCache(self, "ReleaseCache", network=self.network, key=self.key)
            cache.mount(self.api.task, self.api.group)
            cache.mount(self.channels.task, self.channels.group)
        are_rendered = self.choices.ui == "ssr"
        if are_rendered:
            RenderedPages(
                self, "RenderedPages", **parts, balancer=self.balancer, parameters=parameters, fleet=size.pages
            )
        self.pages = Pages(self, "Pages", parameters=parameters, log_bucket=self.log_bucket, are_rendered=are_rendered)

    def _open_database(self, group: ec2.ISecurityGroup) -> None:
        if self.database is not None:
            connect(group, self.database.group, PORT, "tasks to DocumentDB")
        else:
            group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(PORT), "tasks to Atlas, which has no fixed network")

    def _build_watch(self) -> None:
        """Build what looks at the rest."""
        watched = Watched(
            balancer=self.balancer.balancer,
            targets=self.api.targets,
            queues=self.queues,
            api_logs=self.api.task.logs,
            document_database=self.database.cluster if self.database is not None else None,
            registry_database=self.registry_database.instance,
            spend_per_hour=self.size.dollars_per_month / 500,
        )
        self.encryption.allow_service("cloudwatch.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey*")
        Alarms(self, "Alarms", watched, key=self.key, operator=self.parameters.operator)
        services = {"api": self.api.service, "channels": self.channels.service, "trainings": self.trainings.service}
        Dashboard(self, "Dashboard", watched, services=services)
        Budget(self, "Budget", dollars=self.size.dollars_per_month, operator=self.parameters.operator)
        for name, value in {
            "ChatBalancer": self.balancer.balancer.load_balancer_dns_name,
            "PagesDistribution": self.pages.distribution.distribution_domain_name,
            "PagesBucket": self.pages.bucket.bucket_name,
            "ClusterName": self.cluster.cluster_name,
            "DatabaseInitTask": self.init.task.definition.family,
            "DatabaseInitGroup": self.init.group.security_group_id,
            "TaskSubnets": Fn.join(",", [subnet.subnet_id for subnet in self.network.vpc.private_subnets]),
        }.items():
            CfnOutput(self, name, value=value)
