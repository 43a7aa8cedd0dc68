"""Trainings through SQS: the chat API sends the name of a job, and `intentloop worker --trainings` runs it.

They have their own queue: a training keeps a worker busy for minutes and needs the training packages; an answer to a
customer takes a second and needs none of them. A message holds only the job's name, so a lost one loses no data.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from pipelines.settings import BOT_NAME
from serving.queues.sqs import MessageQueue, connect
from serving.store.work.jobs import Backend, Job


class TrainingMessage(BaseModel):
    """A message that names a job to run."""

    kind: Literal["training"]
    bot: str = Field(pattern=BOT_NAME)
    number: int = Field(ge=1, lt=10**10, strict=True)

    def __str__(self) -> str:
        return f"training {self.number} of bot {self.bot}"


class TrainingQueue(MessageQueue[TrainingMessage]):
    """The backend that leaves jobs to workers; `client` is a boto3 client for SQS."""

    name: Backend = "workers"

    def __init__(self, client: Any, url: str) -> None:
        super().__init__(client, url, kind=TrainingMessage)

    @classmethod
    async def open(cls, url: str) -> Self:
        """Build the client; sends nothing yet."""
        return cls(await connect(url, setting="INTENTLOOP_TRAINING_QUEUE_URL"), url)

    async def submit(self, job: Job) -> None:
        """Send a job. Idempotent: a job that is sent twice runs once."""
        await self.send([TrainingMessage(kind="training", bot=job.bot, number=job.number)])

    async def aclose(self) -> None:
        """Leave the jobs to the workers."""
