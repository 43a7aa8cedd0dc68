"""Replies over the answers that tools really give: nulls, numbers as texts, empty lists, and failures in the middle."""

import pytest
from jinja2 import TemplateError
from pydantic import JsonValue

from pipelines.templates.filters import LANGUAGE
from pipelines.templates.sandbox import FAILURE, REPLY_ENVIRONMENT, Rendered, render, render_contained

ANSWER: JsonValue = {
    "rows": [
        {"name": "Tent", "price": 12.5, "tags": ["red", "big"], "sold": 3},
        {"name": None, "price": None, "tags": None, "sold": None},
        {"name": "Mug & Co", "price": "7.5", "tags": [], "sold": 0},
    ],
    "nothing": None,
    "count": 2,
    "total": 1234567.891,
    "when": {"day": None},
}


def said(template: str, language: str = "en") -> str:
    return render(REPLY_ENVIRONMENT, template, {"result": ANSWER, LANGUAGE: language})


def test_render_calls_the_method_of_an_answer_that_has_a_member_of_that_name() -> None:
    answer: JsonValue = {"items": [1, 2], "keys": "k", "get": "g"}
    template = (
        "{% for name, value in a.items() %}{{ name }} {% endfor %}{{ a.items[0] }} {{ a.get('keys') }} {{ a.get }}"
    )
    assert render(REPLY_ENVIRONMENT, template, {"a": answer}) == "items keys get 1 k g"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("<{{ result.nothing }}>", "<>"),
        ("<{{ result.rows[1].tags }}>", "<>"),
        ("<{{ result.rows[1].tags | join('/') }}>", "<>"),
        ("{% for tag in result.rows[1].tags %}{{ tag }}{% else %}none{% endfor %}", "none"),
        ("{% for tag in result.nothing.deeper %}x{% endfor %}.", "."),
        ("{% for key, value in result.nothing.items() %}x{% endfor %}.", "."),
        ("{% for key, value in result.nothing | items %}x{% endfor %}{{ result.nothing | dictsort }}", ""),
        ("{{ result.nothing | length }} {{ result.nothing | count }} {{ result.nothing | list }}", "0 0 "),
        ("<{{ result.nothing | first }}{{ result.nothing | last }}{{ result.nothing | random }}>", "<>"),
        ("<{{ result.nothing | max }}{{ result.nothing | min }}> {{ result.nothing | sum }}", "<> 0"),
        ("{{ result.rows | map(attribute='name') | join(', ') }}", "Tent, Mug & Co"),
        ("{{ result.rows[:2] | sum(attribute='price') }}", "12.5"),
        ("{{ result.rows[:2] | map(attribute='price') | max }}", "12.5"),
        ("{{ result.rows | sort(attribute='name') | map(attribute='name') | join('<') }}", "Mug & Co<Tent"),
        ("{{ (result.rows | sort(attribute='sold') | last).name is none }}", "True"),
        ("{{ result.rows | selectattr('sold', 'gt', 1) | map(attribute='name') | join }}", "Tent"),
        ("{{ result.rows | rejectattr('name') | list | length }}", "1"),
        ("{{ result.rows | map(attribute='name') | map('upper') | join(',') }}", "TENT,MUG & CO"),
        ("<{{ result.nothing | upper }}{{ result.nothing | trim | title }}>", "<>"),
        ("<{{ result.nothing | replace('a', 'b') }}{{ result.nothing | striptags }}>", "<>"),
        ("<{{ result.nothing | round(2) }}{{ result.nothing | abs }}> {{ result.nothing | int }}", "<> 0"),
        ("{{ result.nothing | default('?') }} {{ result.nothing | upper | default('?') }}", "? ?"),
        ("{{ result.nothing or 'none' }} {{ 'x' if result.nothing is none }}", "none x"),
        ("{{ result.nothing | tojson }} {{ nope | tojson }} <{{ result.nothing | string }}>", "null null <>"),
        ("<{{ result.nothing * 2 }}{{ 2 * result.nothing }}{{ result.nothing - 1 }}{{ -result.nothing }}>", "<>"),
        ("<{{ result.nothing / 2 }}{{ 1 + result.nothing }}{{ 5 * nope }}>", "<>"),
        ("{{ 'from ' + result.nothing }}{{ 'a' ~ result.nothing ~ 'b' }}", "from ab"),
        ("{{ result.nothing > 5 }} {{ 5 < result.nothing }} {{ result.nothing >= 0 }}", "False False False"),
        ("{{ 'a' in result.nothing }} {{ 'a' not in result.nothing }}", "False True"),
        ("{{ result.nothing == none }} {{ result.count == 2 }} {{ nope == none }}", "True True False"),
        ("<{{ result.nothing.lower() }}{{ result.nothing[0].x }}{{ result.when.day.month }}>", "<>"),
        ("<{{ result.keys_ }}{{ result.rows.nope }}>", "<>"),
        ("<{{ result.items }}{{ result.values | join }}{{ result.keys | upper }}>{{ result.items | length }}", "<>0"),
        ("{% for item in result.items %}x{% else %}none{% endfor %} {{ result.get | default('?') }}", "none ?"),
    ],
)  # fmt: skip
def test_render_of_a_null_prints_nothing(template: str, text: str) -> None:
    assert said(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ '%.2f' % result.rows[0].price }}", "12.50"),
        ("{{ '%.2f' | format(result.rows[0].price) }}", "12.50"),
        ("{{ '{:.2f}'.format(result.rows[0].price) }}", "12.50"),
        ("{{ '{:,.2f}'.format(result.total) }}", "1,234,567.89"),
        ("{{ '{:,}'.format(1234567) }}", "1,234,567"),
        ("{{ '%.2f' % result.rows[2].price }} {{ '%d' % result.rows[2].price }}", "7.50 7"),
        ("<{{ '%.2f' % result.nothing }}{{ '{:.2f}'.format(nope) }}{{ '%s' % result.nothing }}>", "<>"),
        ("{{ '%s: %d' % ('a', 3) }} {{ '%s: %d' | format('a', 3) }}", "a: 3 a: 3"),
        ("{{ '%(n)s costs %(p).1f' % {'n': 'Tent', 'p': 12.5} }}", "Tent costs 12.5"),
        ("{{ '%(n)s' | format(n='Tent') }} {{ '{n}'.format(n='Tent') }}", "Tent Tent"),
        ("{{ '%5.1f|%-5s|%05d|%+d' % (3.14159, 'a', 42, 7) }}", "  3.1|a    |00042|+7"),
        ("{{ '{:>5}|{:<5}|{:^5}|{:*^5}'.format('a', 'b', 'c', 'd') }}", "    a|b    |  c  |**d**"),
        ("{{ '{0} {1} {0}'.format('a', 'b') }} {{ '{{}}'.format() }}", "a b a {}"),
        ("{{ '{:.0%}'.format(0.25) }} {{ '%d%%' % 25 }}", "25% 25%"),
        ("{{ 12.345 | round(2) }} {{ '7.5' | round }} {{ 2.5 | round(0, 'floor') }}", "12.35 8.0 2.0"),
        ("{{ 'A-B'.replace('-', ' ').lower() }} {{ ', '.join(['a', none, 'b']) }}", "a b a, b"),
        ("{{ 'aaa'.replace('a', 'b', 2) }} {{ 'Tent'.lower().title() }}", "bba Tent"),
        ("{% set ns = namespace(t=0) %}{% for r in result.rows[:1] %}{% set ns.t = ns.t + r.price %}{% endfor %}"
         "{{ ns.t }}", "12.5"),
        ("{% set ns = namespace(n='-') %}{% for r in result.rows %}{% if r.sold == 0 %}{% set ns.n = r.name %}"
         "{% endif %}{% endfor %}{{ ns.n }}{{ ns }}", "Mug & Co"),
        ("{{ result.rows[2].price > 5 }} {{ '12' < 5 }} {{ 5 <= '5.0' }} {{ 'b' > 'a' }}", "True False True True"),
        ("{{ '2' * 3 }} {{ 3 - '2' }} {{ '7' / 2 }} {{ '1' + 1 }} {{ '1' + '1' }}", "6 1 3.5 2 11"),
        ("{{ result.rows | sum(attribute='price') }} {{ 1 < 2 < 3 }}", "20.0 True"),
        ("{{ (result.rows[0].price * 1.19) | round(2) }} {{ 7 // 2 }} {{ 7 / 2 }} {{ 7 - 2 }}", "14.88 3 3.5 5"),
    ],
)  # fmt: skip
def test_render_formats_as_authors_expect(template: str, text: str) -> None:
    assert said(template) == text


