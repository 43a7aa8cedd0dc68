"""S3 over HTTP, by moto: a process of its own, with a bucket in it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.support.servers import free_port, start, stop

BUCKET = "releases"


@dataclass(frozen=True)
class S3Server:
    """Where it is, and the variables by which a program finds it."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        """Give what the AWS libraries and MLflow read."""
        return {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL": self.url, "MLFLOW_S3_ENDPOINT_URL": self.url, "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip

    def client(self) -> Any:
        """Connect a client."""
        return boto3.client(
            "s3", endpoint_url=self.url, region_name="eu-central-1", aws_access_key_id="test",
            aws_secret_access_key="test",
        )  # fmt: skip

    def keys(self, ending: str) -> list[str]:
        """Give the keys with an ending."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        found = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return [key for key in found if key.endswith(ending)]


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Run the server."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    process = start(command, port=port, folder=folder)
    try:
        server = S3Server(f"http://127.0.0.1:{port}")
        place = {"LocationConstraint": "eu-central-1"}
        server.client().create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield server
    finally:
        stop(process)
