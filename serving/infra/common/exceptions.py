"""Where a rule of cdk-nag does not fit, with the reason. What has no reason here stops the build."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def accept(construct: IConstruct, *rules: str, reason: str) -> None:
    """Accept what breaks a rule at a construct and below it."""
    for rule in rules:
        Validations.of(construct).acknowledge(
            Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
        )  # fmt: skip
