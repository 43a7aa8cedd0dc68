"""What the template says of queues, buckets, secrets and the schedule, made in moto, and used by the product's code."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from serving.jobs.queue import TrainingMessage, TrainingQueue
from serving.queues.sqs import MessageQueue
from serving.tools.secrets import SecretsManager
from tests.support.infra import Resource, filled, of_type, programs, template_of
from tests.support.sqs_server import AWS_VARIABLES, sqs_server


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run moto; gives its address."""
    with sqs_server(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture
def aws(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a way to make clients; the product finds the server by its environment, as it finds AWS."""
    for name, value in {**AWS_VARIABLES, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    return boto3.client


def _properties(kind: str, start: str) -> Resource:
    (found,) = (each for name, each in of_type(template_of(), kind).items() if name[:-8] == start)
    properties: Resource = found["Properties"]
    return properties


def _make_queue(sqs: Any, start: str, *, dead_arn: str | None = None) -> str:
    """Make a queue from the template's own properties; gives its address."""
    numbers = ("MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout")
    properties = _properties("AWS::SQS::Queue", start)
    attributes = {name: str(properties[name]) for name in numbers}
    if dead_arn is not None:
        attributes["RedrivePolicy"] = json.dumps({**properties["RedrivePolicy"], "deadLetterTargetArn": dead_arn})
    return str(sqs.create_queue(QueueName=start, Attributes=attributes)["QueueUrl"])


def _make_pair(sqs: Any, name: str) -> tuple[str, str]:
    dead = _make_queue(sqs, f"QueuesDead{name}")
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return _make_queue(sqs, f"Queues{name}", dead_arn=arn), dead


async def test_product_puts_aside_a_training_that_nobody_could_do(aws: Any) -> None:
    sqs = aws("sqs")
    url, dead = _make_pair(sqs, "Trainings")
    queue = await TrainingQueue.open(url)
    assert (await queue.state()).has_redrive_policy  # the product warns of a queue without one
    await queue.send([TrainingMessage(kind="training", bot="default", number=1)])
    receives = _properties("AWS::SQS::Queue", "QueuesTrainings")["RedrivePolicy"]["maxReceiveCount"]
    (job,) = await queue.receive(1, visibility_seconds=60)
    await queue.hide(job, seconds=0)
    for _ in range(receives - 1):
        assert sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, WaitTimeSeconds=0)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)
    (put_aside,) = await MessageQueue(sqs, dead, kind=TrainingMessage).receive(1, visibility_seconds=60)
    assert put_aside.job == TrainingMessage(kind="training", bot="default", number=1)


def test_redrive_of_messages_comes_after_the_products_own_tries(aws: Any) -> None:
    sqs = aws("sqs")
    url, _ = _make_pair(sqs, "Messages")
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    assert json.loads(policy)["maxReceiveCount"] == 10  # as serving/docs/operating.md asks for


def test_product_reads_a_bots_secret_under_the_prefix_of_its_task(aws: Any) -> None:
    given = {each["Name"]: each["Value"] for each in programs(template_of())["api"]["Environment"]}
    prefix = given["INTENTLOOP_SECRETS_MANAGER_PREFIX"]
    aws("secretsmanager").create_secret(Name=f"{prefix}SHOP_KEY", SecretString="k-1")
    secrets = SecretsManager(prefix)
    assert secrets.read("SHOP_KEY") == "k-1"
    assert secrets.read("UNKNOWN") is None
    policies = of_type(template_of(), "AWS::IAM::Policy")
    allowed = json.dumps(next(each for name, each in policies.items() if name.startswith("ApiTaskDefinitionTaskRole")))
    assert f"secret:{prefix}*" in allowed


def test_artifacts_are_written_and_read_back_in_a_bucket_of_the_templates_settings(aws: Any) -> None:
    properties = _properties("AWS::S3::Bucket", "ArtifactsBucket")
    s3 = aws("s3")
    s3.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    versioning = properties["VersioningConfiguration"]
    s3.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration=versioning)
    s3.put_public_access_block(
        Bucket="artifacts", PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"]
    )
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    destination = filled(programs(template_of())["mlflow"]["Environment"], template_of())
    (place,) = (each["Value"] for each in destination if each["Name"] == "MLFLOW_ARTIFACTS_DESTINATION")
    assert place.startswith("s3://")
    assert place.endswith("/mlflow")  # the folder that MLflow's role may use
    repository = get_artifact_repository(f"s3://artifacts/{place.rpartition('/')[2]}")
    file = Path(__file__)
    repository.log_artifact(str(file), "release")
    s3.delete_object(Bucket="artifacts", Key=f"mlflow/release/{file.name}")
    assert repository.list_artifacts("release") == []
    versions = s3.list_object_versions(Bucket="artifacts")["Versions"]
    assert [each["Key"] for each in versions] == [f"mlflow/release/{file.name}"]  # a deleted file can be brought back


def test_schedule_of_the_template_starts_the_retraining(aws: Any) -> None:
    template = template_of()
    properties = filled(_properties("AWS::Scheduler::Schedule", "RetrainingSchedule"), template)
    # CloudFormation's name of this begins with a capital letter, that of the service itself does not
    network = properties["Target"]["EcsParameters"]["NetworkConfiguration"]
    network["awsvpcConfiguration"] = network.pop("AwsvpcConfiguration")
    taken = ("FlexibleTimeWindow", "ScheduleExpression", "ScheduleExpressionTimezone", "State", "Target")
    scheduler = aws("scheduler")
    scheduler.create_schedule(Name="retraining", **{name: properties[name] for name in taken})
    made = scheduler.get_schedule(Name="retraining")
    assert made["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert made["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 3
    task = made["Target"]["EcsParameters"]["TaskDefinitionArn"]
    names = {name.lower(): each for name, each in of_type(template, "AWS::ECS::TaskDefinition").items()}
    assert names[task]["Properties"]["Family"] == "intentloop-retrain"
