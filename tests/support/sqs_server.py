"""SQS over HTTP on loopback (moto), and queues with a dead-letter queue."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.support.servers import free_port, start, stop

AWS_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class TestQueue:
    """A queue, and the one where broken messages end."""

    __test__ = False

    client: Any
    url: str
    dead_url: str

    def count(self, *, dead: bool = False) -> int:
        """Count messages, those that are hidden included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.dead_url if dead else self.url
        attributes = self.client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)


@contextmanager
def sqs_server(folder: Path) -> Iterator[str]:
    """Run the server; gives its address."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    process = start(command, port=port, folder=folder)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def make_queue(endpoint: str, name: str, *, max_receives: int) -> TestQueue:
    """Make a queue whose messages go aside after so many receives."""
    client = boto3.client(
        "sqs", endpoint_url=endpoint, region_name="eu-central-1", aws_access_key_id="t", aws_secret_access_key="t"
    )
    dead_url = client.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    attributes = client.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])["Attributes"]
    policy = json.dumps({"deadLetterTargetArn": attributes["QueueArn"], "maxReceiveCount": max_receives})
    url = client.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"]
    return TestQueue(client, url, dead_url)
