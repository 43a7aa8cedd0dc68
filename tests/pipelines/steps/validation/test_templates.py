import time

import pytest

from pipelines.schemas.bot import BotFile
from pipelines.steps.validation.templates import check_templates
from pipelines.templates.unknown_names import LoggedShapes
from tests.support.bots import TINY_BOT, intent, parameter

TOOL = {"url": "{{ endpoints.shop }}/orders/{{ parameters.order_id }}", "requestType": "GET", "isJson": False}


def findings(*, response: str = "Done.", tool: dict[str, object] | None = None, **fields: object) -> list[str]:
    """Give the findings of a bot with one intent, as `severity place: explanation`."""
    more = {"apiTrigger": True, "apiDetails": TOOL | tool} if tool is not None else {}
    only = intent("buy", response, [], parameters=[parameter("order_id", "Which one?")], **more, **fields)
    bot = BotFile.model_validate({"intents": [only]})
    return [f"{found.severity} {found.row}: {found.explanation}" for found in check_templates(bot, endpoints=["shop"])]


def test_check_templates_of_a_sound_bot_finds_nothing() -> None:
    assert list(check_templates(TINY_BOT, endpoints=["shop"])) == []


@pytest.mark.parametrize(
    "response",
    [
        "{{ context.anything }} {{ parameters.order_id }} {{ parameters['order_id'] }} {{ result.whatever.it.is }}",
        "{% for row in result.rows %}{{ row.name }} {{ loop.index }}{% endfor %}",
        "{% set parameters = {'x': 1} %}{{ parameters.x }}",
        "no template, just a brace }",
    ],
)
def test_check_templates_knows_the_names_of_a_reply(response: str) -> None:
    assert findings(response=response) == []


@pytest.mark.parametrize(
    ("response", "finding"),
    [
        ("{{ nam }}", "warning buy.speechResponse: it uses 'nam', which does not exist: it will be left empty."),
        ("{{ parameters.order }}", "warning buy.speechResponse: it uses parameters.order, which nobody declares"),
        ("{{ parameters['order'] }}", "warning buy.speechResponse: it uses parameters.order, which nobody declares"),
        ("{{ secrets.KEY }}", "warning buy.speechResponse: it uses 'secrets', which does not exist"),
        ("{{ endpoints.shop }}", "warning buy.speechResponse: it uses 'endpoints', which does not exist"),
        ("{{ unclosed", "error buy.speechResponse: it is not a valid template"),
        (
            "{% include '/etc/passwd' %}",
            "error buy.speechResponse: it is not a valid template: Include is not available",
        ),
        ("{{ " + "(" * 3000, "error buy.speechResponse: it is not a valid template"),
    ],
)
def test_check_templates_names_what_is_wrong_in_a_reply(response: str, finding: str) -> None:
    (found,) = findings(response=response)
    assert found.startswith(finding)


def test_check_templates_looks_at_every_text_that_is_said() -> None:
    asked = {**parameter("size", "{{ a }}"), "invalidPrompt": "{{ b }}"}
    only = intent("buy", "", [], parameters=[asked], speechResponses=["{{ c }}", "{{ d }}"])
    only |= {"confirmPrompt": "{{ e }}", "resumePrompt": "{{ prompt }} {{ f }}"}
    found = list(check_templates(BotFile.model_validate({"intents": [only]}), endpoints=[]))
    assert [finding.row for finding in found] == [
        *("buy.speechResponses[1]", "buy.speechResponses[2]", "buy.confirmPrompt", "buy.resumePrompt"),
        *("buy.size.prompt", "buy.size.invalidPrompt"),
    ]


@pytest.mark.parametrize(
    ("tool", "finding"),
    [
        (
            {"url": "{{ endpoints.nope }}/x"},
            "warning buy.apiDetails.url: it uses endpoints.nope, which nobody declares",
        ),
        ({"url": "http://a/{{ parameters.x }}"}, "error buy.apiDetails.url: it uses parameters.x, which nobody"),
        (
            {"url": "http://a/{{ result.x }}"},
            "error buy.apiDetails.url: it uses 'result', which does not exist: no req",
        ),
        (
            {"url": "{{ endpoints.shop }}/{{ secrets.shopKey }}"},
            "error buy.apiDetails.url: 'shopKey' cannot be the name",
        ),
        (
            {"url": "http://a/{{ secrets.KEY }}"},
            "warning buy.apiDetails.url: its request holds a secret, which is sent",
        ),
        ({"isJson": True, "jsonData": "{{ nope }}"}, "error buy.apiDetails.jsonData: it uses 'nope'"),
    ],
)
def test_check_templates_names_what_is_wrong_in_a_request(tool: dict[str, object], finding: str) -> None:
    (found,) = findings(tool=tool)
    assert found.startswith(finding)


