"""Trainings through SQS: the chat API sends the name of a job, `intentloop worker --trainings` does it.

A queue of its own: a training keeps a worker busy for minutes and needs the training packages, an answer to a customer
takes a second and needs none of them. Messages hold no more than the name, so nothing is lost with one.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from pipelines.settings import BOT_NAME
from serving.queues.sqs import MessageQueue, connect
from serving.store.jobs import Crew, Job


class TrainingOrder(BaseModel):
    """What a message asks for: to do a job."""

    kind: Literal["training"]
    bot: str = Field(pattern=BOT_NAME)
    number: int = Field(ge=1, lt=10**10, strict=True)

    def __str__(self) -> str:
        return f"training {self.number} of bot {self.bot}"


class TrainingQueue(MessageQueue[TrainingOrder]):
    """The queue of jobs.

    Parameters
    ----------
    client
        A boto3 client for SQS.
    url
        Address of the queue.
    """

    name: Crew = "workers"

    def __init__(self, client: Any, url: str) -> None:
        super().__init__(client, url, kind=TrainingOrder)

    @classmethod
    async def open(cls, url: str) -> Self:
        """Build the client; nothing is sent yet."""
        return cls(await connect(url, setting="INTENTLOOP_TRAINING_QUEUE_URL"), url)

    async def take_on(self, job: Job) -> None:
        """Send a job; sent twice, it is done once."""
        await self.send([TrainingOrder(kind="training", bot=job.bot, number=job.number)])

    async def aclose(self) -> None:
        """Leave the jobs to the workers."""
