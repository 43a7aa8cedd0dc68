"""Threads through SQS: the chat API sends a thread's mark, `intentloop worker` answers what waits in the thread."""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel

from serving.queues.sqs import MessageQueue, connect


class ThreadJob(BaseModel):
    """What a message in the queue asks for: to answer what waits in the thread with a mark."""

    kind: Literal["thread"] = "thread"
    mark: str

    def __str__(self) -> str:
        return f"thread {self.mark[:12]}"


class SqsQueue(MessageQueue[ThreadJob]):
    """The queue of threads whose events wait in the inbox.

    Parameters
    ----------
    client
        A boto3 client for SQS.
    url
        Address of the queue.
    """

    def __init__(self, client: Any, url: str) -> None:
        super().__init__(client, url, kind=ThreadJob)

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Build the client, which reads files and takes a moment; nothing is sent yet."""
        return cls(await connect(url, setting="INTENTLOOP_QUEUE_URL"), url)

    def check_room(self) -> None:
        """Have room for everything."""

    async def put(self, marks: Sequence[str]) -> None:
        """Send the marks of threads."""
        await self.send([ThreadJob(mark=mark) for mark in marks])
