import json
import re
from pathlib import Path

from serving.telemetry.instruments import INSTRUMENTS
from tests.support.metrics_guide import DASHBOARD, GUIDE, dashboard, fresh_guide


def test_the_guides_tables_are_fresh() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert text == fresh_guide(text), "run `make fix`"


def test_the_dashboard_is_fresh_and_shows_every_metric() -> None:
    text = DASHBOARD.read_text(encoding="utf-8")
    assert text == dashboard(), "run `make fix`"
    shown = set(re.findall(r'MetricName=\\"([\w.]+)\\"', text))
    assert shown == {instrument.name for instrument in INSTRUMENTS}
    places = [(widget["x"], widget["y"]) for widget in json.loads(text)["widgets"]]
    assert len(set(places)) == len(places)
    assert all(x + 8 <= 24 for x, _ in places)


def test_the_guides_queries_name_metrics_that_exist() -> None:
    from serving.telemetry.prometheus import prometheus_name

    known = {prometheus_name(each) for each in INSTRUMENTS}
    ending = re.compile(r"_(bucket|sum|count)$")
    named = set(re.findall(r"\bintentloop_\w+", GUIDE.read_text(encoding="utf-8")))
    assert {name for name in named if name not in known and ending.sub("", name) not in known} == set()


def test_the_stacks_collector_passes_every_metric_on() -> None:
    snapshot = Path(__file__).parents[1] / "infra" / "snapshot.yaml"
    listed = re.findall(r'"metric_name_selectors":\["([^"]+)"\]', snapshot.read_text(encoding="utf-8"))
    selectors = {selector.replace("\\\\", "\\") for selector in listed}
    assert selectors
    unseen = [each.name for each in INSTRUMENTS if not any(re.search(one, each.name) for one in selectors)]
    assert unseen == []
