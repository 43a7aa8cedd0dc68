"""The stack as CloudFormation would get it."""

import json

from aws_cdk.assertions import Template

from serving.infra.app import make_app


def test_stack_of_the_standard_size_synthesises_offline() -> None:
    app = make_app()
    stack = app.node.find_child("Intentloop")
    template = Template.from_stack(stack).to_json()
    kinds = {each["Type"] for each in template["Resources"].values()}
    assert {"AWS::EC2::VPC", "AWS::KMS::Key", "AWS::EC2::FlowLog"} <= kinds
    assert "cdk-hnb659fds-assets" not in json.dumps(template)
