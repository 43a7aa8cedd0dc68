"""The names in a template, as paths, through loops, `set` and filters."""

import pytest

from pipelines.templates.paths import endpoint_names, used_paths, written


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ result.message }}", ["result.message"]),
        ("{{ result['a b'] }} {{ result.items[0].price }}", ["result['a b']", "result.items[0].price"]),
        ("{% if result.found and not result.done %}x{% endif %}", ["result.found", "result.done"]),
        ("{% for p in result.points %}{{ p.name }}{% endfor %}{{ p.x }}", ["result.points", "result.points[].name"]),
        ("{% for a in result.rows %}{% for b in a.cells %}{{ b.t }}{% endfor %}{% endfor %}",
         ["result.rows", "result.rows[].cells", "result.rows[].cells[].t"]),
        ("{% set r = result.order %}{{ r.status | upper }}", ["result.order", "result.order.status"]),
        ("{% with r = result.order %}{{ r.status }}{% endwith %}", ["result.order", "result.order.status"]),
        ("{{ result.rows | map(attribute='a.b') | join }}", ["result.rows", "result.rows[].a.b"]),
        ("{{ (result.rows | sort(attribute='n') | first).name }}", ["result.rows[].name"]),
        ("{{ result.get('total') }}", ["result.total"]),
        ("{{ result.name.split(' ')[0] ~ result.message.upper() }}", ["result.name", "result.message"]),
        ("{% for k, v in result.items() %}{{ v.z }}{% endfor %}", ["result", "result[].z"]),
        ("{{ result[parameters.key] }}", ["result[]", "parameters.key"]),
        ("{% set result = 1 %}{{ result.message }}", []),
        ("{{ other.message }} {{ 'result.message' }}", []),
        ("no template", []),
        ("{{ result.broken", []),
    ],
)  # fmt: skip
def test_used_paths(template: str, expected: list[str]) -> None:
    assert [written(*path) for path in used_paths(template, ("result", "parameters"))] == expected


def test_endpoint_names_are_given_once() -> None:
    assert endpoint_names(["{{ endpoints.shop }}/a", "{{endpoints['crm']}}{{ endpoints.shop }}", "x"]) == [
        "shop",
        "crm",
    ]
