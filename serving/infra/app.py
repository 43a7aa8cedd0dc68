"""The application that `cdk` runs: `python -m serving.infra.app`."""

import sys

from aws_cdk import App, DefaultStackSynthesizer, Validations
from cdk_nag import AwsSolutionsChecks

from serving.infra.choices import ALLOWED, Choices, WrongChoice
from serving.infra.stack import IntentloopStack

FLAGS = {
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/aws-ecs:disableExplicitDeploymentControllerForCircuitBreaker": True,
    "@aws-cdk/core:checkSecretUsage": True,
    "@aws-cdk/core:validateAgainstDefaultRules": True,
    "aws:cdk:enable-path-metadata": False,
    "aws:cdk:enable-asset-metadata": False,
    "aws:cdk:version-reporting": False,
}
"""What newer CDK applications have switched on, and what a template should not hold: paths, hashes and versions."""


def make_app(context: dict[str, object] | None = None, *, outdir: str | None = None) -> App:
    """Return the application, not yet synthesised. Raise `WrongChoice` for a context value that does not exist."""
    app = App(context={**FLAGS, **(context or {})}, analytics_reporting=False, outdir=outdir)
    choices = Choices.from_context({name: app.node.try_get_context(name) for name in ALLOWED})
    IntentloopStack(
        app,
        "Intentloop",
        choices,
        synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        description="Intentloop, a self-hosted chatbot platform",
    )
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def main(context: dict[str, object] | None = None) -> None:
    """Synthesise; `context` is added to what `cdk` gives; a wrong choice is one sentence, not a stack trace."""
    try:
        app = make_app(context)
    except WrongChoice as error:
        sys.exit(f"intentloop: {error}")
    app.synth()


if __name__ == "__main__":
    main()
