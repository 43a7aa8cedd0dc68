"""Standard SQS queues of typed messages. The only user of boto3 for queues."""

import asyncio
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ValidationError

from pipelines.errors import QueueUnavailable, SetupProblem
from serving.telemetry import spans
from serving.telemetry.traces import TRACEPARENT

POLL_SECONDS = 5
"""How long a poll waits for a message; also how long a worker takes to notice a stop request."""
_PUT_SECONDS = 5.0
_BATCH = 10
_THREADS = 8
_AWS_HOST = re.compile(r"^https://sqs\.([a-z0-9-]+)\.amazonaws\.com")

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Received(Generic[M]):
    """A message from a queue; `job` is None if it is not one of ours. `traceparent` is that of who sent it."""

    job: M | None
    receipt: str
    message_id: str
    traceparent: str | None = None


@dataclass(frozen=True)
class QueueState:
    """The approximate number of waiting messages, and whether a redrive policy removes those that fail repeatedly."""

    waiting: int
    has_redrive_policy: bool


class MessageQueue(Generic[M]):
    """A standard queue with a redrive policy, whose dead-letter queue receives what fails repeatedly."""

    def __init__(self, client: Any, url: str, *, kind: type[M]) -> None:
        self._client = client
        self._url = url
        self._kind = kind
        # A pool of its own: a hanging queue must not block other work in threads. The client is thread-safe.
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="sqs")

    async def send(self, messages: Sequence[M], *, delay_seconds: int = 0) -> None:
        """Send messages, which become visible after the delay."""
        with spans.span("queue send", kind="producer") as span:
            span.set("messaging.system", "aws_sqs")
            await self._send(messages, delay_seconds=delay_seconds, traceparent=span.traceparent)

    async def _send(self, messages: Sequence[M], *, delay_seconds: int, traceparent: str | None) -> None:
        attributes = {}
        if traceparent is not None:
            attributes = {"MessageAttributes": {TRACEPARENT: {"DataType": "String", "StringValue": traceparent}}}
        for start in range(0, len(messages), _BATCH):
            entries = [
                {
                    "Id": str(number),
                    "MessageBody": message.model_dump_json(),
                    "DelaySeconds": delay_seconds,
                    **attributes,
                }
                for number, message in enumerate(messages[start : start + _BATCH])
            ]
            try:
                async with asyncio.timeout(_PUT_SECONDS):
                    outcome = await self._call(self._client.send_message_batch, Entries=entries)
            except TimeoutError as error:
                raise QueueUnavailable(f"the queue did not answer within {_PUT_SECONDS:g} s") from error
            if outcome.get("Failed"):
                raise QueueUnavailable(f"the queue rejected {len(outcome['Failed'])} of {len(entries)} messages")

    async def receive(self, count: int, *, visibility_seconds: int) -> list[Received[M]]:
        """Wait for up to `count` messages (at most 10) and hide them from other workers."""
        outcome = await self._call(
            self._client.receive_message,
            MaxNumberOfMessages=min(count, _BATCH),
            WaitTimeSeconds=POLL_SECONDS,
            VisibilityTimeout=visibility_seconds,
            MessageAttributeNames=[TRACEPARENT],
        )
        return [self._received(message) for message in outcome.get("Messages", ())]

    async def hide(self, job: Received[M], *, seconds: int) -> None:
        """Hide a message from other workers for this long from now; 0 returns it to the queue."""
        await self._call(self._client.change_message_visibility, ReceiptHandle=job.receipt, VisibilityTimeout=seconds)

    async def delete(self, job: Received[M]) -> None:
        """Acknowledge a message."""
        await self._call(self._client.delete_message, ReceiptHandle=job.receipt)

    async def state(self) -> QueueState:
        """Return the queue's state; raise `QueueUnavailable` if it does not respond."""
        names = ["ApproximateNumberOfMessages", "RedrivePolicy"]
        attributes = (await self._call(self._client.get_queue_attributes, AttributeNames=names))["Attributes"]
        return QueueState(waiting=int(attributes[names[0]]), has_redrive_policy=names[1] in attributes)

    async def _call(self, method: Callable[..., T], **options: Any) -> T:
        try:
            call = partial(method, QueueUrl=self._url, **options)
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except (BotoCoreError, ClientError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            raise QueueUnavailable(f"the queue answered {code}") from error

    def _received(self, message: dict[str, Any]) -> Received[M]:
        try:
            job = self._kind.model_validate_json(message["Body"])
        except ValidationError:
            job = None
        attribute = message.get("MessageAttributes", {}).get(TRACEPARENT, {})
        return Received(job, message["ReceiptHandle"], message["MessageId"], attribute.get("StringValue"))


async def inspect_queue(url: str, *, setting: str) -> QueueState:
    """Return a queue's state; raise as `connect` does, or `QueueUnavailable` if it does not respond."""
    return await MessageQueue(await connect(url, setting=setting), url, kind=BaseModel).state()


async def connect(url: str, *, setting: str) -> Any:
    """Build a boto3 client for a queue; nothing is sent yet.

    `setting` is the variable that holds the address, for messages. Raise `SetupProblem` for a FIFO queue, or if AWS is
    not set up.
    """
    if url.endswith(".fifo"):
        raise SetupProblem(f"{setting} names a FIFO queue; use a standard one, order is kept without FIFO")
    host = _AWS_HOST.match(url)
    config = Config(
        connect_timeout=3, read_timeout=POLL_SECONDS + 5, retries={"mode": "standard", "total_max_attempts": 2}
    )
    make = partial(boto3.client, "sqs", config=config, region_name=host[1] if host else None)
    try:
        return await asyncio.to_thread(make)
    except BotoCoreError as error:
        raise SetupProblem(f"the queue cannot be used ({error}); set AWS_DEFAULT_REGION and credentials") from error