@pytest.mark.parametrize(
    ("language", "template", "text"),
    [
        ("de", "{{ 12.5 | money }}", "12,50\u00a0\u20ac"),
        ("de", "{{ 12.5 | money('CHF') }}", "12,50\u00a0CHF"),
        ("de", "{{ '1234.5' | money }}", "1.234,50\u00a0\u20ac"),
        ("de", "{{ '20.00 USD' | money }}", "20,00\u00a0$"),
        ("de-CH", "{{ 12.5 | money }}", "CHF\u00a012.50"),
        ("es", "{{ 12.5 | money }}", "12,50\u00a0\u20ac"),
        ("es-MX", "{{ 12.5 | money('MXN') }}", "$12.50"),
        ("en", "{{ 12.5 | money }} {{ 12.5 | money('EUR') }}", "$12.50 \u20ac12.50"),
        ("en-GB", "{{ 1234 | money }}", "\u00a31,234.00"),
        ("hi", "{{ 150000 | money }}", "\u20b91,50,000.00"),
        ("ja", "{{ 1250 | money }}", "\uffe51,250"),
        ("xx", "{{ 12.5 | money('EUR') }}", "\u20ac12.50"),
        ("de", "<{{ result.nothing | money }}{{ nope | money }}{{ result.nothing | number(2) }}>", "<>"),
        ("de", "{{ 1234.5 | number }} {{ 1234.5 | number(2) }}", "1.234,5 1.234,50"),
        ("de", "{{ 3 | number }} {{ 3.0 | number }}", "3 3"),
        ("en", "{{ 1234.5 | number(0) }} {{ 1234567 | number }}", "1,234 1,234,567"),
        ("es", "{{ result.total | number(1) }}", "1.234.567,9"),
        ("hi", "{{ 150000 | number }}", "1,50,000"),
    ],
)  # fmt: skip
def test_render_writes_numbers_as_customers_do(language: str, template: str, text: str) -> None:
    assert said(template, language) == text


