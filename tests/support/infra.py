"""The AWS stack for tests: built for a choice, written so that people can read it, and its values filled in."""

import difflib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from serving.infra.app import make_app
from serving.infra.choices import ALLOWED

ROOT = Path(__file__).parents[2]
SNAPSHOT = ROOT / "tests" / "serving" / "infra" / "snapshot.yaml"
Template = dict[str, Any]
Resource = dict[str, Any]

_COMBINATIONS = [dict(zip(ALLOWED, values, strict=True)) for values in product(*ALLOWED.values())]
EVERY_CHOICE = [
    each
    for each in _COMBINATIONS
    if each["database"] == "documentdb" or (each["efs"] == "off" and each["llm"] == "openai")
]
"""Every combination with DocumentDB. Atlas only takes something away, so that it is built with each size and pages."""
_ACCOUNT, _REGION = "123456789012", "eu-central-1"
SAMPLES = {
    "AWS::AccountId": _ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": _REGION,
    "AWS::URLSuffix": "amazonaws.com",
    "ChatDomain": "chat.example.com",
    "PagesDomain": "bots.example.com",
    "RegistryDomain": "mlflow.example.com",
    "LlmCompletionPrice": "1.6",
    "LlmPromptPrice": "0.4",
    "LlmUrl": "https://llm.example.com/v1",
    "RetrainedBot": "default",
    "RetrainingTimes": "cron(0 3 * * ? *)",
}
"""Values of parameters, as an operator would give them."""
_HASH = re.compile(r"\b([A-Z]\w{3,}?)[0-9A-F]{8}(\d*)\b")
_LINE = 170
_DULL = (
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::CloudWatch::Dashboard",
)
"""Types that a snapshot leaves out: nobody reads a difference in them."""


@cache
def template_of(**choices: str) -> Template:
    """Return the template of a choice; what is not chosen has its default. It has passed cdk-nag, or this raises."""
    built: Template = make_app(dict(choices)).synth().get_stack_by_name("Intentloop").template
    return built


def few_choices() -> list[dict[str, str]]:
    """Return a few choices in which every value occurs."""
    most = max(map(len, ALLOWED.values()))
    return [{name: values[number % len(values)] for name, values in ALLOWED.items()} for number in range(most)]


def of_type(template: Template, kind: str) -> dict[str, Resource]:
    """Return the resources of a type, such as `AWS::SQS::Queue`, by their names."""
    found = template["Resources"].items()
    return {name: each for name, each in found if each["Type"] == kind}


def containers(template: Template) -> Iterator[tuple[str, Resource]]:
    """Yield every container with the family of its task."""
    for task in of_type(template, "AWS::ECS::TaskDefinition").values():
        for each in task["Properties"]["ContainerDefinitions"]:
            yield task["Properties"]["Family"], each


def programs(template: Template) -> dict[str, Resource]:
    """Return the containers that run our programs, by their names: all but the collectors."""
    return {each["Name"]: each for _, each in containers(template) if each["Name"] != "collector"}


def filled(value: Any, template: Template) -> Any:
    """Return a value with what CloudFormation would fill in: parameters, and something like it for the rest."""
    if isinstance(value, list):
        return [filled(each, template) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Ref":
            return _reference(argument, template)
        if function == "Fn::GetAtt":
            return _attribute(*argument, template)
        if function == "Fn::Join":
            separator, parts = argument
            return separator.join(map(str, filled(parts, template)))
        if function == "Fn::Select":
            return f"{argument[0]}-of-{argument[1]}"
    return {name: filled(each, template) for name, each in value.items()}


def _reference(name: str, template: Template) -> str:
    if name in SAMPLES:
        return SAMPLES[name]
    kind = template["Resources"].get(name, {}).get("Type", "")
    if kind == "AWS::SQS::Queue":
        return f"https://sqs.{_REGION}.amazonaws.com/{_ACCOUNT}/{name}"
    return name.lower()


def _attribute(name: str, attribute: str, template: Template) -> str:
    resource = template["Resources"][name]
    if attribute == "CidrBlock":
        return str(resource["Properties"]["CidrBlock"])
    service = resource["Type"].split("::")[1].lower()
    return f"arn:aws:{service}:{_REGION}:{_ACCOUNT}:{name}" if attribute == "Arn" else f"{name}.{attribute}".lower()


def render(template: Template) -> str:
    """Return a template as text, a resource a paragraph, without what only machines want to know."""
    parts = {name: each for name, each in template.items() if name not in ("Resources", "Rules")}
    kept = {name: each for name, each in sorted(template["Resources"].items()) if each["Type"] not in _DULL}
    paragraphs = [_paragraph(parts), *(_paragraph({name: each}) for name, each in kept.items())]
    return _HASH.sub(r"\1\2", "\n".join(paragraphs))


class _Inline(dict[str, Any]):
    """A short map, which is written in one line."""


class _Writer(yaml.SafeDumper):
    """Writes YAML with short maps and lists in one line."""


_Writer.add_representer(_Inline, lambda writer, value: writer.represent_mapping("tag:yaml.org,2002:map", value, True))


def _paragraph(part: Mapping[str, Any]) -> str:
    return yaml.dump(
        {name: _short(each) for name, each in part.items()},
        Dumper=_Writer,
        sort_keys=True,
        width=1000,
        default_flow_style=None,
    )


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return [_short(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Ref":
            return f"<{argument}>"
        if function == "Fn::GetAtt":
            return f"<{'.'.join(argument)}>"
        if function == "Fn::Join" and argument[0] == "":
            return "".join(str(_short(part)) for part in argument[1])
    left_out = ("Metadata", "UpdateReplacePolicy", "Tags", "DependsOn")
    short = {name: _short(each) for name, each in value.items() if name not in left_out}
    return _Inline(short) if len(str(short)) < _LINE else short


def difference(before: str, after: str) -> str:
    """Return what has changed between two renderings, each change under the name of its resource."""
    lines: list[str] = []
    for old, new in _changed(before, after):
        name = (new or old).partition(":")[0]
        lines.append(f"{name}: {'gone' if not new else 'new' if not old else 'changed'}")
        pieces = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
        lines += [f"  {line}" for line in pieces if not line.startswith(("---", "+++", "@@"))]
    return "\n".join(lines)


def _changed(before: str, after: str) -> Iterator[tuple[str, str]]:
    old, new = ({each.partition(":")[0]: each for each in text.split("\n\n")} for text in (before, after))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield old.get(name, ""), new.get(name, "")


def main(task: str = "snapshot", choices: str = "") -> None:
    """Write the snapshot anew, or `check` the choices that are given as JSON."""
    if task == "snapshot":
        SNAPSHOT.write_text(render(template_of()), encoding="utf-8")
        sys.stdout.write(f"{SNAPSHOT}\n")
        return
    for choice in json.loads(choices):
        sys.stdout.write(f"{choice}: {len(template_of(**choice)['Resources'])} resources\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
