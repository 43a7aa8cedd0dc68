"""Alarms, the dashboard and the collector look at figures that the product sends, and tell somebody."""

import json
from typing import Any

import pytest

from tests.support.infra import Template, containers, few_choices, of_type, template_of

WANTED = {
    "SlowAnswers",
    "FailedAnswers",
    "NoTask",
    "NotUnderstood",
    "LanguageModelSpend",
    "RefusedRelease",
    "MessagesWait",
    "TrainingsWait",
    "DeadMessages",
    "DeadTrainings",
    "DeadSchedules",
    "PostgresDisk",
    "PostgresCpu",
}


@pytest.fixture(params=few_choices(), ids=lambda each: "-".join(each.values()))
def template(request: pytest.FixtureRequest) -> Template:
    """Give the templates in which every value of a choice occurs."""
    return template_of(**request.param)


def _alarms(template: Template) -> dict[str, Any]:
    found = of_type(template, "AWS::CloudWatch::Alarm").items()
    return {name[len("Alarms") : -8]: each["Properties"] for name, each in found if name.startswith("Alarms")}


def test_each_alarm_says_what_is_wrong_and_tells_somebody(template: Template) -> None:
    alarms = _alarms(template)
    has_documentdb = bool(of_type(template, "AWS::DocDB::DBCluster"))
    assert set(alarms) == WANTED | ({"DocumentDbCpu", "DocumentDbMemory"} if has_documentdb else set())
    for name, alarm in alarms.items():
        assert alarm["AlarmDescription"].startswith("Intentloop: "), name
        assert len(alarm["AlarmActions"]) == len(alarm["OKActions"]) == 1
    (subscription,) = of_type(template, "AWS::SNS::Subscription").values()
    assert subscription["Properties"]["Endpoint"] == {"Ref": "OperatorEmail"}


def test_a_missing_task_is_an_alarm_and_missing_figures_of_the_product_are_none(template: Template) -> None:
    missing = {name: alarm["TreatMissingData"] for name, alarm in _alarms(template).items()}
    assert missing.pop("NoTask") == "breaching"
    assert set(missing.values()) == {"notBreaching"}


def test_budget_tells_before_the_money_is_spent(template: Template) -> None:
    (budget,) = of_type(template, "AWS::Budgets::Budget").values()
    told = [each["Notification"] for each in budget["Properties"]["NotificationsWithSubscribers"]]
    assert {(each["NotificationType"], each["Threshold"]) for each in told} == {("ACTUAL", 80), ("FORECASTED", 100)}


def test_alarm_of_a_refused_release_reads_what_the_product_logs(template: Template) -> None:
    import inspect

    from serving.release import loader

    (seen,) = of_type(template, "AWS::Logs::MetricFilter").values()
    pattern = seen["Properties"]["FilterPattern"]
    assert pattern.strip('"') == "release refused"
    assert f"{pattern}," in inspect.getsource(loader)


def test_collector_keeps_the_labels_that_alarms_ask_for(template: Template) -> None:
    asked = {
        (metric["Metric"]["MetricName"], frozenset(each["Name"] for each in metric["Metric"]["Dimensions"]))
        for alarm in _alarms(template).values()
        for metric in (each["MetricStat"] for each in alarm.get("Metrics", []) if "MetricStat" in each)
        if metric["Metric"]["Namespace"] == "Intentloop"
    }
    assert {name for name, _ in asked} == {"intentloop.turns", "intentloop.llm.spend"}
    kept = set()
    for _, container in containers(template):
        if container["Name"] == "collector":
            ((variable,),) = [container["Environment"]]
            kept |= _kept(variable["Value"])
    assert {(name, labels) for name, labels in asked if not any(labels == each for each in kept)} == set()


def _kept(value: Any) -> set[frozenset[str]]:
    """Return the sets of labels that a collector keeps; the name of its log group stands in between."""
    text = "".join(part if isinstance(part, str) else "group" for part in value["Fn::Join"][1])
    declared = json.loads(text)["exporters"]["awsemf"]["metric_declarations"]
    return {frozenset(labels) for each in declared for labels in each["dimensions"]}


def test_figures_are_those_of_the_product() -> None:
    instruments = pytest.importorskip("serving.telemetry.instruments", reason="the product sends no figures yet")
    names = {each.name for each in instruments.INSTRUMENTS}
    text = json.dumps(
        [of_type(template_of(), kind) for kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard")]
    )
    for name in ("intentloop.turns", "intentloop.llm.spend", "intentloop.llm.calls", "intentloop.hop.duration"):
        assert name in text
        assert name in names
    assert "fallback" in instruments.LABELS["route"].values
    assert {"http", "turn", "state", "interpret", "llm", "tool", "commit"} <= set(instruments.HOPS)
