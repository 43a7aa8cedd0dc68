"""What a month may cost, and who hears when it costs more."""

from aws_cdk import aws_budgets as budgets
from constructs import Construct


class Budget(Construct):
    """A budget for what carries the tag `application=intentloop`; switch that tag on as a cost allocation tag once."""

    def __init__(self, scope: Construct, name: str, *, dollars: int, operator: str) -> None:
        super().__init__(scope, name)
        hearer = budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=operator)
        budgets.CfnBudget(
            self,
            "Month",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name="intentloop",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=dollars, unit="USD"),
                cost_filters={"TagKeyValue": ["user:application$intentloop"]},
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind, comparison_operator="GREATER_THAN", threshold=percent
                    ),
                    subscribers=[hearer],
                )
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )
