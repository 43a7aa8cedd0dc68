import pytest

from pipelines.schemas.bot import BotFile
from pipelines.steps.validation.templates import check_templates
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
def test_check_templates_warns_of_a_key_without_repeating_it(name: str, value: str) -> None:
    (found,) = findings(tool={"headers": [{"headerKey": name, "headerValue": value}]})
    assert found.startswith(f"warning buy.apiDetails.headers.{name}: it seems to hold a key")
    assert value not in found


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
