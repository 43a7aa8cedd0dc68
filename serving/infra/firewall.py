"""The firewall before the public load balancer: what is known to be bad, and too much from one address."""

from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

REQUESTS_PER_FIVE_MINUTES = 6000
"""Twice what the product lets an address send (`INTENTLOOP_RATE_LIMIT_ADDRESS`): offices and CloudFront share one."""
_TEXTS = ("SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY")
"""Rules that only count: bot files are large and hold addresses and markup, and customers write what they like. The
product has limits of its own for bodies, and shows every text as text (`serving/docs/hardening.md`)."""


class Firewall(Construct):
    """A web ACL with AWS's managed rules; what it stops is logged, keys and cookies left out."""

    def __init__(self, scope: Construct, name: str, *, balancer_arn: str, log_group: logs.LogGroup) -> None:
        super().__init__(scope, name)
        rules = [
            self._managed(1, "AWSManagedRulesAmazonIpReputationList"),
            self._managed(2, "AWSManagedRulesKnownBadInputsRuleSet"),
            self._managed(3, "AWSManagedRulesCommonRuleSet", counts=_TEXTS),
            waf.CfnWebACL.RuleProperty(
                name="rate",
                priority=4,
                action=waf.CfnWebACL.RuleActionProperty(block={}),
                statement=waf.CfnWebACL.StatementProperty(
                    rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                        limit=REQUESTS_PER_FIVE_MINUTES, aggregate_key_type="IP"
                    )
                ),
                visibility_config=_visible("rate"),
            ),
        ]
        self.acl = waf.CfnWebACL(
            self, "Acl", scope="REGIONAL", default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=rules, visibility_config=_visible("intentloop"),
        )  # fmt: skip
        waf.CfnWebACLAssociation(self, "Association", resource_arn=balancer_arn, web_acl_arn=self.acl.attr_arn)
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            log_destination_configs=[log_group.log_group_arn],
            redacted_fields=[{"singleHeader": {"Name": each}} for each in ("authorization", "cookie", "x-widget-key")],
            logging_filter={
                "DefaultBehavior": "DROP",
                "Filters": [
                    {
                        "Behavior": "KEEP",
                        "Requirement": "MEETS_ANY",
                        "Conditions": [{"ActionCondition": {"Action": each}} for each in ("BLOCK", "COUNT")],
                    }
                ],
            },
        )

    def _managed(self, priority: int, name: str, *, counts: tuple[str, ...] = ()) -> waf.CfnWebACL.RuleProperty:
        count = waf.CfnWebACL.RuleActionProperty(count={})
        return waf.CfnWebACL.RuleProperty(
            name=name,
            priority=priority,
            override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
            statement=waf.CfnWebACL.StatementProperty(
                managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                    vendor_name="AWS",
                    name=name,
                    rule_action_overrides=[
                        waf.CfnWebACL.RuleActionOverrideProperty(name=each, action_to_use=count) for each in counts
                    ]
                    or None,
                )
            ),
            visibility_config=_visible(name),
        )


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
