"""The queues of platform messages and of trainings, each with one for what no worker could do."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from serving.infra.common.exceptions import accept

MESSAGE_RECEIVES = 10
TRAINING_RECEIVES = 5
"""How often a message is tried before it is put aside, see `serving/docs/operating.md`."""


class Queues(Construct):
    """Two standard queues: order and exactly-once are kept in the database, see `serving/docs/exactly-once.md`."""

    def __init__(self, scope: Construct, name: str, *, key: kms.IKey) -> None:
        super().__init__(scope, name)
        self._key = key
        self.messages, self.dead_messages = self._pair("Messages", MESSAGE_RECEIVES, Duration.minutes(1))
        self.trainings, self.dead_trainings = self._pair("Trainings", TRAINING_RECEIVES, Duration.minutes(2))
        self.dead_schedules = self._queue("DeadSchedules", Duration.minutes(1))
        accept(self.dead_schedules, "SQS3", reason="It is the dead-letter queue of the schedule")

    def _pair(self, name: str, receives: int, hidden: Duration) -> tuple[sqs.Queue, sqs.Queue]:
        dead = self._queue(f"Dead{name}", hidden)
        return self._queue(name, hidden, sqs.DeadLetterQueue(max_receive_count=receives, queue=dead)), dead

    def _queue(self, name: str, hidden: Duration, dead: sqs.DeadLetterQueue | None = None) -> sqs.Queue:
        return sqs.Queue(
            self, name, encryption=sqs.QueueEncryption.KMS, encryption_master_key=self._key,
            data_key_reuse=Duration.hours(1), enforce_ssl=True, retention_period=Duration.days(14),
            visibility_timeout=hidden, receive_message_wait_time=Duration.seconds(5), dead_letter_queue=dead,
            removal_policy=RemovalPolicy.RETAIN,
        )  # fmt: skip