def test_check_templates_leaves_a_tool_alone_that_is_never_called() -> None:
    only = intent("buy", "", [], apiTrigger=False, apiDetails={"url": "{{ nope }}"})
    assert list(check_templates(BotFile.model_validate({"intents": [only]}), endpoints=["shop"])) == []


def test_check_templates_knows_no_endpoints_where_none_are_declared() -> None:
    only = intent("buy", "", [], apiTrigger=True, apiDetails={"url": "{{ endpoints.nope }}/x"})
    assert list(check_templates(BotFile.model_validate({"intents": [only]}), endpoints=[])) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "Bearer abcdef123456"),
        ("Authorization", "Basic dXNlcjpwYXNzd29yZA=="),
        ("X-Api-Key", "9f8b7c6d5e4f3a2b"),
        ("X-Anything", "sk_live_abcdefgh1234"),
        ("X-Anything", "ghp_0123456789abcdefABCD"),
        ("X-Anything", "AKIAIOSFODNN7EXAMPLE"),
        ("X-Anything", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc"),
        ("Cookie", "session=0123456789abcdef"),
    ],
)
def test_check_templates_refuses_a_key_without_repeating_it(name: str, value: str) -> None:
    (found,) = findings(tool={"headers": [{"headerKey": name, "headerValue": value}]})
    assert found.startswith(f"error buy.apiDetails.headers.{name}: its {name!r} seems to hold a key")
    assert value not in found


@pytest.mark.parametrize(
    ("severity", "place", "tool"),
    [
        ("error", "url", {"url": "{{ endpoints.shop }}/x?api_key=9f8b7c6d5e4f3a2b"}),
        ("error", "url", {"url": "https://bot:9f8b7c6d5e4f3a2b@shop.example/x"}),
        ("error", "jsonData", {"isJson": True, "jsonData": '{"api_key": "9f8b7c6d5e4f3a2b"}'}),
        ("error", "jsonData", {"isJson": True, "jsonData": '{"note": "sk_live_abcdefgh1234"}'}),
        ("warning", "jsonData", {"isJson": True, "jsonData": '{"sort_key": "customer_lastname"}'}),
        ("warning", "jsonData", {"isJson": True, "jsonData": '{"plan": "basic subscription"}'}),
        ("error", "jsonData", {"jsonData": '{"api_key": "9f8b7c6d5e4f3a2b"}'}),
        ("error", "client_secret", {"client_secret": "9f8b7c6d5e4f3a2b"}),
        ("warning", "url", {"url": "{{ endpoints.shop }}/x?api_key=pin1"}),
        ("warning", "headers.X-Key-Kind", {"headers": [{"headerKey": "X-Key-Kind", "headerValue": "publishable-one"}]}),
    ],
)
def test_check_templates_finds_keys_in_every_part_of_a_request(
    severity: str, place: str, tool: dict[str, object]
) -> None:
    found = [each for each in findings(tool=tool) if "seems to hold a key" in each]
    assert [each.partition(":")[0] for each in found] == [f"{severity} buy.apiDetails.{place}"]


def test_check_templates_finds_a_key_in_a_tool_that_is_switched_off() -> None:
    headers = [{"headerKey": "X-Api-Key", "headerValue": "9f8b7c6d5e4f3a2b"}]
    only = intent("buy", "", [], apiTrigger=False, apiDetails={"url": "https://shop.example", "headers": headers})
    found = check_templates(BotFile.model_validate({"intents": [only]}), endpoints=["shop"])
    assert [(each.severity, each.check) for each in found] == [("error", "secret_is_a_reference")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "Bearer {{ secrets.SHOP_KEY }}"),
        ("X-Api-Key", "{{ secrets.SHOP_KEY }}"),
        ("Accept", "application/json"),
        ("X-Customer", "{{ context.customer_id | default('anonymous-customer') }}"),
        ("Accept-Language", "en-GB,en;q=0.9"),
    ],
)
def test_check_templates_takes_no_other_header_for_a_key(name: str, value: str) -> None:
    assert findings(tool={"headers": [{"headerKey": name, "headerValue": value}]}) == []


