"""What a reviewer of AWS asks of a template: who may do what, what is encrypted, what is kept, who gets in."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.infra import Template, containers, few_choices, of_type, programs, template_of

_ANYWHERE = ("0.0.0.0/0", "::/0")
_WITHOUT_RESOURCE = {"ecr:GetAuthorizationToken", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
"""The actions for which AWS knows no resource."""
_STORES = {
    "AWS::DocDB::DBCluster",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
    "AWS::SQS::Queue",
}


@pytest.fixture(params=few_choices(), ids=lambda each: "-".join(each.values()))
def template(request: pytest.FixtureRequest) -> Template:
    """Give the templates in which every value of a choice occurs."""
    return template_of(**request.param)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, policy in of_type(template, "AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield name, statement
    for name, role in of_type(template, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role["Properties"], name
        for policy in role["Properties"].get("Policies", ()):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def test_no_role_may_do_anything_to_everything(template: Template) -> None:
    statements = list(_statements(template))
    assert len(statements) > 30
    for name, statement in statements:
        actions = _listed(statement["Action"])
        assert [each for each in actions if "*" in each] == [], name
        if "*" in _listed(statement["Resource"]):
            assert set(actions) <= _WITHOUT_RESOURCE, name


def test_every_task_has_two_roles_of_its_own(template: Template) -> None:
    tasks = of_type(template, "AWS::ECS::TaskDefinition").values()
    roles = [json.dumps(task["Properties"][role]) for task in tasks for role in ("TaskRoleArn", "ExecutionRoleArn")]
    assert len(set(roles)) == len(roles) == 2 * len(tasks)


def test_only_mlflow_reaches_the_artifacts(template: Template) -> None:
    names = {name for name, statement in _statements(template) if "s3:" in json.dumps(statement["Action"])}
    assert {name.split("Task")[0] for name in names} == {"Registry"}


def test_only_what_answers_reads_the_secrets_of_tools(template: Template) -> None:
    names = {name for name, statement in _statements(template) if "intentloop/tools/*" in json.dumps(statement)}
    assert {name.split("Task")[0] for name in names} == {"Api", "Channels"}


def test_only_the_public_load_balancer_is_open_to_the_internet(template: Template) -> None:
    rules = list(of_type(template, "AWS::EC2::SecurityGroupIngress").items())
    for name, group in of_type(template, "AWS::EC2::SecurityGroup").items():
        rules += [(name, {"Properties": rule}) for rule in group["Properties"].get("SecurityGroupIngress", ())]
    open_to_all = {name for name, rule in rules if rule["Properties"].get("CidrIp") in _ANYWHERE}
    assert len(rules) > 10
    assert {name[:-8] for name in open_to_all} == {"NetworkBalancerGroup"}


def test_tasks_call_https_and_what_they_are_connected_to_alone(template: Template) -> None:
    for name, group in of_type(template, "AWS::EC2::SecurityGroup").items():
        for rule in group["Properties"].get("SecurityGroupEgress", ()):
            if rule.get("CidrIp") in _ANYWHERE:
                assert rule["IpProtocol"] == "tcp", name
                assert rule["FromPort"] == rule["ToPort"]
                assert rule["FromPort"] in (443, 27017), name  # 27017: Atlas


def test_tasks_are_in_private_subnets(template: Template) -> None:
    services = list(of_type(template, "AWS::ECS::Service").values())
    networks = [each["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"] for each in services]
    for schedule in of_type(template, "AWS::Scheduler::Schedule").values():
        target = schedule["Properties"]["Target"]["EcsParameters"]
        networks.append(target["NetworkConfiguration"]["AwsvpcConfiguration"])
    assert len(networks) >= 5
    for network in networks:
        assert network["AssignPublicIp"] == "DISABLED"
        assert all("Vpctasks" in json.dumps(subnet) for subnet in network["Subnets"])
    for subnet in of_type(template, "AWS::EC2::Subnet").values():
        assert subnet["Properties"]["MapPublicIpOnLaunch"] is False


def test_what_is_stored_is_kept_when_the_stack_goes(template: Template) -> None:
    stores = [(name, each) for name, each in template["Resources"].items() if each["Type"] in _STORES]
    assert len(stores) > 20
    for name, each in stores:
        assert each["DeletionPolicy"] == each["UpdateReplacePolicy"] == "Retain", name
    for kind in ("AWS::DocDB::DBCluster", "AWS::RDS::DBInstance"):
        for each in of_type(template, kind).values():
            assert each["Properties"]["DeletionProtection"] is True
            assert each["Properties"]["BackupRetentionPeriod"] >= 7


def test_what_is_stored_is_encrypted(template: Template) -> None:
    for kind, field in {
        "AWS::DocDB::DBCluster": "KmsKeyId",
        "AWS::EFS::FileSystem": "KmsKeyId",
        "AWS::Logs::LogGroup": "KmsKeyId",
        "AWS::RDS::DBInstance": "KmsKeyId",
        "AWS::SNS::Topic": "KmsMasterKeyId",
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::SecretsManager::Secret": "KmsKeyId",
    }.items():
        for name, each in of_type(template, kind).items():
            assert "EncryptionKey" in json.dumps(each["Properties"][field]), name
    for bucket in of_type(template, "AWS::S3::Bucket").values():
        assert bucket["Properties"]["BucketEncryption"]
        assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())


def test_services_of_aws_may_use_the_key_they_need(template: Template) -> None:
    (key,) = of_type(template, "AWS::KMS::Key").values()
    policy = json.dumps(key["Properties"]["KeyPolicy"])
    assert "cloudwatch.amazonaws.com" in policy  # an alarm's topic
    assert '"logs."' in policy  # without it, no log group can be made
    starter = next(each for name, each in _statements(template) if "Starter" in name and "kms" in json.dumps(each))
    assert "kms:GenerateDataKey" in starter["Action"]


def test_logs_end(template: Template) -> None:
    groups = of_type(template, "AWS::Logs::LogGroup").values()
    assert all(group["Properties"]["RetentionInDays"] >= 30 for group in groups)
    used = [each["LogConfiguration"]["LogDriver"] for _, each in containers(template)]
    assert set(used) == {"awslogs"}
    assert len(groups) > len(used)


def test_containers_write_to_named_folders_alone(template: Template) -> None:
    for family, each in containers(template):
        assert each["ReadonlyRootFilesystem"] is True, family
        assert not each.get("Privileged")
    for each in programs(template).values():
        assert each["LinuxParameters"]["Capabilities"]["Drop"] == ["ALL"]
        paths = {mount["ContainerPath"] for mount in each["MountPoints"]}
        home = "/var/lib/mlflow" if each["Name"] == "mlflow" else "/var/lib/intentloop"
        assert paths - {f"{home}/releases"} == {home, "/tmp"}


def test_images_are_named_by_digest_and_run_on_arm(template: Template) -> None:
    for family, each in containers(template):
        assert "Digest" in json.dumps(each["Image"]), family
        assert '@"' in json.dumps(each["Image"])
    for task in of_type(template, "AWS::ECS::TaskDefinition").values():
        assert task["Properties"]["RuntimePlatform"]["CpuArchitecture"] == "ARM64"
    for name, parameter in template["Parameters"].items():
        if name.endswith("Digest"):
            assert parameter["AllowedPattern"] == "^sha256:[0-9a-f]{64}$"
            assert "Default" not in parameter


def test_no_secret_is_in_a_task(template: Template) -> None:
    for family, each in containers(template):
        variables = json.dumps(each.get("Environment", []))
        assert "{{resolve" not in variables, family
        assert not {"PASSWORD", "TOKEN", "SECRET_KEY"} & {v["Name"] for v in each.get("Environment", [])}
    given = [secret for each in programs(template).values() for secret in each.get("Secrets", [])]
    assert len(given) > 10
    assert all("Ref" in json.dumps(secret["ValueFrom"]) for secret in given)


def test_files_open_to_those_whose_role_says_so_and_by_tls_alone() -> None:
    template = template_of(efs="on")
    (files,) = of_type(template, "AWS::EFS::FileSystem").values()
    policy = files["Properties"]["FileSystemPolicy"]["Statement"]
    assert [(each["Effect"], each["Condition"]) for each in policy] == [
        ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    ]
    allowed = [each for _, each in _statements(template) if "elasticfilesystem:ClientMount" in each["Action"]]
    assert len(allowed) == 2  # the chat API and the channel workers
    assert all("elasticfilesystem:AccessPointArn" in each["Condition"]["StringEquals"] for each in allowed)


def test_databases_speak_tls_alone_and_are_audited(template: Template) -> None:
    for each in of_type(template, "AWS::DocDB::DBClusterParameterGroup").values():
        assert each["Properties"]["Parameters"]["tls"].startswith("tls1.2")
        assert each["Properties"]["Parameters"]["audit_logs"] == "ddl"
        assert each["Properties"]["Parameters"]["profiler"] == "disabled"  # it would log what customers say
        assert each["Properties"]["Parameters"]["ttl_monitor"] == "enabled"  # the product counts on TTL indexes
    for each in of_type(template, "AWS::DocDB::DBCluster").values():
        assert set(each["Properties"]["EnableCloudwatchLogsExports"]) == {"audit"}
    for each in of_type(template, "AWS::RDS::DBParameterGroup").values():
        assert each["Properties"]["Parameters"]["rds.force_ssl"] == "1"
    for each in of_type(template, "AWS::RDS::DBInstance").values():
        assert each["Properties"]["PubliclyAccessible"] is False


def test_the_firewall_is_before_the_public_load_balancer(template: Template) -> None:
    (link,) = of_type(template, "AWS::WAFv2::WebACLAssociation").values()
    balancers = of_type(template, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    public = [name for name, each in balancers.items() if each["Properties"]["Scheme"] == "internet-facing"]
    assert link["Properties"]["ResourceArn"] == {"Ref": public[0]}
    assert len(public) == 1
    assert len(balancers) == 2
