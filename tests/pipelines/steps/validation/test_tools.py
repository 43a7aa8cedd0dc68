from typing import Any

import pytest

from pipelines.schemas.bot import BotFile
from pipelines.steps.validation.templates import check_templates
from tests.support.bots import TINY_BOT, intent, parameter

PARAMETERS = [
    parameter("town", "Where?", type="free_text"),
    parameter("guests", "How many?", type="integer"),
    parameter("late", "Late?", type="boolean"),
    parameter("note", "", type="free_text", required=False),
    parameter("until", "", type="date", required=False),
    {**parameter("room", "", type="room", required=False), "choices": ["single", 'the "big" one']},
]


def findings(**tool: Any) -> list[str]:
    """Give the findings of one tool, as `severity field: explanation > repair`."""
    details = {"url": "https://a.example/x", "requestType": "POST", "isJson": True, "jsonData": "{}", **tool}
    only = intent("book", "Booked.", [], parameters=PARAMETERS, apiTrigger=True, apiDetails=details)
    found = check_templates(BotFile.model_validate({"intents": [only]}), endpoints=["shop"])
    return [
        f"{each.severity} {each.row.removeprefix('book.apiDetails.')}: {each.explanation} > {each.repair}"
        for each in found
    ]


@pytest.mark.parametrize(
    ("template", "finding"),
    [
        ("{'town': '{{ parameters.town }}'}",
         "line 1, column 2: it does not give valid JSON: a text stands in single quotes; the tool can never be "
         "called. > write double quotes."),
        ('{"town": "{{ parameters.town }}",}', "line 1, column 33: it does not give valid JSON: a comma stands"),
        ('{\n "town": "{{ parameters.town }}",\n "n": [1, 2,]\n}',
         "line 3, column 12: it does not give valid JSON: a comma stands before ]"),
        ('{"town": "{{ parameters.town }}"', "it does not give valid JSON: it ends before it is complete"),
        ('{"town": "{{ parameters.town }}}', "line 1, column 10: it does not give valid JSON: a text is not closed"),
        ('{"a": {{ parameters.guests }} "b": 1}', "a comma is missing"),
        ('{"a": {{ parameters.town }} x}', "a comma is missing"),
        ('{town: "{{ parameters.town }}"}', "line 1, column 2: it does not give valid JSON: a name in double quotes"),
        ('{"late": True}', "line 1, column 10: it does not give valid JSON: True is not JSON"),
        ('{"a": NaN}', "it does not give valid JSON: NaN is not JSON"),
        ('{"a" 1}', "a name has no colon behind it"),
        ('{"a": "{{ parameters.town }}"; }', "line 1, column 30: it does not give valid JSON: ';' has no"),
        ('{"a": 1 // one\n}', "'/' has no meaning in JSON"),
        ('{"a": }', "a value is missing"),
        ('{"a": 1} {"b": 2}', "line 1, column 10: it does not give valid JSON: something follows the end"),
        ('{"a": "one\ntwo"}', "a text goes over the end of a line"),
        ('{"a": "c:\\temp\\{{ parameters.town }}"}', "a backslash stands before a value"),
        ("", "jsonData does not give valid JSON: it is empty"),
        ("{{ parameters.town.street }}", "has no attribute 'street'"),
    ],
)  # fmt: skip
def test_check_templates_refuses_a_body_that_is_no_json(template: str, finding: str) -> None:
    (found,) = findings(jsonData=template)
    assert found.startswith("error jsonData: ")
    assert finding in found


