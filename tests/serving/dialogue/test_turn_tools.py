"""Whole turns of a trained bot: what its tool receives over a socket, and what the customer reads afterwards."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from pipelines.registry.release import Release
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.tool import ToolSpec
from pipelines.settings import Settings
from serving.dialogue.phrases import PHRASES, SERVICE_UNAVAILABLE
from tests.fakes.tool_server import Behaviour, Received, ToolServer, answer, json_of, raw, tool_server
from tests.support.chat import Chat, open_chat

ANSWER = {"rows": [{"name": "Tent", "price": 12.5, "tags": None}, {"name": None, "price": None, "tags": ["x"]}]}


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        server.behaviours = [answer(json.dumps(ANSWER))]
        yield server


@pytest.fixture
async def chat(settings: Settings, mongo_uri: str, tiny_release: Release, tool: ToolServer, new_name: str) -> Any:
    more = {"mongo_uri": mongo_uri, "mongo_database": "intentloop_test", "endpoints": {"shop": tool.url}}
    async with open_chat(settings.model_copy(update=more), tiny_release, bot=new_name) as chat:
        yield chat


def set_tool(chat: Chat, *, response: str = "Ordered.", language: str = "en", **spec: Any) -> None:
    """Let orders call this tool; `note` is a parameter that need not have a value."""
    release = chat.releases.release_by_bot[chat.bot]
    details = ToolSpec.model_validate({"url": "{{ endpoints.shop }}/orders", "requestType": "POST", **spec})
    definition = release.definition
    intents = tuple(
        intent.model_copy(
            update={
                "api_trigger": True,
                "api_details": details,
                "speech_response": response,
                "parameters": (*intent.parameters, Parameter(name="note", type="email")),
            }
        )
        if intent.intent_id == "order_product"
        else intent
        for intent in definition.intents
    )
    changed = definition.model_copy(update={"intents": intents, "language": language})
    chat.releases.release_by_bot[chat.bot] = replace(release, definition=changed)


async def received(chat: Chat, tool: ToolServer, **spec: Any) -> Received:
    """Order two tents and give what the tool received."""
    set_tool(chat, **spec)
    assert await chat.say("buy two tents") == ["Ordered."]
    return tool.received[-1]


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("?p={{ parameters.product }}&note={{ parameters.note }}", "/orders?p=tent&quantity=2&product=tent"),
        ("?note={{ parameters.note }}&user={{ context.user }}", "/orders?product=tent&quantity=2"),
        ("{{ '/' ~ parameters.note if parameters.note }}?product=x&quantity=1", "/orders?product=x&quantity=1"),
        ("?product={{ parameters.product | urlencode }}{{ '&quantity=%d' % parameters.quantity }}",
         "/orders?product=tent&quantity=2"),
    ],
)  # fmt: skip
async def test_handle_turn_leaves_a_missing_value_out_of_the_url(
    chat: Chat, tool: ToolServer, query: str, target: str
) -> None:
    sent = await received(chat, tool, url="{{ endpoints.shop }}/orders" + query, isJson=False)
    path, _, pairs = sent.target.partition("?")
    assert (path, sorted(pairs.split("&"))) == (target.partition("?")[0], sorted(target.partition("?")[2].split("&")))


@pytest.mark.parametrize(
    ("template", "body"),
    [
        ('{"p": "{{ parameters.product }}", "note": "{{ parameters.note }}"}', {"p": "tent", "note": None}),
        ('{"note": {{ parameters.note }}, "user": {{ context.user }}}', {"note": None, "user": None}),
        ('{"p": "{{ parameters.product }}"{% if parameters.note %}, "n": 1{% endif %}}', {"p": "tent"}),
        ('{"n": "{{ parameters.note or \'\' }}", "d": "{{ parameters.note | default("x") }}"}', {"n": "", "d": "x"}),
        ('{"double": {{ parameters.quantity * 2 }}}', {"double": 4}),
        ('{"user": "{{ context["username"] }}"}', {"user": None}),
        ('{"big": {{ "true" if parameters.quantity > 1 else "false" }}}', {"big": True}),
        ('[{% for c in parameters.product[:2] %}"{{ c }}"{{ "," if not loop.last }}{% endfor %}]', ["t", "e"]),
    ],
)  # fmt: skip
async def test_handle_turn_calls_the_tool_without_a_missing_value(
    chat: Chat, tool: ToolServer, template: str, body: object
) -> None:
    assert json_of(await received(chat, tool, isJson=True, jsonData=template)) == body


async def test_handle_turn_leaves_out_a_header_without_a_value(chat: Chat, tool: ToolServer) -> None:
    headers = {
        "X-Note": "{{ parameters.note }}",
        "Authorization": "Bearer {{ context.token }}",
        "X-N": "n{{ context.n }}",
    }
    pairs = [{"headerKey": name, "headerValue": value} for name, value in headers.items()]
    sent = await received(chat, tool, headers=pairs, isJson=True, jsonData="{}")
    assert {"x-note", "authorization"}.isdisjoint(sent.headers)
    assert sent.headers["x-n"] == "n"


async def test_handle_turn_says_why_a_tool_is_not_called(
    chat: Chat, tool: ToolServer, caplog: pytest.LogCaptureFixture
) -> None:
    set_tool(chat, url="{{ endpoints.shop }}/orders/{{ parameters.note }}", isJson=True)
    assert await chat.say("buy two tents") == [SERVICE_UNAVAILABLE]
    assert tool.received == []
    assert "note has no value, and a part of a path cannot be left out" in caplog.text


@pytest.mark.parametrize(
    ("response", "replies"),
    [
        ("{{ result.rows[0].tags | join('/') }} (no tags)", ["(no tags)"]),
        ("{% for tag in result.rows[0].tags %}{{ tag }}{% endfor %}Ok", ["Ok"]),
        ("{{ '%.2f' % result.rows[0].price }} {{ result.rows[0].price | money }}", ["12.50 12,50\u00a0\u20ac"]),
        ("{% set ns = namespace(t=0) %}{% for r in result.rows[:1] %}{% set ns.t = ns.t + r.price %}{% endfor %}"
         "{{ ns.t }}", ["12.5"]),
        ("<{{ result.rows[1].name }}>", ["<>"]),
        ("{{ result.rows[0].name.lower().replace('e', 'a') }}, {{ '{:,.2f}'.format(1234.5) }}", ["tant, 1,234.50"]),
        ("Danke! ### {{ 1 / 0 }} ### Bis bald!", ["Danke!", PHRASES["de"].done_but, "Bis bald!"]),
        ("{{ result.rows[0].price > 'x' }}", [PHRASES["de"].done_but]),
    ],
)  # fmt: skip
async def test_handle_turn_keeps_the_reply_after_the_tool_has_acted(
    chat: Chat, tool: ToolServer, response: str, replies: list[str]
) -> None:
    set_tool(chat, response=response, language="de", isJson=True)
    assert await chat.say("buy two tents") == replies
    assert len(tool.received) == 1


@pytest.mark.parametrize(
    ("method", "behaviour", "reply"),
    [
        ("POST", answer("{broken"), PHRASES["en"].done_but),
        ("PUT", answer("[" * 500), PHRASES["en"].done_but),
        ("POST", answer('{"n": 1}', more="Content-Encoding: gzip\r\n"), PHRASES["en"].done_but),
        ("DELETE", answer("x" * 300_000), PHRASES["en"].done_but),
        ("GET", answer("{broken"), SERVICE_UNAVAILABLE),
        ("POST", answer("{broken", status="500 Oops"), SERVICE_UNAVAILABLE),
        ("POST", answer("{}", status="404 Not Found"), SERVICE_UNAVAILABLE),
        ("POST", answer("", status="302 Found", more="Location: /x\r\n"), SERVICE_UNAVAILABLE),
    ],
)
async def test_handle_turn_of_an_unusable_answer_says_whether_it_is_done(
    chat: Chat, tool: ToolServer, method: str, behaviour: Behaviour, reply: str
) -> None:
    tool.behaviours = [behaviour]
    set_tool(chat, requestType=method, isJson=True, responseMapping={"result": "rows"})
    assert await chat.say("buy two tents") == [reply]


async def test_handle_turn_tells_the_operator_which_reply_failed(
    chat: Chat, tool: ToolServer, caplog: pytest.LogCaptureFixture
) -> None:
    set_tool(
        chat, response="Fine.\n{{ result.rows[0].name | money }} {{ parameters.product.format(1) % 2 }}", isJson=True
    )
    assert await chat.say("buy two tents") == [PHRASES["en"].done_but]
    assert f"bot {chat.bot} release 1 thread " in caplog.text
    assert "response of 'order_product': line 2: ValueError while rendering" in caplog.text
    assert "Tent" not in caplog.text


NOTHING = {
    "null": answer("null"),
    "204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "empty": answer(""),
    "text": answer("all good", kind="text/plain"),
    "page": answer("<html>Sign in</html>", kind="text/html"),
    "number": answer("7"),
}


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize(
    ("method", "response", "reply"),
    [
        ("GET", "", PHRASES["de"].nothing_found),
        ("GET", "{{ result.message }}", PHRASES["de"].nothing_found),
        ("GET", "It is {{ result.order.status }}.", PHRASES["de"].nothing_found),
        ("GET", "It is {{ result['status'] | upper }}.", PHRASES["de"].nothing_found),
        (
            "GET",
            "{% if result.status %}It is {{ result.status }}.{% else %}No such order.{% endif %}",
            "No such order.",
        ),
        ("GET", "Hello {{ context.name }}!", "Hello !"),
        ("POST", "", PHRASES["de"].done),
        ("POST", "{{ result.message }}", PHRASES["de"].done_but),
        ("PUT", "Your number is {{ result.number }}.", PHRASES["de"].done_but),
        ("POST", "Ordered.", "Ordered."),
    ],
)
async def test_handle_turn_of_an_answer_without_fields_makes_no_answer_of_it(
    chat: Chat, tool: ToolServer, name: str, method: str, response: str, reply: str
) -> None:
    tool.behaviours = [NOTHING[name]]
    set_tool(chat, requestType=method, response=response, language="de", isJson=True)
    assert await chat.say("buy two tents") == [reply]


async def test_handle_turn_shows_an_answer_in_plain_text_that_the_reply_prints(chat: Chat, tool: ToolServer) -> None:
    tool.behaviours = [answer("all good", kind="text/plain")]
    set_tool(chat, requestType="GET", response="It says: {{ result }}", isJson=True)
    assert await chat.say("buy two tents") == ["It says: all good"]
