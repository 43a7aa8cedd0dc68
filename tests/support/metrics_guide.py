"""What is generated from the table of metrics: `python -m tests.support.metrics_guide` writes it, a test checks it."""

import json
from pathlib import Path
from typing import Any

from serving.telemetry.instruments import INSTRUMENTS, LABELS, Instrument
from serving.telemetry.prometheus import prometheus_name

DOCS = Path(__file__).parents[2] / "serving" / "docs"
GUIDE, DASHBOARD = DOCS / "telemetry.md", DOCS / "cloudwatch-dashboard.json"
BEGIN = "<!-- metrics: generated from serving/telemetry/instruments.py by `make fix` -->\n"
END = "<!-- end of metrics -->"
NAMESPACE = "Intentloop"
SHOWN_BY = ("route", "hop")
"""Labels that CloudWatch gets, beside the service: each combination is a metric that is paid for."""
_WIDTH, _HEIGHT, _PER_ROW = 8, 6, 3
_TITLES = {
    "intentloop.turns": "Messages by route and outcome",
    "intentloop.hop.duration": "Latency of each step, p95",
    "intentloop.database.duration": "Database time, p95",
}


def metrics_tables() -> str:
    """Return Markdown tables of all metrics and of their labels."""
    rows = ["| metric | in Prometheus | kind | unit | labels | what |", "| --- | --- | --- | --- | --- | --- |"]
    for each in INSTRUMENTS:
        labels = ", ".join(f"`{label}`" for label in each.labels)
        name = prometheus_name(each)
        rows.append(f"| `{each.name}` | `{name}` | {each.kind} | {each.unit} | {labels} | {each.meaning} |")
    rows += ["", "| label | what | values |", "| --- | --- | --- |"]
    for name, label in LABELS.items():
        values = ", ".join(f"`{value}`" for value in label.values)
        values = values or f"the first {label.most} of a process, the rest as `other`"
        rows.append(f"| `{name}` | {label.meaning} | {values} |")
    return "\n".join(rows) + "\n"


def fresh_guide(text: str) -> str:
    """Return the guide with its tables made anew."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{metrics_tables()}{END}{tail}"


def dashboard() -> str:
    """Return the body of a CloudWatch dashboard: a graph for each metric, and the share of fallbacks."""
    graphs = [_fallback_share(), *(_graph(each) for each in INSTRUMENTS)]
    widgets = [
        {
            "type": "metric",
            "x": number % _PER_ROW * _WIDTH,
            "y": number // _PER_ROW * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": {"view": "timeSeries", "region": "${AWS::Region}", "period": 60, **graph},
        }
        for number, graph in enumerate(graphs)
    ]
    return json.dumps({"widgets": widgets}, indent=1) + "\n"


def _search(instrument: Instrument, statistic: str, more: str = "") -> str:
    by = [label for label in instrument.labels if label in SHOWN_BY]
    dimensions = ",".join((NAMESPACE, '"service.name"', *by))
    return f"SEARCH('{{{dimensions}}} MetricName=\"{instrument.name}\"{more}', '{statistic}', 60)"


def _graph(instrument: Instrument) -> dict[str, Any]:
    statistic = {"counter": "Sum", "histogram": "p95", "gauge": "Maximum"}[instrument.kind]
    title = _TITLES.get(instrument.name, instrument.meaning)
    return {"title": title, "metrics": [[{"expression": _search(instrument, statistic), "id": "e1"}]]}


def _fallback_share() -> dict[str, Any]:
    turns = next(each for each in INSTRUMENTS if each.name == "intentloop.turns")
    fallbacks, all_turns = _search(turns, "Sum", ' route="fallback"'), _search(turns, "Sum")
    lines = [
        [{"expression": f"SUM({fallbacks})", "id": "fallbacks", "visible": False}],
        [{"expression": f"SUM({all_turns})", "id": "turns", "visible": False}],
        [{"expression": "100 * fallbacks / turns", "id": "share", "label": "% of messages"}],
    ]
    return {"title": "Share of fallbacks", "metrics": lines}


def write() -> None:
    """Write what is generated."""
    GUIDE.write_text(fresh_guide(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
    DASHBOARD.write_text(dashboard(), encoding="utf-8")


if __name__ == "__main__":
    write()
