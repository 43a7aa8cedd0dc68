import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import ToolFailed
from pipelines.templates.references import filled
from tests.support.requests import request_of


@pytest.mark.parametrize(
    ("template", "body"),
    [
        ('{"note": "{{ parameters.note }}"}', {"note": None}),
        ('{"note": {{ parameters.note }}}', {"note": None}),
        ('{"note": " {{ parameters.note }}"}', {"note": " "}),
        ('{"note": "for: {{ parameters.note }}!"}', {"note": "for: !"}),
        ('{"note": "{{ parameters.note }}{{ parameters.until }}"}', {"note": None}),
        ('{"note": "{{ parameters.note or \'\' }}"}', {"note": ""}),
        ('{"note": {{ parameters.note or "" }}}', {"note": ""}),
        ('{"note": "{{ parameters.note | default(\'none\') }}"}', {"note": "none"}),
        ('{"note": {{ parameters.note | default("none") }}}', {"note": "none"}),
        ('{"note": {{ parameters.note | default(3) }}}', {"note": 3}),
        ('{"note": {{ parameters.note | default("null") }}}', {"note": None}),
        ('{"town": "{{ parameters.town }}"{% if parameters.note %}, "note": 1{% endif %}}', {"town": "Bad Ems"}),
        ('{"a": 1{{ \', "note": \' ~ parameters.note if parameters.note }}}', {"a": 1}),
        ('{"user": "{{ context["username"] }}", "x": {{ context.a.b[0].c }}}', {"user": None, "x": None}),
        ('{"tags": {{ context.tags }}, "t": "{{ context.tags }}"}', {"tags": None, "t": None}),
        ('[{{ parameters.note }}]', [None]),
        ('[1, {{ parameters.note }}, 2]', [1, None, 2]),
        ('{"a": {{ parameters.note | upper }}, "b": {{ parameters.note | round(2) }}}', {"a": None, "b": None}),
        ('{"a": {{ parameters.until * 2 }}, "b": {{ -parameters.until }}}', {"a": None, "b": None}),
        ('{"a": [{% for x in parameters.note %}{{ x }}{% endfor %}]}', {"a": []}),
        ('{"a": {{ "yes" if parameters.note is defined else "no" }}}', {"a": "no"}),
        ('{"a": {{ 1 if parameters.note }}}', {"a": None}),
        ('{"n": {{ parameters.note | tojson }}}', {"n": None}),
        ('{"n": {{ [parameters.note, 1] }}}', {"n": [None, 1]}),
    ],
)  # fmt: skip
def test_render_json_writes_nothing_as_null(template: str, body: object) -> None:
    assert request_of(body=template).body == body


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ parameters.note }}", "it is empty"),
        (" {{ parameters.note }} {{ context.nobody }}", "it is empty"),
        ('{"{{ parameters.note }}": 1}', "the name of a value in jsonData has no value itself"),
        ('{"a": {{ parameters.nots }}}', "'nots' is undefined: no parameter of the intent is called so"),
        ('{"a": {{ parameters.town.street }}}', "has no attribute 'street'"),
        ('{"a": {{ parameter.town }}}', "'parameter' is undefined"),
        ('{"a": {{ endpoints.nope }}}', "INTENTLOOP_ENDPOINTS has no endpoint of that name"),
        ('{"a": {{ context._x }}}', "has no attribute '_x'"),
        ("{'a': '{{ parameters.town }}'}", "does not give valid JSON"),
        ('{"a": "\\{{ parameters.town }}"}', "a backslash stands before a value"),
    ],
)
def test_render_json_refuses_what_must_have_a_value(template: str, reason: str) -> None:
    with pytest.raises(ToolFailed) as failure:
        request_of(body=template)
    assert "its jsonData: " in failure.value.reason
    assert reason in failure.value.reason


