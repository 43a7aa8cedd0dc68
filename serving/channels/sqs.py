"""Threads through SQS: the chat API sends thread hashes, `intentloop worker` answers the threads' events."""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel

from serving.queues.sqs import MessageQueue, connect


class ThreadJob(BaseModel):
    """A queue message: answer the events of the thread whose hash is `mark`."""

    kind: Literal["thread"] = "thread"
    mark: str

    def __str__(self) -> str:
        return f"thread {self.mark[:12]}"


class SqsQueue(MessageQueue[ThreadJob]):
    """The queue of threads with events in the inbox."""

    def __init__(self, client: Any, url: str) -> None:
        super().__init__(client, url, kind=ThreadJob)

    @classmethod
    async def connect(cls, url: str) -> Self:
        """Build the client, which reads files and takes a moment; nothing is sent yet."""
        return cls(await connect(url, setting="INTENTLOOP_QUEUE_URL"), url)

    def check_room(self) -> None:
        """Do nothing: SQS has no limit."""

    async def put(self, thread_hashes: Sequence[str]) -> None:
        """Send thread hashes."""
        await self.send([ThreadJob(mark=thread_hash) for thread_hash in thread_hashes])