@pytest.mark.parametrize(
    ("template", "finding"),
    [
        ("", "the address is empty"),
        ("   ", "the address is empty"),
        ("api.example/x", "line 1, column 1: an address starts with http://, https:// or an endpoint"),
        ("//api.example/x", "an address starts with http://, https:// or an endpoint"),
        ("ftp://api.example/x", "an address starts with http://, https:// or an endpoint"),
        ("https://{{ parameters.town }}.example/x", "line 1, column 9: the host of an address must be fixed"),
        ("{{ 'https://' ~ parameters.town }}/x", "line 1, column 1: the host of an address must be fixed"),
        ("{{ context.base }}/x", "line 1, column 1: the host of an address must be fixed"),
        ("{{ parameters.town }}", "line 1, column 1: the host of an address must be fixed"),
        ("https://a.example:{{ parameters.guests }}/x", "line 1, column 19: the host of an address must be fixed"),
        ("https://a.example:99999/x", "an address has no such host or port"),
        ("{{ endpoints.shop }}x", "after its host or endpoint an address must continue with / or ?"),
    ],
)
def test_check_templates_refuses_a_url_that_can_never_be_called(template: str, finding: str) -> None:
    (found,) = findings(url=template)
    assert found.startswith("error url: ")
    assert finding in found
    assert "the tool can never be called. > " in found


def test_check_templates_refuses_a_user_name_in_a_url_and_names_it_as_a_secret() -> None:
    secret, found = findings(url="https://ann:pw@a.example/x")
    assert secret.startswith("warning url: its 'user name in the URL' seems to hold a key")
    assert found.startswith("error url: ")
    assert "the host of an address must be fixed; it may contain no value, user name" in found


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        ("Content Type", "x", "'Content Type' is not a header that a tool may set: it consists of letters and -"),
        ("X:Y", "x", "'X:Y' is not a header that a tool may set"),
        ("", "x", "'' is not a header that a tool may set"),
        ("Host", "a.example", "'Host' is not a header that a tool may set: the client sets it itself"),
        ("X-Town", "Z\u00fcrich", "line 1, column 2: the header 'X-Town' may contain printable ASCII characters only"),
        ("X-Town", "a\nb", "line 1, column 2: the header 'X-Town' may contain printable ASCII characters only"),
        ("X-Town", "{{ '\u00e9' ~ parameters.guests }}", "line 1, column 5: the header 'X-Town' may contain"),
    ],
)
def test_check_templates_refuses_a_header_that_can_never_be_sent(name: str, value: str, finding: str) -> None:
    (found,) = findings(headers=[{"headerKey": name, "headerValue": value}])
    assert found.startswith(f"error headers.{name}: {finding}")


@pytest.mark.parametrize(
    ("tool", "finding"),
    [
        ({"url": "https://a.example/{{ parameters.note }}"},
         "warning url: line 1, column 33: note has no value, and a part of a path cannot be left out; "
         "without a value for note the tool is not called. > give it a default"),
        ({"url": "https://a.example/{{ context.user }}/x"}, "warning url: line 1, column 30: user has no value"),
        ({"jsonData": '{"{{ parameters.note }}": 1}'}, "warning jsonData: the name of a value in jsonData has no"),
        ({"jsonData": '{"a": {% if parameters.late %}1{% endif %}}'},
         "warning jsonData: line 1, column 43: it does not give valid JSON: a value is missing; with late = False"),
        ({"jsonData": '{"a": {% if parameters.town == "Ems" %}x{% else %}1{% endif %}}'},
         "warning jsonData: line 1, column 40: it does not give valid JSON: a value is missing; with town = 'Ems'"),
        ({"jsonData": '{"a": 1{% if parameters.note %}, "n": 1{% endif %}{{ "," if not parameters.late }}}'},
         "warning jsonData: "),
        ({"headers": [{"headerKey": "X-Town", "headerValue": "{{ parameters.town }}"}]},
         "warning headers.X-Town: line 1, column 1: the header 'X-Town' may contain printable ASCII characters only; "
         "with quotes, line breaks and other signs the tool is not called. > write {{ value | urlencode }}"),
    ],
)  # fmt: skip
def test_check_templates_warns_of_a_request_that_cannot_always_be_sent(tool: dict[str, Any], finding: str) -> None:
    (found,) = findings(**tool)
    assert found.startswith(finding)


