"""The validation report as one HTML page that opens without a network."""

import jinja2

from pipelines.steps.validate import ValidationReport

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Training data: {{ report.source }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
th, td { border-bottom: 1px solid #8886; padding: .35rem .6rem; text-align: left; vertical-align: top; }
.error, .no { color: #c0392b; font-weight: 600; } .warning { color: #b9770e; } .yes { color: #1e8449; }
</style></head><body>
<h1>Training data: {{ report.source }}</h1>
<p>{{ "{:,}".format(report.n_rows) }} examples,
<span class="{{ 'error' if report.errors else 'yes' }}">{{ report.errors | length }} error(s)</span>,
{{ report.findings | length - report.errors | length }} warning(s).
{{ "Training is stopped until the errors are repaired." if report.errors else "Training can go on." }}</p>
{% if report.findings %}<h2>Findings</h2>
<table><thead><tr><th>Severity</th><th>Row</th><th>What is wrong</th><th>Repair</th><th>Check</th></tr></thead><tbody>
{% for f in report.findings %}<tr><td class="{{ f.severity }}">{{ f.severity }}</td><td>{{ f.row }}</td>
<td>{{ f.explanation }}</td><td>{{ f.repair }}</td><td>{{ f.check }}</td></tr>
{% endfor %}</tbody></table>{% endif %}
<h2>Expectations</h2>
<table><thead><tr><th>Expectation</th><th>Column</th><th>Holds</th><th>Rows that break it</th></tr></thead><tbody>
{% for row in report.suite %}<tr><td>{{ row.expectation }}</td><td>{{ row.column }}</td>
<td class="{{ 'yes' if row.success else 'no' }}">{{ "yes" if row.success else "no" }}</td>
<td>{{ row.broken_rows }}</td></tr>
{% endfor %}</tbody></table></body></html>
"""


def render_report(report: ValidationReport) -> str:
    """Give the page; texts of authors are escaped."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(_PAGE).render(report=report)
