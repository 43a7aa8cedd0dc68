"""The stack: every part, and what each is told of the others."""

from typing import Any

from aws_cdk import Fn, Stack, Tags
from constructs import Construct

from serving.infra.choices import Choices
from serving.infra.encryption import Encryption
from serving.infra.network import Network
from serving.infra.sizes import SIZES


class IntentloopStack(Stack):
    """The whole platform in one region."""

    def __init__(self, scope: Construct, name: str, choices: Choices, **options: Any) -> None:
        super().__init__(scope, name, **options)
        self.choices, self.size = choices, SIZES[choices.size]
        Tags.of(self).add("application", "intentloop")
        self.encryption = Encryption(self, "Encryption")
        self.network = Network(
            self, "Network", size=self.size, key=self.encryption.key, has_bedrock=choices.llm == "bedrock"
        )

    @property
    def availability_zones(self) -> list[str]:
        """The first zones of whichever region it is deployed to; CDK knows two where the region is open."""
        return [Fn.select(number, Fn.get_azs()) for number in range(3)]
