"""The variables of the product's tasks; `serving/docs/configuration.md` says what each means."""

from dataclasses import dataclass

from aws_cdk import Fn, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager

from serving.infra.balancer import IDLE_SECONDS
from serving.infra.choices import Choices
from serving.infra.common.fargate import HOME
from serving.infra.network import Network
from serving.infra.parameters import Parameters
from serving.infra.queues import Queues
from serving.infra.secrets import TOOL_PREFIX, Secrets

API_PORT = 8000
KEEP_ALIVE_SECONDS = IDLE_SECONDS + 15
"""Longer than the load balancer waits, or it sends a request to a connection that is just being closed."""


@dataclass(frozen=True)
class Environment:
    """What the product's tasks are told, each only what it needs."""

    stack: Stack
    choices: Choices
    parameters: Parameters
    secrets: Secrets
    mongo_uri: secretsmanager.ISecret
    queues: Queues
    network: Network
    key: kms.IKey
    traced_share: float

    def common(self) -> dict[str, str]:
        """Return what every task knows."""
        return {
            "INTENTLOOP_HOME": HOME,
            "INTENTLOOP_QUEUE_URL": self.queues.messages.queue_url,
            "INTENTLOOP_TRAINING_QUEUE_URL": self.queues.trainings.queue_url,
            "MLFLOW_TRACKING_URI": f"https://{self.parameters.registry_domain}",
            "MLFLOW_TRACKING_USERNAME": "admin",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "INTENTLOOP_TRACE_SHARE": str(self.traced_share),
            "AWS_DEFAULT_REGION": self.stack.region,
        }

    def answering(self) -> dict[str, str]:
        """Return what a task knows that answers messages, beside the common."""
        return {
            "INTENTLOOP_SECRETS_MANAGER_PREFIX": TOOL_PREFIX,
            "INTENTLOOP_LLM_BASE_URL": self.llm_url(),
            "INTENTLOOP_LLM_PROMPT_PRICE": self.parameters.llm_prompt_price,
            "INTENTLOOP_LLM_COMPLETION_PRICE": self.parameters.llm_completion_price,
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        }

    def api(self) -> dict[str, str]:
        """Return what the chat API knows beside that."""
        balancers = [subnet.ipv4_cidr_block for subnet in self.network.vpc.public_subnets]
        return {
            "INTENTLOOP_HOST": "0.0.0.0",  # noqa: S104 - in a subnet of its own, behind the load balancer's group
            "INTENTLOOP_API_PORT": str(API_PORT),
            "INTENTLOOP_KEEP_ALIVE_SECONDS": str(KEEP_ALIVE_SECONDS),
            "INTENTLOOP_PUBLIC_URL": f"https://{self.parameters.pages_domain}",
            "FORWARDED_ALLOW_IPS": Fn.join(",", balancers),
        }

    def llm_url(self) -> str:
        """Return the address of the language model's OpenAI-compatible endpoint."""
        if self.choices.llm == "bedrock":
            return f"https://bedrock-runtime.{self.stack.region}.{self.stack.url_suffix}/openai/v1"
        return self.parameters.llm_url or "https://api.openai.com/v1"

    def common_secrets(self) -> dict[str, ecs.Secret]:
        """Return the secrets of every task."""
        return {
            "INTENTLOOP_MONGO_URI": ecs.Secret.from_secrets_manager(self.mongo_uri),
            "MLFLOW_TRACKING_PASSWORD": ecs.Secret.from_secrets_manager(self.secrets.registry_password),
            "INTENTLOOP_VERDICT_KEY": ecs.Secret.from_secrets_manager(self.secrets.verdict_key),
        }

    def answering_secrets(self) -> dict[str, ecs.Secret]:
        """Return those of tasks that answer messages, beside the common."""
        return {"OPENAI_API_KEY": ecs.Secret.from_secrets_manager(self.secrets.llm_key)}

    def api_secrets(self) -> dict[str, ecs.Secret]:
        """Return those of the chat API beside that."""
        return {"INTENTLOOP_ADMIN_TOKEN": ecs.Secret.from_secrets_manager(self.secrets.admin_token)}