@pytest.mark.parametrize(
    ("mapping", "finding"),
    [
        ({"result": "data."}, "responseMapping.result: the expression is not a JMESPath expression"),
        ({"context": {"last": "a b"}}, "responseMapping.context.last: the expression is not a JMESPath expression"),
        ({"result": "join(',', a)"}, "responseMapping.result: the expression uses 'join', which is not one of"),
        ({"result": "length(a, b)"}, "responseMapping.result: the expression gives 2 argument(s) to 'length', which"),
        ({"result": "[&a]"}, "responseMapping.result: the expression has an & in the wrong place"),
        ({"result": ""}, "responseMapping.result: the expression is not a JMESPath expression"),
        ({"result": "(" * 400 + "a" + ")" * 90}, "responseMapping.result: the expression is n"),
        ({"result": "a" * 501}, "responseMapping.result: the expression is longer than 500 characters"),
    ],
)
def test_check_templates_refuses_a_mapping(mapping: dict[str, object], finding: str) -> None:
    (found,) = findings(tool={"responseMapping": mapping})
    assert found.startswith(f"error buy.apiDetails.{finding}")


def test_check_templates_takes_a_mapping() -> None:
    mapping = {"result": "data.order", "context": {"last": "data.order.id", "n": "length(data.items[?price > `5`])"}}
    assert findings(tool={"responseMapping": mapping}) == []


def test_check_templates_knows_the_name_that_only_cancel_may_use() -> None:
    both = [intent(name, "{{ cancelled }}", []) for name in ("cancel", "buy")]
    found = list(check_templates(BotFile.model_validate({"intents": both}), endpoints=[]))
    assert [finding.row for finding in found] == ["buy.speechResponse"]


def findings_beside(logged: LoggedShapes, response: str, *, mapping: str | None = None) -> list[str]:
    tool = TOOL | ({"responseMapping": {"result": mapping}} if mapping else {})
    fields = {"apiTrigger": True, "apiDetails": tool, "parameters": [parameter("order_id", "Which one?")]}
    bot = BotFile.model_validate({"intents": [intent("buy", response, [], **fields)]})
    found = check_templates(bot, endpoints=["shop"], logged=logged)
    return [f"{one.severity} {one.row}: {one.explanation} {one.repair}" for one in found]


def logged_answers(n: int) -> LoggedShapes:
    logged = LoggedShapes()
    for _ in range(n):
        logged.add(context={"username": "Ada"}, intent_id="buy", answers=[{"message": "Hi", "order": {"total": 3}}])
    return logged


@pytest.mark.parametrize(
    ("response", "finding"),
    [
        (
            "{{ result.mesage }}",
            "warning buy.speechResponse: it uses result.mesage, which none of the 12 newest answers of its tool has. "
            "write result.message.",
        ),
        (
            "Hi {% if result.found %}{{ result.total }}{% endif %}",
            "warning buy.speechResponse: it uses result.total, which none of the 12 newest answers of its tool has. "
            "write result.order.total.",
        ),
        ("Hi {{ context.usernme }}", "warning buy.speechResponse: it uses context.usernme"),
        ("Hi {{ result.refund }}", "note buy.speechResponse: it uses result.refund"),
    ],
)
def test_check_templates_names_what_no_logged_answer_has(response: str, finding: str) -> None:
    assert any(found.startswith(finding) for found in findings_beside(logged_answers(12), response))


@pytest.mark.parametrize("response", ["{{ result.message }}", "{{ result.order.total }}", "Hi {{ context.shop }}"])
def test_check_templates_passes_what_some_logged_answer_has(response: str) -> None:
    assert findings_beside(logged_answers(12), response) == []


def test_check_templates_needs_answers_to_compare_with_and_knows_the_names_of_a_mapping() -> None:
    assert findings_beside(LoggedShapes(), "{{ result.mesage }}") == []
    assert findings_beside(logged_answers(2), "{{ result.refund }}") == []
    assert findings_beside(logged_answers(12), "{{ result.mesage }}", mapping="order.{mesage: total}") == []


