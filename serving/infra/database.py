"""Amazon DocumentDB: conversations, bots and jobs. Or none, where Atlas is used instead."""

from aws_cdk import Duration, Fn, RemovalPolicy, SecretValue
from aws_cdk import aws_docdb as docdb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from serving.infra.common.exceptions import accept
from serving.infra.common.grants import keep_login
from serving.infra.network import DATA, Network
from serving.infra.sizes import Size

PORT = 27017
CA_BUNDLE = "/etc/ssl/certs/aws-global-bundle.pem"
"""Where the images hold the certificates of Amazon's database authority, which no operating system knows."""


class DocumentDatabase(Construct):
    """A cluster in the closed subnets: encrypted, TLS only, audited, backed up, and kept when the stack goes."""

    def __init__(self, scope: Construct, name: str, *, network: Network, size: Size, key: kms.IKey) -> None:
        super().__init__(scope, name)
        self.group = network.group("DocumentDbGroup", "DocumentDB")
        self.cluster = docdb.DatabaseCluster(
            self,
            "Cluster",
            engine_version="5.0.0",
            master_user=docdb.Login(
                username="intentloop", kms_key=key, exclude_characters="\"@/:%?#[]&=+ '\\`~!$^*(){}|;<>,."
            ),
            vpc=network.vpc,
            vpc_subnets=DATA,
            security_group=self.group,
            instance_type=ec2.InstanceType(size.documentdb_class),
            instances=size.documentdb_instances,
            storage_encrypted=True,
            kms_key=key,
            parameter_group=docdb.ClusterParameterGroup(
                self,
                "Settings",
                family="docdb5.0",
                description="TLS only, with an audit",
                # An audit of reads and writes, or a profiler, would copy what customers say into logs that the product
                # cannot delete from.
                parameters={"tls": "tls1.2+", "audit_logs": "ddl", "profiler": "disabled", "ttl_monitor": "enabled"},
            ),
            backup=docdb.BackupProps(retention=Duration.days(size.backup_days), preferred_window="01:00-02:00"),
            preferred_maintenance_window="sun:02:30-sun:03:30",
            copy_tags_to_snapshot=True,
            export_audit_logs_to_cloud_watch=True,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        accept(self.cluster, "DOC2", reason="Security groups decide who gets in; another port would protect nobody")
        accept(self.cluster, "DOC3", reason="The rule cannot read the password, which is made by Secrets Manager")
        accept(
            self.cluster, *(f"DOC5[LogExport::{each}]" for each in ("authenticate", "createIndex", "dropCollection")),
            reason="The rule looks for names of events; the export is called `audit`, and it is on",
        )  # fmt: skip
        accept(
            self, "SMG4", reason="Renewed by hand, as the guide says: the address in the other secret changes with it"
        )
        keep_login(self.cluster)
        login = self.cluster.secret
        if login is None:  # it is None only where a password is given
            raise ValueError("the cluster has made no secret")
        # The driver wants one address. CloudFormation puts the password in when it makes the secret: neither the
        # template nor a task definition ever holds it.
        address = Fn.join(
            "",
            [
                "mongodb://intentloop:", login.secret_value_from_json("password").unsafe_unwrap(),
                "@", self.cluster.cluster_endpoint.hostname, f":{PORT}/?tls=true&tlsCAFile={CA_BUNDLE}&replicaSet=rs0",
            ],
        )  # fmt: skip
        self.uri = secretsmanager.Secret(
            self, "Uri", description="Intentloop: the address of DocumentDB, with its password", encryption_key=key,
            secret_string_value=SecretValue.unsafe_plain_text(address), removal_policy=RemovalPolicy.RETAIN,
        )  # fmt: skip
