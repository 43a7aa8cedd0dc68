import time

import pytest
from jinja2 import TemplateError

from serving.tools.sandbox import REPLY_ENVIRONMENT, render

HOSTILE = [
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ context.__class__ }}",
    "{{ context.__init__.__globals__ }}",
    "{{ parameters.get.__self__ }}",
    "{{ parameters.pop('a') }}",
    "{{ parameters.update({'a': 2}) }}",
    "{{ parameters.clear() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ cycler('a').next() }}",
    "{{ joiner }}{{ joiner('a')() }}",
    "{{ lipsum.__globals__ }}",
    "{{ namespace(a=1).__class__ }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ result.x.__class__.__base__ }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ '{0.__class__}'.format_map(parameters) }}",
    "{{ '%s'|format(1) }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 1000000000 * 'a' }}",
    "{{ [0] * 1000000000 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ 2 ** 2 }}",
    "{{ '%01000000000d' % 1 }}",
    "{{ 'a'|center(1000000000) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ 'a'.zfill(1000000000) }}",
    "{{ 'a'.expandtabs(1000000000) }}",
    "{{ 'a'|indent(1000000000) }}",
    "{{ [1]|batch(1000000000, 'x')|list }}",
    "{{ [1]|slice(1000000000)|list }}",
    "{{ range(1000000000)|list }}",
    "{% for a in range(99999999) %}x{% endfor %}",
    "{{ ('a' * 100000) }}",
    "{{ 'aaaaaaaaaa'|replace('a', 'aaaaaaaaaa')|replace('a', 'aaaaaaaaaa')|replace('a', 'aaaaaaaaaa')"
    "|replace('a', 'aaaaaaaaaa')|replace('a', 'aaaaaaaaaa') }}",
    "{% set a = 'aaaaaaaaaaaaaaaa' %}" + "{% set a = a ~ a ~ a ~ a %}" * 12 + "{{ a }}",
    "{% set a = 'aaaaaaaaaaaaaaaa' %}" + "{% set a = a + a + a + a %}" * 12 + "{{ a }}",
    "{% for a in result.l %}{% for b in result.l %}{% for c in result.l %}x{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import popen %}",
    "{% extends 'x' %}",
    "{% block a %}{% endblock %}",
    "{% call foo() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% set a %}x{% endset %}",
    "{{ parameters | map(attribute='__class__') | list }}",
    "{{ [parameters] | map('attr', '__class__') | list }}",
    "{{ (1).__class__ }}",
    "{{ true.__class__ }}",
    "{{ none.__class__ }}",
    "{{ 1 / 0 }}",
    "{{ 'a'|int + 'b' }}",
    "{{ unclosed",
    "{% if %}",
    "{{ 'x'|nosuchfilter }}",
    "x" * 20_001 + "{{ a }}",
]
VALUES = {"context": {"a": 1}, "parameters": {"a": "b"}, "result": {"x": "y", "l": list(range(500))}, "_seed": "s"}


@pytest.mark.parametrize("template", HOSTILE)
def test_render_of_a_hostile_template_is_refused_or_blank(template: str) -> None:
    started = time.monotonic()
    try:
        rendered = render(REPLY_ENVIRONMENT, template, VALUES)
    except TemplateError:
        rendered = ""
    assert rendered.strip() in ("", "['']", "[]", "[Undefined]")
    assert time.monotonic() - started < 1


def test_render_leaves_the_values_as_they_were() -> None:
    for template in HOSTILE:
        try:
            render(REPLY_ENVIRONMENT, template, VALUES)
        except TemplateError:
            continue
    assert VALUES["parameters"] == {"a": "b"}


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("plain", "plain"),
        ("{{ parameters.city }} {{ parameters['city'] }}", "Rome Rome"),
        ("{{ parameters.items }}", "2"),
        ("{{ parameters.nope }}|{{ nope.a.b }}|{{ nope() }}|{{ nope + 1 }}", "|||"),
        ("{% if result.count > 1 %}many{% else %}one{% endif %}", "many"),
        ("{% if nope > 1 %}many{% else %}one{% endif %}", "one"),
        ("{% for row in result.rows %}{{ loop.index }}:{{ row.name|upper }} {% endfor %}", "1:A 2:B "),
        ("{% for key, value in result.hours.items() %}{{ key }}={{ value }};{% endfor %}", "mon=9;tue=10;"),
        ("{{ result.rows|map(attribute='name')|join(', ') }}", "a, b"),
        ("{{ parameters.nope|default('no idea') }}", "no idea"),
        ("{{ 'a' ~ parameters.city ~ 1 }}", "aRome1"),
        ("{{ result.count * 2 + 1 }} {{ 7 % 4 }}", "7 3"),
        ("{{ parameters|tojson }}", '{"city": "Rome", "items": 2}'),
        ("{% set n = result.count %}{{ n }}", "3"),
        ("{{ 'yes' if parameters.city is defined else 'no' }}", "yes"),
        ("{{ parameters.city.lower() }}", "rome"),
        ("{{ '<b>' }}", "<b>"),
    ],
)
def test_render_gives_what_authors_expect(template: str, rendered: str) -> None:
    values = {
        "parameters": {"city": "Rome", "items": 2},
        "result": {"count": 3, "rows": [{"name": "a"}, {"name": "b"}], "hours": {"mon": 9, "tue": 10}},
    }
    assert render(REPLY_ENVIRONMENT, template, values) == rendered


def test_render_picks_the_same_variant_for_the_same_seed() -> None:
    template = "{{ ['a', 'b', 'c', 'd'] | random }}"
    picks = [render(REPLY_ENVIRONMENT, template, {"_seed": f"t:{number}"}) for number in range(40)]
    assert picks == [render(REPLY_ENVIRONMENT, template, {"_seed": f"t:{number}"}) for number in range(40)]
    assert set(picks) == set("abcd")