@pytest.mark.parametrize(
    "tool",
    [
        {"url": "{{ endpoints.shop }}/x?n={{ parameters.note }}&u={{ context.user }}"},
        {"url": "https://a.example/{{ parameters.note or 'all' }}?t={{ parameters.town | urlencode }}"},
        {"url": "https://a.example/x{{ '/' ~ parameters.note if parameters.note }}"},
        {"url": "https://a.example/{{ parameters.town }}/{{ parameters.guests }}"},
        {"jsonData": '{"t": "{{ parameters.town }}", "n": {{ parameters.note }}, "u": "{{ parameters.until }}"}'},
        {"jsonData": '{"t": "{{ parameters.town }}"{% if parameters.note %}, "n": "{{ parameters.note }}"{% endif %}}'},
        {"jsonData": '{"l": {{ "true" if parameters.late else "false" }}, "r": "{{ parameters.room }}"}'},
        {"jsonData": '[{% for w in parameters.town.split() %}{{ w }}{{ "," if not loop.last }}{% endfor %}]'},
        {"jsonData": '{"n": {{ parameters.guests * 2 }}, "c": {{ context.cart.total + 1 }}}'},
        {"jsonData": '{"d": {{ context | tojson }}, "p": {{ parameters | tojson }}}'},
        {"jsonData": '{"c": [{% for line in context.cart %}{{ line.id }}{{ "," if not loop.last }}{% endfor %}]}'},
        {"jsonData": "{% if parameters.late %}{}{% else %}[]{% endif %}"},
        {"isJson": False, "jsonData": "{'not': 'looked at'}"},
        {"headers": [{"headerKey": "Accept", "headerValue": "application/json"}]},
        {"headers": [{"headerKey": "X-Town", "headerValue": "{{ parameters.town | urlencode }}"}]},
        {"headers": [{"headerKey": "X-Note", "headerValue": "{{ parameters.until }}"}]},
    ],
)  # fmt: skip
def test_check_templates_finds_nothing_in_a_tool_that_can_always_be_called(tool: dict[str, Any]) -> None:
    assert findings(**tool) == []


def test_check_templates_reports_each_part_of_a_tool() -> None:
    found = findings(url="a.example", headers=[{"headerKey": "X Y", "headerValue": "x"}], jsonData="{")
    assert [each.partition(":")[0] for each in found] == ["error url", "error jsonData", "error headers.X Y"]


def test_check_templates_reports_an_unknown_name_once_and_refuses_it() -> None:
    (found,) = findings(jsonData='{"n": "{{ parameters.nots }}"}')
    assert found.startswith("error jsonData: it uses parameters.nots, which nobody declares")
    (found,) = findings(jsonData='{"n": "{{ parameters.get("nots") }}"}')
    assert found.startswith("warning jsonData: it uses parameters.nots, which nobody declares")


@pytest.mark.parametrize(
    ("response", "finding"),
    [
        ("{{ 1 / 0 }}", "error book.speechResponse: line 1: ZeroDivisionError while rendering; it can never be said."),
        ("a\n{{ '%r' % result.n }}", "error book.speechResponse: line 2: a format has conversions such as"),
        ("{{ '%.2f' % parameters.town }}", "error book.speechResponse: line 1: ValueError while rendering"),
        ("{{ result.name.zfill(3) }}", "warning book.speechResponse: it calls .zfill(), which is not available"),
        ("{{ 'a'.center(3) }}", "warning book.speechResponse: it calls .center(), which is not available"),
        ("{{ none }}", "warning book.speechResponse: it is empty with every sample value"),
        ("{% set x = 1 %}", "warning book.speechResponse: it is empty with every sample value"),
        ("{{ [result][1].name }}", "warning book.speechResponse: it is empty with every sample value"),
        ("{{ 5 / (result | length) }}", "warning book.speechResponse: line 1: ZeroDivisionError while rendering "
         "if the tool's answer is null; the customer is told that it is done"),
        ("{{ '%.2f' % (parameters.note or 'x') }}", "error book.speechResponse: line 1: ValueError while rendering"),
        ("{{ 10 / (parameters.until | length) }}",
         "warning book.speechResponse: line 1: ZeroDivisionError while rendering without a value for until"),
    ],
)  # fmt: skip
def test_check_templates_names_a_reply_that_fails_or_stays_empty(response: str, finding: str) -> None:
    details = {"url": "https://a.example/x", "requestType": "POST", "isJson": True, "jsonData": "{}"}
    only = intent("book", response, [], parameters=PARAMETERS, apiTrigger=True, apiDetails=details)
    (found,) = check_templates(BotFile.model_validate({"intents": [only]}), endpoints=[])
    assert f"{found.severity} {found.row}: {found.explanation}".startswith(finding)


