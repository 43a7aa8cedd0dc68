"""Pages from CloudFront are what the chat API would send: the same policy, and kept for as long."""

import json
import re

from serving.api.admin_pages import AdminPages
from tests.support.infra import Resource, Template, of_type, template_of


def _behaviours(template: Template) -> dict[str, Resource]:
    (distribution,) = of_type(template, "AWS::CloudFront::Distribution").values()
    behaviours = distribution["Properties"]["DistributionConfig"]["CacheBehaviors"]
    return {each["PathPattern"]: each for each in behaviours}


def _headers(template: Template, behaviour: Resource) -> Resource:
    policy = template["Resources"][behaviour["ResponseHeadersPolicyId"]["Ref"]]
    headers: Resource = policy["Properties"]["ResponseHeadersPolicyConfig"]
    return headers


def test_pages_have_the_policy_that_the_chat_api_sends() -> None:
    template = template_of()
    sent = dict(AdminPages().headers)[b"content-security-policy"].decode()
    for behaviour in _behaviours(template).values():
        security = _headers(template, behaviour)["SecurityHeadersConfig"]
        given = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        assert set(re.split(r"; ?", given)) == set(re.split(r"; ?", sent))


def test_assets_are_kept_for_ever_and_what_names_them_for_a_minute() -> None:
    template = template_of()
    kept = {}
    for path, behaviour in _behaviours(template).items():
        (header,) = _headers(template, behaviour)["CustomHeadersConfig"]["Items"]
        cache = template["Resources"][behaviour["CachePolicyId"]["Ref"]]["Properties"]["CachePolicyConfig"]
        assert f"max-age={cache['DefaultTTL']}" in header["Value"]
        kept[path] = (cache["DefaultTTL"], "immutable" in header["Value"])
    assert kept == {
        "/admin/": (60, False),
        "/admin/assets/*": (31_536_000, True),
        "/static/widget/*": (60, False),
    }


def test_the_bucket_opens_to_the_distribution_alone() -> None:
    template = template_of()
    policies = [each for name, each in of_type(template, "AWS::S3::BucketPolicy").items() if name.startswith("Pages")]
    (policy,) = policies
    allowed = [each for each in policy["Properties"]["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    assert [each["Principal"] for each in allowed] == [{"Service": "cloudfront.amazonaws.com"}]
    assert "PagesDistribution" in json.dumps(allowed[0]["Condition"])


def test_rendered_pages_leave_the_chat_window_to_the_bucket() -> None:
    template = template_of(ui="ssr")
    assert list(_behaviours(template)) == ["/static/widget/*"]
    rules = of_type(template, "AWS::ElasticLoadBalancingV2::ListenerRule").items()
    (pages,) = (each for name, each in rules if "Pages" in name)
    api = next(each for name, each in rules if "Api" in name)
    assert pages["Properties"]["Priority"] < api["Properties"]["Priority"]
    assert ["/admin", "/admin/*"] in [
        each["PathPatternConfig"]["Values"] for each in pages["Properties"]["Conditions"] if "PathPatternConfig" in each
    ]
