"""What is given at deployment: names, certificates, images by digest. None of it is a secret."""

from aws_cdk import CfnParameter
from constructs import Construct

from serving.infra.choices import Choices

_DOMAIN = r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"
_PRICE = r"^[0-9]+(\.[0-9]+)?$"
_DIGEST = r"^sha256:[0-9a-f]{64}$"
_CERTIFICATE = r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]+$"
_SECRET = r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+-[A-Za-z0-9]{6}$"  # noqa: S105


class Parameters(Construct):
    """The parameters of the template; CloudFormation checks them before it builds anything."""

    def __init__(self, scope: Construct, name: str, choices: Choices) -> None:
        super().__init__(scope, name)
        self.chat_domain = self._text("ChatDomain", "Name of the chat API, such as chat.example.com", _DOMAIN)
        self.pages_domain = self._text("PagesDomain", "Name of the admin pages and the widget", _DOMAIN)
        self.registry_domain = self._text("RegistryDomain", "Name of MLflow, known inside the network alone", _DOMAIN)
        self.certificate = self._text(
            "Certificate", "ACM certificate for ChatDomain and RegistryDomain, in this region", _CERTIFICATE
        )
        self.pages_certificate = self._text(
            "PagesCertificate", "ACM certificate for PagesDomain, in us-east-1, where CloudFront looks", _CERTIFICATE
        )
        self.serve_image = self._image("Serve", "the chat API")
        self.train_image = self._image("Train", "the training")
        self.registry_image = self._image("Registry", "the MLflow server")
        self.collector_image = self._image("Collector", "the ADOT collector")
        self.pages_image = self._image("Pages", "the server-rendered pages") if choices.ui == "ssr" else None
        self.llm_key = self._text(
            "LlmKeyArn", "ARN of the secret with the key of the language model's endpoint: its text, no JSON", _SECRET
        )
        # without prices the product computes no cost, and nobody would hear that it grows
        self.llm_prompt_price = self._text("LlmPromptPrice", "Price of a million prompt tokens", _PRICE)
        self.llm_completion_price = self._text("LlmCompletionPrice", "Price of a million completion tokens", _PRICE)
        self.llm_url = (
            self._text("LlmUrl", "Address of your own language model, https://HOST/v1", r"^https://[^\s@?#]+$")
            if choices.llm == "self-hosted"
            else None
        )
        self.mongo_uri = (
            self._text("MongoUriArn", "ARN of the secret with the mongodb+srv:// address of Atlas", _SECRET)
            if choices.database == "atlas"
            else None
        )
        self.readiness = CfnParameter(
            self, "ReadinessPath", type="String", default="/health/ready",
            allowed_values=["/health/ready", "/health/live"],
            description="What the load balancer asks. /health/live until the first release is promoted",
        ).value_as_string  # fmt: skip
        self.retrained_bot = self._text(
            "RetrainedBot", "Bot that the schedule trains", r"^[a-z0-9][a-z0-9_-]{0,62}$", "default"
        )
        self.retraining = self._text("RetrainingTimes", "When, in UTC", r"^(cron|rate)\(.+\)$", "cron(0 3 * * ? *)")
        self.operator = self._text("OperatorEmail", "Who hears of alarms and of the budget", r"^[^@\s]+@[^@\s]+$")
        self.registry_readers = self._text(
            "RegistryReaders", "Network from which people open MLflow's pages, your VPN's", r"^[0-9.]+/[0-9]+$",
            "10.255.0.0/16",
        )  # fmt: skip

    def _text(self, name: str, what: str, pattern: str, default: str | None = None) -> str:
        parameter = CfnParameter(
            self, name, type="String", description=what, allowed_pattern=pattern, default=default,
        )  # fmt: skip
        parameter.override_logical_id(name)
        return str(parameter.value_as_string)

    def _image(self, name: str, what: str) -> str:
        return self._text(f"{name}Digest", f"Digest of the image of {what}", _DIGEST)
