import pytest
from jinja2 import TemplateError

from pipelines.templates.sandbox import REPLY_ENVIRONMENT, noting_gaps, render, render_contained


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
        ("{{ '<b>Tom &amp; Ann</b> <!-- x -->' | striptags }}", "Tom & Ann"),
        ("{{ 3.14159 | round(2) }} {{ 2.1 | round(0, 'ceil') }}", "3.14 3.0"),
        ("{{ [1, 2, 0.5] | sum }} {{ result.rows | sum('n') }}", "3.5 3"),
        ("{{ result.rows[:1] | map(attribute='name') }}", "a"),
        ("{% for row in result.rows if row.n > 1 %}{{ row.name }}{{ loop.last }}{% endfor %}", "bTrue"),
        ("{% set first, second = 'x', 'y' %}{{ second }}", "y"),
        ("{{ 'a' in parameters.city }} {{ 'R' in parameters.city }}", "False True"),
        ("{% for x in nope %}x{% else %}none{% endfor %}{{ nope | length }}{{ nope | join }}", "none0"),
    ],
)
def test_render_gives_what_authors_expect(template: str, rendered: str) -> None:
    values = {
        "parameters": {"city": "Rome", "items": 2},
        "result": {"count": 3, "rows": [{"name": "a", "n": 1}, {"name": "b", "n": 2}], "hours": {"mon": 9, "tue": 10}},
    }
    assert render(REPLY_ENVIRONMENT, template, values) == rendered


def test_render_picks_the_same_variant_for_the_same_seed() -> None:
    template = "{{ ['a', 'b', 'c', 'd'] | random }}"
    picks = [render(REPLY_ENVIRONMENT, template, {"_seed": f"t:{number}"}) for number in range(40)]
    assert picks == [render(REPLY_ENVIRONMENT, template, {"_seed": f"t:{number}"}) for number in range(40)]
    assert set(picks) == set("abcd")


def test_render_of_a_long_honest_list_is_within_the_limit() -> None:
    rows = [{"name": f"product {number}", "price": number, "tags": ["a", "b", "c"]} for number in range(1000)]
    template = (
        "{% for row in result.rows | sort(attribute='price') %}"
        "{% if row.price > 2 and 'a' in row.tags %}{{ loop.index }}. {{ row.name | capitalize }}: "
        "{{ row.price | round(2) }} {{ row.tags | join(', ') }}###{% endif %}{% endfor %}"
    )
    assert render(REPLY_ENVIRONMENT, template, {"result": {"rows": rows}}).count("###") == 997


def test_render_measures_each_rendering_on_its_own() -> None:
    template = "{% for a in result.l %}{% for b in result.l %}{% endfor %}{% endfor %}done"
    values = {"result": {"l": list(range(250))}}
    assert [render(REPLY_ENVIRONMENT, template, values) for _ in range(20)] == ["done"] * 20
    with pytest.raises(TemplateError, match="too much work"):
        render(REPLY_ENVIRONMENT, template, {"result": {"l": list(range(2500))}})


def test_render_gives_whole_characters_that_can_be_stored_and_sent() -> None:
    assert render(REPLY_ENVIRONMENT, r"{{ '\ud83d\ude00' }} {{ '\ud83d' }}!", {}) == "\U0001f600 \ufffd!"


@pytest.mark.parametrize(
    ("template", "gaps"),
    [
        ("{{ result.mesage }}", [("mesage", "message")]),
        ("{{ result.mesage | upper }}{{ result.mesage }}", [("mesage", "message")]),
        ("{{ 'a' ~ result.mesage }}", [("mesage", "message")]),
        ("{% for row in result.rwos %}{{ row }}{% endfor %}", [("rwos", "rows")]),
        ("{{ result.rows | map(attribute='nmae') | join }}", [("nmae", "name")]),
        ("{{ result.rows[5].name }}", [("5", "")]),
        ("{{ result.nothing.name }}", [("name", "")]),
        ("{{ resutl.message }}", [("resutl", "")]),
        ("{{ result[parameters.city] }}", [("a name that a value gives", "")]),
        ("{{ result.message }}{{ result.nothing }}{{ result.rows | join(attribute='name') }}", []),
        ("{{ result.mesage | default('none') }}{{ result.mesage or 'none' }}", []),
        ("{% if result.mesage %}x{% endif %}{{ 'x' if result.mesage }}", []),
    ],
)
def test_render_contained_returns_the_gaps_of_a_reply(template: str, gaps: list[tuple[str, str]]) -> None:
    result = {"message": "Hi", "nothing": None, "rows": [{"name": "a"}]}
    values = {"result": result, "parameters": {"city": "Rome"}}
    with noting_gaps():
        found = render_contained(template, values).gaps
    assert [(gap.name, gap.nearest) for gap in found] == gaps
    assert render_contained(template, values).gaps == ()