HOSTILE_TOOLS: dict[str, tuple[dict[str, object], str]] = {
    **{
        url: ({"url": url}, "error buy.apiDetails.url: line 1, column 1: an address starts with http://, https:// or")
        for url in (
            "file:///etc/passwd",
            "FILE:///x",
            "ftp://a/x",
            "gopher://a/",
            "data:text/plain,x",
            "//a/x",
            "jar:x",
        )
    },
    "user name": (
        {"url": "https://ann:pw@a/x"},
        "error buy.apiDetails.url: line 1, column 1: the host of an address must be",
    ),
    "line end": ({"url": "https://a/x\r\nHost: b"}, "error buy.apiDetails.url: it holds a line end"),
    "nul": ({"url": "https://a/\x00"}, "error buy.apiDetails.url: it holds a line end or another control character"),
    "line feed": ({"url": "https://a/\nx"}, "warning buy.apiDetails.url: it holds a line end"),
    "key in query": (
        {"url": "https://a/?api_key=sk_live_abcdefgh1234"},
        "error buy.apiDetails.url: its 'api_key' seems",
    ),
    "token in query": ({"url": "https://a/?a=b&token=9f8b7c6d5e4f"}, "error buy.apiDetails.url: its 'token' seems"),
}
for _name in ("X-A\r\nEvil", "X-A\n", "\x00", "X A", "X:A", "X-A ", "X-\u00e9", ""):
    _header = {"headerKey": _name, "headerValue": "v"}
    HOSTILE_TOOLS[f"name {_name!r}"] = (
        {"headers": [_header]},
        f"error buy.apiDetails.headers.{_name}: {_name!r} is not",
    )
for _value in ("v\r\nEvil: 1", "v\n", "\rv", "v\x00", "v\x1b[2J", "v\x85", "{{ 'a\\r\\nb' }}", "\u202ev"):
    _header = {"headerKey": "X-A", "headerValue": _value}
    HOSTILE_TOOLS[f"value {_value!r}"] = ({"headers": [_header]}, "error buy.apiDetails.headers.X-A: line 1, column ")
HOSTILE_TOOLS["long value"] = (
    {"headers": [{"headerKey": "X-A", "headerValue": "v" * 9000}]},
    "error buy.apiDetails.headers.X-A: the header 'X-A' may have at most 8000 characters",
)


@pytest.mark.parametrize("name", HOSTILE_TOOLS)
def test_check_templates_finds_a_hostile_tool(name: str) -> None:
    tool, finding = HOSTILE_TOOLS[name]
    found = findings(tool=tool)
    others = [one for one in found if not one.startswith(finding)]
    assert found != others
    assert all("'user name in the URL' seems to hold a key" in one for one in others)  # which it does besides


def test_check_templates_takes_a_url_over_several_lines() -> None:
    url = "https://a/x\n  {%- if parameters.order_id %}?size={{ parameters.order_id }}{% endif -%}\n"
    assert findings(tool={"url": url, "isJson": True}) == []


def test_check_templates_warns_of_what_is_planted_in_a_tool_that_is_switched_off() -> None:
    details = {"url": "file:///etc/passwd", "headers": [{"headerKey": "X\r\nEvil", "headerValue": "v"}]}
    only = intent("buy", "", [], apiTrigger=False, apiDetails=details)
    found = list(check_templates(BotFile.model_validate({"intents": [only]}), endpoints=[]))
    assert [(one.severity, one.explanation.partition(",")[0]) for one in found] == [
        ("warning", "its URL begins with file:"),
        ("warning", "it holds a line end or another control character; its tool is switched off now."),
    ]


@pytest.mark.parametrize(
    "template",
    [
        "{{ result.__class__ }}",
        "{{ result['__class__'] }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ [result] | map(attribute='__class__') | list }}",
        "{{ '{0.__class__}'.format(result) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{% include '/etc/passwd' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% macro a() %}{% endmacro %}",
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 10 ** 8 }}",
        "{{ '%999999999d' % 1 }}",
        "{% for a in 'x' %}{% for b in 'x' %}{% for c in 'x' %}x{% endfor %}{% endfor %}{% endfor %}",
        "{{ 1 }}" * 4000,
        "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
    ],
)
def test_check_templates_refuses_a_hostile_template_quickly(template: str) -> None:
    begin = time.process_time()
    found = findings(response=template)
    assert time.process_time() - begin < 2.0
    assert any(one.startswith("error buy.speechResponse: ") for one in found)


def test_check_templates_of_a_huge_template_takes_no_time() -> None:
    begin = time.process_time()
    assert len(findings(response="{{ 1 }}" * 300_000)) == 1
    assert time.process_time() - begin < 2.0
