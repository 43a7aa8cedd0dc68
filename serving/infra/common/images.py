"""Images, from repositories of this account and by digest: what was tested is what runs."""

from aws_cdk import Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from constructs import Construct

REPOSITORIES = ("serve", "train", "mlflow", "collector", "pages")
"""Each is `intentloop/NAME`. They are made before the stack, since no service starts without an image."""


def image_of(scope: Construct, task: ecs.FargateTaskDefinition, name: str, digest: str) -> ecs.ContainerImage:
    """Return an image, which the task's execution role may pull from that repository alone."""
    stack = Stack.of(scope)
    repository = stack.node.try_find_child(f"Repository-{name}") or ecr.Repository.from_repository_name(
        stack, f"Repository-{name}", f"intentloop/{name}"
    )
    repository.grant_pull(task.obtain_execution_role())
    return ecs.ContainerImage.from_registry(repository.repository_uri_for_digest(digest))
