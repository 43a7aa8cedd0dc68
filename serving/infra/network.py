"""The network: public subnets for the load balancer alone, private ones for tasks, closed ones for databases."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from serving.infra.common.retention import retention
from serving.infra.sizes import Size

PUBLIC = ec2.SubnetSelection(subnet_group_name="balancer")
TASKS = ec2.SubnetSelection(subnet_group_name="tasks")
DATA = ec2.SubnetSelection(subnet_group_name="data")
_HTTPS = ec2.Port.tcp(443)
_INTERFACES = {
    "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Secrets": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "XRay": ec2.InterfaceVpcEndpointAwsService.XRAY,
}


class Network(Construct):
    """A VPC over two or three zones, with endpoints for the services of AWS.

    The way out to the internet stays: tools, Messenger and OpenAI are there.
    """

    def __init__(self, scope: Construct, name: str, *, size: Size, key: kms.IKey, has_bedrock: bool) -> None:
        super().__init__(scope, name)
        flows = logs.LogGroup(
            self, "Flows", encryption_key=key, retention=retention(size), removal_policy=RemovalPolicy.RETAIN
        )
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.20.0.0/16"),
            max_azs=size.zones,
            nat_gateways=size.nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="balancer", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24,
                                        map_public_ip_on_launch=False),
                ec2.SubnetConfiguration(name="tasks", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20),
                ec2.SubnetConfiguration(name="data", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24),
            ],
            gateway_endpoints={"S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
            flow_logs={"Flows": ec2.FlowLogOptions(destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows))},
        )  # fmt: skip
        interfaces = dict(_INTERFACES) if size.has_private_endpoints else {}
        if has_bedrock:
            interfaces["Bedrock"] = ec2.InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME
        self.endpoints = self.group("Endpoints", "endpoints of services of AWS") if interfaces else None
        for title, service in interfaces.items():
            self.vpc.add_interface_endpoint(
                f"{title}Endpoint",
                service=service,
                subnets=TASKS,
                security_groups=[self.endpoints] if self.endpoints else None,
                open=False,
            )

    def group(self, name: str, what: str, *, goes_out: bool = False) -> ec2.SecurityGroup:
        """Return a new security group into which nobody comes, and out of which nothing goes unless it is said."""
        return ec2.SecurityGroup(
            self, name, vpc=self.vpc, description=f"Intentloop: {what}", allow_all_outbound=goes_out
        )

    def task_group(self, name: str, what: str) -> ec2.SecurityGroup:
        """Return a security group of tasks: they may call anything by HTTPS, and the endpoints let them in."""
        group = self.group(name, what)
        group.add_egress_rule(ec2.Peer.any_ipv4(), _HTTPS, "HTTPS: services of AWS, tools, platforms, language model")
        if self.endpoints is not None:
            self.endpoints.add_ingress_rule(group, _HTTPS, f"from {what}")
        return group


def connect(source: ec2.ISecurityGroup, target: ec2.ISecurityGroup, port: int, what: str) -> None:
    """Let one group of tasks reach another on one port, one way."""
    source.add_egress_rule(target, ec2.Port.tcp(port), what)
    target.add_ingress_rule(source, ec2.Port.tcp(port), what)
