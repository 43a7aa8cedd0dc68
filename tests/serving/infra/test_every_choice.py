"""Every choice builds, breaks no rule of cdk-nag without a reason, and is a template that CloudFormation takes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.infra import EVERY_CHOICE, ROOT, containers, few_choices, of_type, template_of

MOST_RESOURCES = 400
"""CloudFormation takes 500 in a stack."""
_HERE, _BESIDE = EVERY_CHOICE[::2], EVERY_CHOICE[1::2]


@pytest.fixture(scope="module", autouse=True)
def other_half() -> Iterator["subprocess.Popen[str]"]:
    """Build every second choice in a process of its own, beside the others."""
    command = [sys.executable, "-m", "tests.support.infra", "check", json.dumps(_BESIDE)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("choice", _HERE, ids=lambda each: "-".join(each.values()))
def test_choice_builds_and_breaks_no_rule(choice: dict[str, str]) -> None:
    template = template_of(**choice)
    assert 150 < len(template["Resources"]) <= MOST_RESOURCES
    assert "cdk-hnb659fds" not in json.dumps(template)  # no assets, so nothing to upload but the template


def test_every_second_choice_builds_and_breaks_no_rule(other_half: "subprocess.Popen[str]") -> None:
    output, _ = other_half.communicate()
    assert other_half.returncode == 0, output
    assert output.count("resources") == len(_BESIDE) == len(EVERY_CHOICE) - len(_HERE)


def test_every_value_is_clean_for_cfn_lint(tmp_path: Path) -> None:
    for number, choice in enumerate(few_choices()):
        (tmp_path / f"{number}.json").write_text(json.dumps(template_of(**choice)), encoding="utf-8")
    lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([lint, *tmp_path.iterdir()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_choices_build_what_they_name() -> None:
    plain = template_of()
    other = template_of(size="large", ui="ssr", efs="on", llm="bedrock", database="atlas")
    assert "intentloop-pages" in {family for family, _ in containers(other)} - {
        family for family, _ in containers(plain)
    }
    assert [len(of_type(each, "AWS::EFS::FileSystem")) for each in (plain, other)] == [0, 1]
    assert [len(of_type(each, "AWS::DocDB::DBCluster")) for each in (plain, other)] == [1, 0]
    endpoints = json.dumps([of_type(each, "AWS::EC2::VPCEndpoint") for each in (other,)])
    assert "bedrock-runtime" in endpoints
