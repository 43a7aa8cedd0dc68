"""Every hostile address, template and value of the data files, through the real renderer and the real client."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, unquote

import pytest
from jinja2 import TemplateError
from pydantic import JsonValue

from pipelines.errors import ToolFailed
from pipelines.schemas.tool import ToolSpec
from pipelines.templates.marks import RequestValues
from pipelines.templates.request import ToolRequest, render_request
from pipelines.templates.sandbox import REPLY_ENVIRONMENT, render
from serving.tools.client import ToolClient
from serving.tools.guard import GuardedBackend, SystemResolver, allowed_origins
from tests.fakes.tool_server import ToolServer, answer, tool_server

HERE = Path(__file__).parent
QUICK_SECONDS = 1.5
"""No template may take longer, however the machine is loaded; most take a thousandth of it."""


def rows_of(name: str) -> list[list[str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def objects_of(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


ADDRESSES = rows_of("hostile_addresses.tsv")
URLS = rows_of("hostile_urls.tsv")
TEMPLATES = objects_of("hostile_templates.jsonl")
VALUES = objects_of("hostile_values.jsonl")
CONTEXT: dict[str, JsonValue] = {"host": "evil.example"}
PARAMETERS: dict[str, JsonValue] = {
    "v": "evil.example",
    "none": None,
    "empty": "",
    "dot": ".",
    "dots": "..",
    "crlf": "a\r\nX-Evil: 1",
    "lf": "a\nb",
    "null": "a\x00",
    "accent": "é",
    "mark": "\ue000secret:KEY\ue001",
    "list": list(range(5000)),
}
ENDPOINTS = {"shop": "http://shop.example/v1", "bare": "http://shop.example", "user": "http://user:pass@shop.example"}
ANSWER = {"number": 1, "mixed": [1, "a"], "words": ["a"], "huge": "1e999", "many": list(range(20_000)), "a": {}}


def templates_at(*places: str) -> list[dict[str, str]]:
    return [row for row in TEMPLATES if row["where"] in places]


def request_of(*, parameters: dict[str, JsonValue] = PARAMETERS, **fields: object) -> ToolRequest:
    spec = ToolSpec.model_validate({"url": "http://shop.example/", "isJson": True, "jsonData": "{}", **fields})
    values = RequestValues(parameters=parameters, context=CONTEXT, endpoints=ENDPOINTS)
    return render_request(spec, values, intent_id="buy", key="k")


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def client(tool: ToolServer) -> AsyncIterator[ToolClient]:
    backend = GuardedBackend(allowed=allowed_origins([], [tool.url]))
    async with ToolClient(backend, timeout_seconds=5, max_response_bytes=1_000_000) as client:
        yield client


def test_the_data_files_hold_more_than_a_hundred_of_each_and_a_reason_for_every_one() -> None:
    for rows, least in ((ADDRESSES, 100), (URLS, 100), (TEMPLATES, 200), (VALUES, 50)):
        keys = {json.dumps(row if isinstance(row, list) else {**row, "why": ""}) for row in rows}
        assert len(keys) == len(rows) >= least
        assert all((row[-1] if isinstance(row, list) else row["why"]).strip() for row in rows)


async def failure_of(client: ToolClient, **fields: object) -> str:
    """Give the reason why a call failed, empty if it did not."""
    try:
        await client.call(request_of(**fields))
    except ToolFailed as failure:
        return failure.reason
    return ""


async def test_call_of_a_name_with_a_hostile_address_is_refused() -> None:
    address = ""

    async def name_server(_host: str, _port: int) -> list[str]:
        return [address]

    backend = GuardedBackend(allowed=frozenset(), resolver=name_server)
    async with ToolClient(backend, timeout_seconds=5, max_response_bytes=1000) as client:
        reasons = {}
        for address, _why in ADDRESSES:
            reasons[address] = await failure_of(client, url="https://public.example/")
    assert {address: text for address, text in reasons.items() if "INTENTLOOP_TOOL_ALLOWED_HOSTS" not in text} == {}


async def test_call_of_a_hostile_url_is_refused_without_a_connection(tool: ToolServer) -> None:
    system, answers = SystemResolver(), ""

    async def name_server(host: str, port: int) -> list[str]:
        return await system(host, port) if answers == "-" else [found for found in answers.split(",") if found]

    backend = GuardedBackend(allowed=allowed_origins(["neighbour.example"], []), resolver=name_server)
    async with ToolClient(backend, timeout_seconds=5, max_response_bytes=1000) as client:
        reasons = {}
        for row in URLS:
            url, answers = json.loads(row[0]).replace("PORT", str(tool.port)), row[1]
            reasons[url] = await failure_of(client, url=url)
    expected = ("TOOL_ALLOWED_HOSTS", "malformed", "URL", "an address", "not known")
    assert {url: text for url, text in reasons.items() if not any(word in text for word in expected)} == {}
    assert tool.connections == 0


@pytest.mark.parametrize("row", templates_at("reply"), ids=lambda row: row["why"])
def test_render_of_a_hostile_reply_is_refused_or_blank(row: dict[str, str]) -> None:
    values = {
        "context": {"a": 1},
        "parameters": {"a": "b"},
        "result": {"x": "y", "l": list(range(5000))},
        "_seed": "s",
    }
    before, started = json.dumps(values), time.monotonic()
    try:
        rendered = render(REPLY_ENVIRONMENT, row["template"], values)
    except TemplateError:
        rendered = ""
    assert rendered.strip() in ("", "['']", "[]", "[Undefined]", "0", "False")
    assert time.monotonic() - started < QUICK_SECONDS
    assert json.dumps(values) == before


@pytest.mark.parametrize("row", templates_at("reply"), ids=lambda row: row["why"])
def test_render_request_refuses_a_hostile_reply_too(row: dict[str, str]) -> None:
    started = time.monotonic()
    for fields in ({"url": "http://shop.example/" + row["template"]}, {"jsonData": row["template"]}):
        with pytest.raises(ToolFailed):
            request_of(**fields)
    assert time.monotonic() - started < 2 * QUICK_SECONDS


@pytest.mark.parametrize("row", templates_at("url", "header", "body"), ids=lambda row: row["why"])
def test_render_request_refuses_a_hostile_request(row: dict[str, str]) -> None:
    fields = {
        "url": {"url": row["template"]},
        "header": {"headers": [{"headerKey": "X-A", "headerValue": row["template"]}]},
        "body": {"jsonData": row["template"]},
    }[row["where"]]
    started = time.monotonic()
    with pytest.raises(ToolFailed):
        request_of(**fields)
    assert time.monotonic() - started < QUICK_SECONDS


async def test_call_refuses_a_hostile_mapping_in_time(client: ToolClient, tool: ToolServer) -> None:
    tool.behaviours = [answer(json.dumps(ANSWER))]
    for row in templates_at("mapping"):
        started = time.monotonic()
        for mapping in ({"result": row["template"]}, {"context": {"x": row["template"]}}):
            reason = await failure_of(client, url=f"{tool.url}/", responseMapping=mapping)
            assert "responseMapping" in reason or "JSON cannot write" in reason, row
        assert time.monotonic() - started < 2 * QUICK_SECONDS, row


async def test_call_changes_nothing_but_the_value(client: ToolClient, tool: ToolServer) -> None:
    for value in (row["value"] for row in VALUES):
        request = request_of(
            url=f"{tool.url}/a/{{{{ parameters.v }}}}/b?q={{{{ parameters.v }}}}&fixed=1",
            jsonData='{"in": "a {{ parameters.v }} b", "one": "{{ parameters.v }}", "all": {{ parameters | tojson }}}',
            parameters={"v": value},
            requestType="POST",
        )
        await client.call(request)
        received = tool.received[-1]
        path, _, query = received.target.partition("?")
        assert [unquote(segment) for segment in path.split("/")] == ["", "a", value, "b"]
        assert parse_qsl(query, keep_blank_values=True, strict_parsing=True) == [("q", value), ("fixed", "1")]
        assert json.loads(received.body) == {"in": f"a {value} b", "one": value, "all": {"v": value}}
        assert "x-evil" not in received.headers


async def test_call_sends_a_value_as_one_header_or_not_at_all(client: ToolClient, tool: ToolServer) -> None:
    fields = {"url": f"{tool.url}/", "headers": [{"headerKey": "X-Value", "headerValue": "<{{ parameters.v }}>"}]}
    names = {"host", "accept", "connection", "user-agent", "accept-encoding", "x-value", "idempotency-key"}
    for value in (row["value"] for row in VALUES):
        reason = await failure_of(client, parameters={"v": value}, **fields)
        if value.isascii() and value.isprintable():
            assert (tool.received[-1].headers["x-value"], set(tool.received[-1].headers)) == (f"<{value}>", names)
        else:
            assert "printable ASCII" in reason
