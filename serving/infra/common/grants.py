"""What tasks may do, action by action. CDK's own grants name actions by wildcard."""

from collections.abc import Sequence

from aws_cdk import CfnResource, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

_SEND = ("sqs:GetQueueAttributes", "sqs:SendMessage")
_CONSUME = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage")


def allow_send(role: iam.IRole, queue: sqs.IQueue, key: kms.IKey) -> None:
    """Let a task send messages and see how many wait."""
    _allow(role, _SEND, [queue.queue_arn])
    allow_key(role, key)


def allow_consume(role: iam.IRole, queue: sqs.IQueue, key: kms.IKey) -> None:
    """Let a task receive messages, and send them again: a worker that is told to end gives its work back."""
    _allow(role, (*_SEND, *_CONSUME), [queue.queue_arn])
    allow_key(role, key)


def allow_files(role: iam.IRole, bucket: s3.IBucket, key: kms.IKey, *, folder: str) -> None:
    """Let a task read, write and delete the files of a folder, and list it."""
    _allow(
        role,
        ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"),
        [bucket.arn_for_objects(f"{folder}/*")],
    )
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucket"], resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{folder}/*", folder]}},
        )
    )  # fmt: skip
    allow_key(role, key)


def keep_login(database: IConstruct) -> None:
    """Keep the secret that a database has made for its user, when the stack goes: the database stays, too."""
    secret = database.node.find_child("Secret").node.default_child
    CfnResource.apply_removal_policy(secret, RemovalPolicy.RETAIN)


def allow_key(role: iam.IRole, key: kms.IKey) -> None:
    """Let a task use the key for what is encrypted with it, such as a queue's messages."""
    _allow(role, ("kms:Decrypt", "kms:GenerateDataKey"), [key.key_arn])


def _allow(role: iam.IRole, actions: Sequence[str], resources: Sequence[str]) -> None:
    role.add_to_principal_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources)))
