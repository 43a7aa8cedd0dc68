"""What the gate found, as one HTML page like the validation report's. It names threads and intents, nobody's words."""

from collections.abc import Mapping

import jinja2
import pandas as pd

from pipelines.schemas.verdict import Check
from pipelines.steps.report_page import STYLE

SHOWN_ROWS = 500
_TITLES = {
    "comparison": "Against the version in production, on the same held-out utterances",
    "replay": "Stored conversations: the turns that change",
    "cases": "Saved cases: the turns that change",
}
_NONE = {"replay": "No turn changes.", "cases": "No turn changes."}

PAGE = (
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The gate</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
"""
    + STYLE
    + """</style></head><body>
<h1>The gate</h1>
{% if gate.passed %}<p class="verdict good">Passed: this version may answer customers.</p>
{% else %}<p class="verdict error">Not passed: this version may not answer customers.</p>{% endif %}
{% if gate.reasons %}<h2>What speaks against it</h2>
<div class="sheet">{% for reason in gate.reasons %}<article>{{ reason }}</article>{% endfor %}</div>{% endif %}
{% if gate.notes %}<h2>What else was found</h2>
<div class="sheet">{% for note in gate.notes %}<article>{{ note }}</article>{% endfor %}</div>{% endif %}
{% for title, columns, rows, n_more, nothing in tables %}<h2>{{ title }}</h2>
{% if rows %}<div class="sheet"><table><tr>{% for column in columns %}<th>{{ column }}</th>{% endfor %}</tr>
{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table></div>
{% if n_more %}<p class="soft">and {{ "{:,}".format(n_more) }} more, in the table beside this page</p>{% endif %}
{% else %}<p class="soft">{{ nothing }}</p>{% endif %}
{% endfor %}
{% if gate.figures %}<h2>Figures</h2>
<div class="sheet"><table>
{% for name, value in gate.figures.items() %}<tr><td>{{ name | replace("_", " ") }}</td>
<td class="number">{{ "{:,.4g}".format(value) }}</td></tr>
{% endfor %}</table></div>{% endif %}
</body></html>
"""
)


def describe_gate(gate: Check) -> str:
    """Say in Markdown what came of it and where to read on; the MLflow UI shows it on the run's first page."""
    verdict = "The gate is passed." if gate.passed else "The gate is not passed:"
    reasons = "".join(f"\n- {reason}" for reason in gate.reasons)
    return (
        f"**{verdict}**\n{reasons}\n\nTo read, under Artifacts: `gate/report.html`, `validation/report.html`, "
        "`notebook/notebook.html` (the executed notebook), `holdout/thresholds.png`."
    )


def render_gate(gate: Check, tables: Mapping[str, pd.DataFrame]) -> str:
    """Give the page.

    Parameters
    ----------
    gate
        All checks together.
    tables
        What changes, by name: `comparison`, `replay`, `cases`.

    Returns
    -------
    str
        HTML; what authors wrote is escaped.
    """
    shown = [
        (
            _TITLES.get(name, name),
            [str(column).replace("_", " ") for column in table.columns],
            table.head(SHOWN_ROWS).astype(object).to_numpy().tolist(),
            max(0, len(table) - SHOWN_ROWS),
            _NONE.get(name, "Nothing."),
        )
        for name, table in tables.items()
    ]
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(PAGE).render(gate=gate, tables=shown)
