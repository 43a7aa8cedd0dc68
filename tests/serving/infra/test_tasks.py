"""What the tasks run: commands and variables that the product has, and time to end."""

import inspect
import json
import re
from typing import Any

import click
import pytest
from typer.main import get_command

from pipelines.settings import Settings
from serving.api.server import make_server
from serving.channels.queue import DRAIN_SECONDS as CHANNEL_DRAIN_SECONDS
from serving.cli.main import app
from serving.infra.database import CA_BUNDLE
from serving.processes.wrapper import GRACE_SECONDS
from serving.queues.sqs import POLL_SECONDS
from serving.queues.worker import DRAIN_SECONDS
from tests.support.infra import ROOT, Resource, Template, few_choices, filled, of_type, programs, template_of

OURS = ("api", "channels", "trainings", "retrain", "db-init")
_VARIABLES = {
    str(field.validation_alias or f"INTENTLOOP_{name.upper()}") for name, field in Settings.model_fields.items()
}
_LIBRARIES = {
    "AWS_DEFAULT_REGION",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION",
    "MLFLOW_DISABLE_TELEMETRY",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_USERNAME",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_SERVICE_NAME",
}
"""Variables that boto3, MLflow and OpenTelemetry read themselves."""


@pytest.fixture(params=few_choices(), ids=lambda each: "-".join(each.values()))
def template(request: pytest.FixtureRequest) -> Template:
    """Give the templates in which every value of a choice occurs."""
    return template_of(**request.param)


def _environment(container: Resource, template: Template) -> dict[str, str]:
    """Return what a task is started with; secrets have a text that any of them could have."""
    given = {each["Name"]: filled(each["Value"], template) for each in container["Environment"]}
    return given | {each["Name"]: "mongodb://user:word@host/" for each in container.get("Secrets", [])}


@pytest.mark.parametrize("name", OURS)
def test_task_has_only_variables_that_are_read(name: str, template: Template) -> None:
    given = set(_environment(programs(template)[name], template))
    assert given - _VARIABLES - _LIBRARIES == set()


@pytest.mark.parametrize("name", OURS)
def test_product_accepts_the_values_of_a_task(name: str, template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in _environment(programs(template)[name], template).items():
        monkeypatch.setenv(variable, value)
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    assert str(settings.home) == "/var/lib/intentloop"
    assert settings.mongo_uri
    if name == "api":
        assert settings.keep_alive_seconds > 60
        assert all(each.startswith("10.20.") for each in settings.trusted_proxies)


@pytest.mark.parametrize("name", OURS)
def test_command_of_a_task_exists(name: str, template: Template) -> None:
    program, *words = filled(programs(template)[name]["Command"], template)
    assert program == "intentloop"
    command: Any = get_command(app)
    while isinstance(command, click.Group) or hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("-")} <= options


def test_tasks_get_the_time_that_they_take_to_end(template: Template) -> None:
    drain = inspect.signature(make_server).parameters["drain_seconds"].default
    margin = 5
    needed = {
        "api": drain + CHANNEL_DRAIN_SECONDS,
        "channels": POLL_SECONDS + DRAIN_SECONDS,
        "trainings": POLL_SECONDS + DRAIN_SECONDS + GRACE_SECONDS,
        "retrain": GRACE_SECONDS,
    }
    for name, seconds in needed.items():
        given = programs(template)[name]["StopTimeout"]
        assert seconds + margin <= given <= 120, name  # 120: Fargate's longest


def test_load_balancer_waits_for_less_than_the_api_keeps_a_connection(template: Template) -> None:
    attributes = [
        {each["Key"]: each["Value"] for each in balancer["Properties"]["LoadBalancerAttributes"]}
        for balancer in of_type(template, "AWS::ElasticLoadBalancingV2::LoadBalancer").values()
    ]
    keep_alive = int(_environment(programs(template)["api"], template)["INTENTLOOP_KEEP_ALIVE_SECONDS"])
    assert all(15 < int(each["idle_timeout.timeout_seconds"]) < keep_alive for each in attributes)


def test_health_is_asked_on_a_path_that_exists(template: Template) -> None:
    from serving.api.health import router

    known = {route.path for route in router.routes}  # type: ignore[attr-defined]
    (parameter,) = (each for name, each in template["Parameters"].items() if "ReadinessPath" in name)
    assert set(parameter["AllowedValues"]) <= known
    assert parameter["Default"] == "/health/ready"
    assert "/health/live" in programs(template)["api"]["HealthCheck"]["Command"][-1]


def test_services_roll_back_and_workers_run_on_spare_capacity_above_a_base(template: Template) -> None:
    for name, service in of_type(template, "AWS::ECS::Service").items():
        deployment = service["Properties"]["DeploymentConfiguration"]
        assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        strategy = {
            each["CapacityProvider"]: each.get("Base", 0) for each in service["Properties"]["CapacityProviderStrategy"]
        }
        if name.startswith(("Channels", "Trainings")):
            assert strategy["FARGATE"] >= 1
            assert "FARGATE_SPOT" in strategy
        else:
            assert set(strategy) == {"FARGATE"}
        # what scaling has chosen, no deployment may undo
        assert ("DesiredCount" in service["Properties"]) is name.startswith("Registry")
        if name.startswith("Registry"):
            assert deployment["MaximumPercent"] == 100  # never two servers at once


def test_images_hold_what_the_tasks_expect_of_them(template: Template) -> None:
    files = {"mlflow": "mlflow", "retrain": "pipelines", "trainings": "pipelines"}
    for name, container in programs(template).items():
        if name == "pages":
            continue  # an image of your own
        text = (ROOT / files.get(name, "serving") / "Dockerfile").read_text(encoding="utf-8")
        (volumes,) = re.findall(r"^VOLUME (.*)$", text, re.MULTILINE)
        mounted = {each["ContainerPath"] for each in container["MountPoints"]}
        assert set(json.loads(volumes)) == {path for path in mounted if not path.endswith("/releases")}
        assert f" {CA_BUNDLE}\n" in text
        assert "USER 10001" in text  # the release cache on EFS belongs to it
