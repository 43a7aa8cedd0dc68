"""The page of the validation report, as a Jinja2 template, and the look of all pages. No script, nothing loaded."""

STYLE = """\
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5d6b7c; --line: #dde2e9;
  --error: #b3261e; --warning: #8a5a00; --note: #1f5fa8; --good: #1b6e3c; --mark: #ffe08a; --bar: #6f9bd1; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181e; --card: #1d232b; --ink: #e6eaf0; --soft: #9aa7b6;
  --line: #323b47; --error: #ff8a80; --warning: #f0b95a; --note: #82b5f5; --good: #6fd19a; --mark: #6b5410;
  --bar: #4f7fb8; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem;
  background: var(--ground); color: var(--ink); overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .7rem; } p { margin: .3rem 0; }
.soft { color: var(--soft); } .error { color: var(--error); } .warning { color: var(--warning); }
.note { color: var(--note); } .good { color: var(--good); }
.verdict { border-left: .35rem solid currentColor; padding: .6rem .9rem; margin: 1rem 0; background: var(--card);
  font-weight: 600; border-radius: .3rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .7rem; }
.figures div, details, .sheet { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
.figures div { padding: .6rem .8rem; } .figures b { display: block; font-size: 1.5rem; line-height: 1.3; }
details { margin: .6rem 0; } summary { padding: .65rem .9rem; cursor: pointer; font-weight: 600; }
summary small { font-weight: 400; }
article { border-top: 1px solid var(--line); padding: .6rem .9rem; }
code { font: .86em ui-monospace, monospace; }
.row { font-weight: 600; } .text { font: .9em/1.5 ui-monospace, monospace; }
mark { background: var(--mark); color: inherit; border-radius: .2rem; padding: 0 .1rem; }
.done { border: 1px solid currentColor; border-radius: 1rem; padding: 0 .5rem; font-size: .78rem; font-weight: 400;
  color: var(--good); white-space: nowrap; }
.sheet { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .7rem; text-align: left; vertical-align: top; }
tr:last-child td { border-bottom: 0; } th, td { overflow-wrap: normal; } .number { text-align: right; width: 4rem; }
.bars span { display: block; height: .7rem; margin-top: .4rem; background: var(--bar); border-radius: .2rem; }
@media (min-width: 40rem) { .wide { width: 55%; } }
@media print { details { break-inside: avoid; } }
"""
"""Of every page: on a screen, a phone or paper, in light or dark."""

PAGE = (
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Training data: {{ report.source }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
"""
    + STYLE
    + """</style></head><body>
<h1>Training data</h1>
<p class="soft">{{ report.source }}</p>
{% if report.errors %}<p class="verdict error">Training is stopped until the errors are repaired.</p>
{% else %}<p class="verdict good">Training can go on.</p>{% endif %}
<div class="figures">
<div><b>{{ "{:,}".format(report.n_rows) }}</b> examples</div>
{% if report.n_by_intent %}<div><b>{{ report.n_by_intent | length }}</b> intents</div>{% endif %}
{% for severity in severities %}{% set count = report.of(severity) | length %}
<div><b class="{{ severity if count else 'soft' }}">{{ "{:,}".format(count) }}</b>
{{ severity }}{{ "" if count == 1 else "s" }}</div>
{% endfor %}</div>
{% if groups %}<h2>Findings</h2>
{% if groups | sum(attribute="n_repairable") %}<p class="soft">Where it says so, <code>intentloop validate --fix</code>
does the repair and shows the difference; <code>--undo</code> takes it back.</p>{% endif %}
{% for group in groups %}<details{% if group.severity == "error" or groups | length < 4 %} open{% endif %}>
<summary><span class="{{ group.severity }}">{{ group.severity }}</span> {{ group.title }}
<small class="soft">{{ "{:,}".format(group.findings | length) }}</small>
{% if group.n_repairable %}<span class="done">--fix repairs
{{ "all" if group.n_repairable == group.findings | length else "{:,}".format(group.n_repairable) }}</span>{% endif %}
</summary>
{% for finding in group.shown %}{% set before, meant, after = finding | marked %}<article>
<p class="row">{{ finding.row }}</p>
{% if finding.text.strip() %}<p class="text">{{ before }}{% if meant %}<mark>{{ meant }}</mark>{% endif %}{{ after }}
</p>{% endif %}<p>{{ finding.explanation }}</p><p class="soft">Repair: {{ finding.repair }}</p>
{% if finding.edit %}<p class="soft"><span class="done">--fix</span> would {{ finding.edit }}</p>{% endif %}</article>
{% endfor %}{% if group.findings | length > group.shown | length %}<article class="soft">
and {{ "{:,}".format(group.findings | length - group.shown | length) }} more</article>{% endif %}</details>
{% endfor %}{% endif %}
{% if report.n_by_intent %}<h2>Examples an intent</h2>
<div class="sheet"><table class="bars">
{% for intent, count in report.n_by_intent.items() %}<tr><td>{{ intent }}</td>
<td class="number">{{ count }}</td><td class="wide"><span style="width:{{ (100 * count / most) | round(1) }}%"></span>
</td></tr>
{% endfor %}</table></div>{% endif %}
{% if report.suite %}<h2>Expectations of the table</h2>
<div class="sheet"><table><tr><th>Expectation</th><th>Column</th><th>Holds</th><th class="number">Rows against</th></tr>
{% for row in report.suite %}<tr><td>{{ row.expectation }}</td><td>{{ row.column }}</td>
<td class="{{ 'good' if row.success else 'error' }}">{{ "yes" if row.success else "no" }}</td>
<td class="number">{{ row.broken_rows }}</td></tr>
{% endfor %}</table></div>{% endif %}
<h2>What no check can see</h2>
<p class="soft">Names of people and postal addresses in examples, and labels that are wrong but possible. Read the
examples that came from real conversations before they are used.</p>
</body></html>
"""
)