@pytest.mark.parametrize(
    ("template", "body"),
    [
        ('[{% for d in parameters.days %}"{{ d }}"{{ "," if not loop.last }}{% endfor %}]', ["Mo", "Tu"]),
        ('[{% for d in parameters.days %}{{ d }}{{ "" if loop.last else ", " }}{% endfor %}]', ["Mo", "Tu"]),
        ('{"late": {{ "true" if parameters.late else "false" }}}', {"late": True}),
        ('{"late": {{ "1" if parameters.late else "0" }}}', {"late": 1}),
        ('{"late": "{{ "yes" if parameters.late else "no" }}"}', {"late": "yes"}),
        ('{"late": {{ "yes" if parameters.late else "no" }}}', {"late": "yes"}),
        ('{"a": {{ "[]" }}, "b": {{ "null" }}, "c": {{ "{}" }}}', {"a": [], "b": None, "c": {}}),
        ("[{{ parameters.days | join(', ') }}]", ["Mo", "Tu"]),
        ('{"days": {{ parameters.days | join(", ") }}}', {"days": "Mo, Tu"}),
        ('{"days": "{{ parameters.days | join(", ") }}"}', {"days": "Mo, Tu"}),
        ('{"a": {{ "to " ~ parameters.town }}}', {"a": "to Bad Ems"}),
        ('{"a": "{{ "to " + parameters.town }}"}', {"a": "to Bad Ems"}),
        ("{{ '{\"a\": \"' ~ parameters.town ~ '\"}' }}", {"a": "Bad Ems"}),
        ('{"a": {{ "[" ~ parameters.guests ~ "," ~ parameters.town ~ "]" }}}', {"a": [4, "Bad Ems"]}),
        ('{"a": 1{{ \', "t": "\' ~ parameters.town ~ \'"\' if parameters.late }}}', {"a": 1, "t": "Bad Ems"}),
        ('{"a": {{ "%.2f" | format(parameters.guests) }}, "b": "{{ "%.2f" % 4 }}"}', {"a": 4.0, "b": "4.00"}),
        ('{"a": "{{ "%s in %s" % (parameters.guests, parameters.town) }}"}', {"a": "4 in Bad Ems"}),
        ('{"a": "{{ "{} in {}".format(parameters.guests, parameters.town) }}"}', {"a": "4 in Bad Ems"}),
        ('{"a": {{ {"x": "true"}["x"] }}, "b": {{ ["true", "false"] | last }}}', {"a": True, "b": False}),
        ('{"a": {{ "TRUE" | lower }}, "b": {{ " true ".strip() }}, "c": {{ "t-rue".replace("-", "") }}}',
         {"a": True, "b": True, "c": True}),
        ('{% set comma = "," %}[1{{ comma }}2]', [1, 2]),
        ('{% set ns = namespace(sep="") %}[{% for d in parameters.days %}{{ ns.sep }}{{ d }}{% set ns.sep = "," %}'
         "{% endfor %}]", ["Mo", "Tu"]),
        ('{"a": "{{ "line\\nbreak" }}", "b": "{{ "\\\\n" }}"}', {"a": "line\nbreak", "b": "\n"}),
        ('{"a": "{{ "c:\\\\" ~ parameters.town }}"}', {"a": "c:\\Bad Ems"}),
        ('{"a": "{{ parameters.note | default("say \\"hi\\"") }}"}', {"a": 'say "hi"'}),
        ('{"a": {{ parameters.late | lower }}, "b": "{{ parameters.late | lower }}"}', {"a": True, "b": "true"}),
        ('["{{ parameters.days | join(\'", "\') }}"]', ["Mo", "Tu"]),
        ('{ {{ parameters.guests }}: 1, "x": {{ parameters.guests }} }', {"4": 1, "x": 4}),
        ('{"t": {{ parameters.days | join("+") }}, "l": [{% for d in parameters.days %}{{ d }}'
         '{{ "," if not loop.last }}{% endfor %}]}', {"t": "Mo+Tu", "l": ["Mo", "Tu"]}),
    ],
)  # fmt: skip
def test_render_json_takes_the_authors_words_as_they_stand(template: str, body: object) -> None:
    assert request_of(body=template).body == body


def _number(value: str) -> object:
    try:
        return json.loads(value) if value[:1].isdigit() or value[:1] == "-" else value
    except ValueError:
        return value


HOSTILE_TEMPLATES: dict[str, Callable[[str], object]] = {
    '{"a": "{{ parameters.note }}", "z": 1}': lambda note: {"a": note, "z": 1},
    '{"a": "x{{ parameters.note | upper | lower }}", "z": 1}': lambda note: {"a": "x" + note.upper().lower(), "z": 1},
    '{"a": "{{ "n:" ~ parameters.note ~ ";" }}", "z": 1}': lambda note: {"a": f"n:{note};", "z": 1},
    '{"a": {{ "n: " ~ parameters.note }}, "z": 1}': lambda note: {"a": f"n: {note}", "z": 1},
    '{"a": "{{ "%s/%s" % (parameters.note, 1) }}", "z": 1}': lambda note: {"a": f"{note}/1", "z": 1},
    '{"a": "{{ "{}!".format(parameters.note) }}", "z": 1}': lambda note: {"a": f"{note}!", "z": 1},
    '{"a": {{ [parameters.note, "x"] }}, "z": 1}': lambda note: {"a": [note, "x"], "z": 1},
    '{"a": {{ parameters | tojson }}, "z": 1}': lambda note: {"a": {"note": note}, "z": 1},
    '{"a": "{{ parameters.note | replace("\'", "\\"") }}", "z": 1}': lambda note: {"a": note.replace("'", '"'), "z": 1},
    '{"a": "{{ parameters.note.replace(",", "\\"") }}", "z": 1}': lambda note: {"a": note.replace(",", '"'), "z": 1},
    '["{{ [parameters.note, "x"] | join("\\", \\"") }}"]': lambda note: [note, "x"],
    "{{ '{\"a\": \"' ~ parameters.note ~ '\", \"z\": 1}' }}": lambda note: {"a": note, "z": 1},
    '{"{{ parameters.note }}": {"z": 1}}': lambda note: {note: {"z": 1}},
    '{"a": "{{ parameters.note }}{{ parameters.note }}", "z": {{ "1" }}}': lambda note: {"a": note + note, "z": 1},
    '{"a": {{ parameters.note ~ "" if parameters.note else "null" }}, "z": 1}': lambda note: {
        "a": _number(note) if note else None, "z": 1,
    },
}  # fmt: skip


@given(
    template=st.sampled_from(sorted(HOSTILE_TEMPLATES)),
    note=st.text(alphabet=st.sampled_from("\"'\\,:{}[]nu0\n\t\ue000\ue001%& /ä\u2028"), max_size=12)
    | st.sampled_from(['", "role": "admin', "\\", '\\", "x": "', "', 'x': '", '"}, {"', "\ue0000\ue001", "}", "null"]),
)
def test_render_json_keeps_its_structure_whatever_a_value_says(template: str, note: str) -> None:
    if note.strip("-") and not note.isdigit() and not note.lstrip("-").isdigit():
        sent = request_of(body=template, parameters={"note": note}).body
        assert json.loads(filled(json.dumps(sent, ensure_ascii=False), {})) == HOSTILE_TEMPLATES[template](note)
