"""Secrets: made here and known to nobody, or made by you and named by ARN. Tasks get them by ARN alone."""

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from serving.infra.common.exceptions import accept
from serving.infra.parameters import Parameters

TOOL_PREFIX = "intentloop/tools/"
"""Secrets under this name are those that bots call `secrets.NAME`; tasks of the chat may read them, and no others."""


class Secrets(Construct):
    """What the platform signs and signs in with.

    None of them is renewed by a schedule: each is also known to something else (customers' releases that are signed
    with it, MLflow's user store), so that a renewal is a step in the guide and not a Lambda function.
    """

    def __init__(self, scope: Construct, name: str, *, key: kms.IKey, parameters: Parameters) -> None:
        super().__init__(scope, name)
        self._key = key
        self.admin_token = self._made("AdminToken", "Opens the admin API as an owner")
        self.verdict_key = self._made("VerdictKey", "Signs verdicts at training")
        self.registry_password = self._made("RegistryPassword", "MLflow's user `admin`, whom the tasks use")
        self.registry_session = self._made("RegistrySession", "Signs the sessions of MLflow's pages")
        accept(self, "SMG4", reason="Other things know each of them too; the guide says how each is renewed")
        self.llm_key = self.known("LlmKey", parameters.llm_key)

    def known(self, name: str, arn: str) -> secretsmanager.ISecret:
        """Return a secret that somebody else has made."""
        return secretsmanager.Secret.from_secret_complete_arn(self, name, arn)

    def allow_tool_secrets(self, role: iam.IRole) -> None:
        """Let a task read the secrets that bots name."""
        arn = Stack.of(self).format_arn(
            service="secretsmanager", resource="secret", resource_name=f"{TOOL_PREFIX}*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )  # fmt: skip
        role.add_to_principal_policy(
            iam.PolicyStatement(sid="ToolSecrets", actions=["secretsmanager:GetSecretValue"], resources=[arn])
        )
        accept(
            role,
            f"IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:{TOOL_PREFIX}*]",
            reason="Authors add secrets under this name, which are not known when the stack is built",
        )

    def _made(self, name: str, what: str) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self, name, description=f"Intentloop: {what}", encryption_key=self._key,
            removal_policy=RemovalPolicy.RETAIN,
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=48, exclude_punctuation=True),
        )  # fmt: skip