@pytest.mark.parametrize(
    "template",
    [
        "{{ '%r' % 'a' }}",
        "{{ '%*d' % (5, 1) }}",
        "{{ '%101d' % 1 }}",
        "{{ '%.16f' % 1 }}",
        "{{ '{:>101}'.format(1) }}",
        "{{ '{0.real}'.format(1) }}",
        "{{ '{0[x]}'.format({'x': 1}) }}",
        "{{ '{!r}'.format('a') }}",
        "{{ '{:{}}'.format(1, 5) }}",
        "{{ '{:n}'.format(1) }}",
        "{{ '%s %s' % 1 }}",
        "{{ '{} {}'.format(1) }}",
        "{{ '{x}'.format(1) }}",
        "{{ '%d' % 'abc' }}",
        "{{ 'abc' | money }}",
        "{{ 12 | money('Euro') }}",
        "{{ 12 | number(99) }}",
        "{{ 1 / 0 }}",
        "{{ 'a' - 1 }}",
    ],
)
def test_render_refuses_a_format_that_does_not_fit_or_is_not_available(template: str) -> None:
    with pytest.raises(TemplateError):
        said(template)


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("a {{ 1 / 0 }} b", Rendered(f"a {FAILURE} b", ("line 1: ZeroDivisionError while rendering",))),
        ("{% if 'a' > 1 %}x{% else %}y{% endif %}z", Rendered(f"{FAILURE}yz", ("line 1: TypeError while rendering",))),
        ("{% set a = 1 / 0 %}<{{ a }}>", Rendered(f"{FAILURE}<>", ("line 1: ZeroDivisionError while rendering",))),
        ("x\n{% for a in 5 %}y{% endfor %}z", Rendered(f"x\n{FAILURE}z", ("line 2: TypeError while rendering",))),
        (
            "{% for a in [1, 0] %}{{ 1 / a }};{% endfor %}z",
            Rendered(f"1.0;{FAILURE};z", ("line 1: ZeroDivisionError while rendering",)),
        ),
        ("all is well", Rendered("all is well")),
    ],
)
def test_render_contained_goes_on_after_a_failure(template: str, rendered: Rendered) -> None:
    assert render_contained(template, {}) == rendered


def test_render_contained_ends_where_there_is_too_much_of_it() -> None:
    template = "{% for a in l %}{{ 1 / 0 }}{% endfor %}never"
    rendered = render_contained("first " + template, {"l": list(range(1000))})
    assert rendered.is_cut
    assert rendered.text.startswith("first ")
    assert len(rendered.failures) < 30


def test_render_contained_quotes_no_value_in_its_failures() -> None:
    rendered = render_contained(
        "{{ '%d' % a }}{{ a | int + [] }}{{ a.format(1) }}{{ a % 1 }}", {"a": "secret {0.x} %q"}
    )
    assert len(rendered.failures) == 4
    assert "secret" not in str(rendered.failures)
    assert "%q" not in str(rendered.failures)
