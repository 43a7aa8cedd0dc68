"""Tables of bills: over traffic, and of alternatives side by side."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import pandas as pd

from serving.bench.capacity.bill import COMPONENTS, Plan, bill
from serving.bench.capacity.prices import Prices
from serving.bench.capacity.traffic import Traffic
from serving.bench.capacity.work import Work

ALTERNATIVES: dict[str, Plan] = {
    "Fargate, DocumentDB, API": Plan(),
    "Fargate Spot": Plan(compute="spot"),
    "EC2": Plan(compute="ec2"),
    "Atlas": Plan(database="atlas"),
    "own GPU": Plan(llm="gpu"),
    "no language model": Plan(llm="none"),
}
"""The first is what the guides describe; each other one differs from it in what it is named after."""


def components(volumes: Iterable[float], traffic: Traffic, work: Work, plan: Plan, prices: Prices) -> pd.DataFrame:
    """Return dollars a month by component, one row per number of messages a month."""
    bills = [bill(replace(traffic, messages=messages), work, plan, prices) for messages in volumes]
    return pd.DataFrame([each.usd for each in bills], index=[each.messages for each in bills], columns=list(COMPONENTS))


def alternatives(
    volumes: Iterable[float],
    traffic: Traffic,
    work: Work,
    plans: Mapping[str, Plan],
    prices: Prices,
    *,
    only: Collection[str] = COMPONENTS,
) -> pd.DataFrame:
    """Return dollars a month of the `only` components, one column per plan."""
    volumes = list(volumes)
    columns = {
        name: components(volumes, traffic, work, plan, prices)[list(only)].sum(axis=1) for name, plan in plans.items()
    }
    return pd.DataFrame(columns)


def what_a_team_pays(volumes: Iterable[float], traffic: Traffic, work: Work, prices: Prices) -> pd.DataFrame:
    """Return what is run and paid at each number of messages a month, with the plan of `ALTERNATIVES` that is cheapest.

    The cheapest plan still asks a language model, if the traffic does.
    """
    rows = []
    asking = {name: plan for name, plan in ALTERNATIVES.items() if plan.llm != "none"}
    for messages in volumes:
        at = replace(traffic, messages=messages)
        first, *_ = bills = [bill(at, work, plan, prices) for plan in asking.values()]
        cheapest = min(range(len(bills)), key=lambda number: bills[number].total)
        rows.append(
            {
                "messages a month": messages,
                "peak per second": at.peak_per_second,
                "chat APIs": first.sizes["chat API"],
                "database": first.sizes["database"],
                "USD a month": first.total,
                "of it language model": first.usd["language model"],
                "USD per million": first.per_million,
                "cheapest": list(asking)[cheapest],
                "its USD a month": bills[cheapest].total,
            }
        )
    return pd.DataFrame(rows).set_index("messages a month")


def budgeted_messages(work: Work, *, llm_share: float, tokens_per_month: int) -> float:
    """Return the messages a month after which a bot's token budget is used up, and the classifier answers alone."""
    return tokens_per_month / (work.prompt_tokens + work.answer_tokens) / llm_share if llm_share else float("inf")