@pytest.mark.parametrize(
    "response",
    [
        "{{ result.name }}",
        "{{ result }}",
        "{% for row in result.rows %}{{ row.name }}: {{ row.price | money }}{{ ', ' if not loop.last }}{% endfor %}",
        "{% for key, value in result.items() %}{{ key }}={{ value }}{% endfor %}",
        "{{ '%.2f' % result.price }} {{ '{:,.2f}'.format(result.price) }} {{ result.price | round(2) }}",
        "{% set ns = namespace(t=0) %}{% for row in result %}{% set ns.t = ns.t + row.n %}{% endfor %}{{ ns.t }}",
        "{% if result.ok %}Yes{% endif %}",
        "{% if result.status == 'ok' %}Fine{% elif result.status == 'bad' %}Bad{% endif %}",
        "{{ {'a': 'x', 'b': 'y'}[result.kind] }}",
        "{{ result.items | length }} {% for item in result.items %}{{ item.name }}{% endfor %}",
        "{{ result.rows | selectattr('n', 'gt', 5) | map(attribute='name') | join(', ') }}",
        "{{ (result.rows | sort(attribute='n', reverse=true) | first).name }}",
        "{{ result.total / 2 }} {{ result.name.lower().replace('a', 'b') }} {{ result.rows[0].name }}",
        "{{ result.rows | sum(attribute='n') }} {{ result.rows | max(attribute='n') }}",
        "{% if parameters.note %}{{ parameters.note }}{% endif %}",
        "{{ context.name | default('friend') }} {{ context.list | length }}",
        "{{ parameters.guests }} {{ '%d' % parameters.guests }}",
    ],
)
def test_check_templates_finds_nothing_in_a_reply_that_copes(response: str) -> None:
    details = {"url": "https://a.example/x", "requestType": "POST", "isJson": True, "jsonData": "{}"}
    only = intent("book", response, [], parameters=PARAMETERS, apiTrigger=True, apiDetails=details)
    assert [str(found) for found in check_templates(BotFile.model_validate({"intents": [only]}), endpoints=[])] == []


def test_check_templates_of_a_list_parameter_renders_a_list() -> None:
    days = {**parameter("days", "Which?", type="weekday"), "many": True}
    body = '{"days": [{% for day in parameters.days %}{{ day }}{{ "," if not loop.last }}{% endfor %}]}'
    details = {"url": "https://a.example/x", "requestType": "POST", "isJson": True, "jsonData": body}
    only = intent("book", "{{ parameters.days | join(', ') }}", [], parameters=[days], apiTrigger=True)
    only |= {"apiDetails": details}
    entity = {"name": "weekday", "entity_values": [{"value": "Monday"}]}
    assert list(check_templates(BotFile.model_validate({"intents": [only], "entities": [entity]}), endpoints=[])) == []


def test_check_templates_of_the_bots_that_ship_finds_nothing() -> None:
    assert list(check_templates(TINY_BOT, endpoints=[])) == []
