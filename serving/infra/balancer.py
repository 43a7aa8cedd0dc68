"""Load balancers: the public one of the chat API with its firewall, and the private one of MLflow."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from serving.infra.common.exceptions import accept
from serving.infra.network import PUBLIC, TASKS, Network
from serving.infra.sizes import Size

IDLE_SECONDS = 60
"""How long a connection may be silent. Streams of events say something every 15 seconds, so none is cut off."""


class Balancer(Construct):
    """An application load balancer that speaks HTTPS, with a listener that knows no path yet."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        network: Network,
        certificate: str,
        log_bucket: s3.IBucket,
        is_public: bool,
    ) -> None:
        super().__init__(scope, name)
        what = "the public load balancer" if is_public else "the load balancer of MLflow"
        self.group = network.group("BalancerGroup" if is_public else "RegistryBalancerGroup", what)
        self.balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=network.vpc,
            vpc_subnets=PUBLIC if is_public else TASKS,
            internet_facing=is_public,
            security_group=self.group,
            idle_timeout=Duration.seconds(IDLE_SECONDS),
            drop_invalid_header_fields=True,
            desync_mitigation_mode=elb.DesyncMitigationMode.DEFENSIVE,
            deletion_protection=True,
        )
        # CDK's own method for this wants to know the region, and this template fits every one.
        for attribute, value in {
            "access_logs.s3.enabled": "true",
            "access_logs.s3.bucket": log_bucket.bucket_name,
            "access_logs.s3.prefix": "public" if is_public else "registry",
        }.items():
            self.balancer.set_attribute(attribute, value)
        self.listener = self.balancer.add_listener(
            "Https",
            port=443,
            protocol=elb.ApplicationProtocol.HTTPS,
            certificates=[acm.Certificate.from_certificate_arn(self, "Certificate", certificate)],
            ssl_policy=elb.SslPolicy.TLS13_RES,
            open=False,
            default_action=elb.ListenerAction.fixed_response(404, content_type="text/plain", message_body="not here"),
        )

    def add_redirect(self) -> None:
        """Send whoever comes without TLS to the right door."""
        self.balancer.add_listener(
            "Http",
            port=80,
            open=False,
            default_action=elb.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True),
        )

    def open_to_everybody(self) -> None:
        """Let the internet in, to two ports."""
        for port in (443, 80):
            self.group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), "customers and authors")
        accept(self.group, "EC23", reason="The load balancer is the public door, with a firewall before it")


class LogBucket(Construct):
    """Where load balancers and CloudFront write who came. They can encrypt with S3's own keys alone."""

    def __init__(self, scope: Construct, name: str, *, size: Size) -> None:
        super().__init__(scope, name)
        self.bucket = s3.Bucket(
            self, "Bucket", encryption=s3.BucketEncryption.S3_MANAGED, enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL, removal_policy=RemovalPolicy.RETAIN,
            object_ownership=s3.ObjectOwnership.OBJECT_WRITER, versioned=True,
            lifecycle_rules=[s3.LifecycleRule(
                expiration=Duration.days(size.log_days), noncurrent_version_expiration=Duration.days(7),
                abort_incomplete_multipart_upload_after=Duration.days(1),
            )],
        )  # fmt: skip
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LoadBalancers",
                principals=[iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"{prefix}/AWSLogs/*") for prefix in ("public", "registry")],
            )
        )
