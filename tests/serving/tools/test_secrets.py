import asyncio
import json
import logging
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import boto3
import pytest

from pipelines.errors import SecretUnavailable, ToolFailed
from pipelines.schemas.tool import ToolSpec
from pipelines.templates.marks import RequestValues
from pipelines.templates.request import ToolRequest, render_request
from serving.tools.client import ToolClient
from serving.tools.guard import GuardedBackend, allowed_origins
from serving.tools.secrets import Secrets, SecretsManager
from tests.fakes.tool_server import Received, ToolServer, answer, tool_server
from tests.support.servers import free_port, start, stop

KEY = 's3cr3t/+"\\& vàlue'
PLAIN = "s3cr3t-plain-value"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Manager(SecretsManager):
    """Stands for Secrets Manager: scriptable, and it says how often and from which thread it was asked."""

    def __init__(self, **values: str) -> None:
        super().__init__("test/")
        self.values, self.asked, self.threads, self.is_down = values, list[str](), set[str](), False

    def read(self, name: str) -> str | None:
        self.asked.append(name)
        self.threads.add(threading.current_thread().name)
        if self.is_down:
            raise SecretUnavailable(name, "Secrets Manager cannot be reached (EndpointConnectionError)")
        return self.values.get(name)


async def test_value_of_the_environment_comes_first() -> None:
    manager = Manager(A="other", B="b")
    secrets = Secrets({"INTENTLOOP_SECRET_A": " a\n", "A": "x", "INTENTLOOP_SECRET_EMPTY": " "}, manager=manager)
    assert (await secrets.value("A"), await secrets.value("B")) == ("a", "b")
    assert manager.asked == ["B"]
    with pytest.raises(SecretUnavailable, match="'EMPTY'"):
        await secrets.value("EMPTY")


@pytest.mark.parametrize("name", ["NOPE", "nope", "../X", "", "A" * 64])
async def test_value_of_an_unknown_name_says_what_to_do(name: str) -> None:
    with pytest.raises(SecretUnavailable, match="it is not set; set INTENTLOOP_SECRET_"):
        await Secrets({}, manager=Manager()).value(name)


@pytest.mark.parametrize(
    ("text", "value"),
    [("secret:A", "a"), (" secret:A ", "a"), ("x secret:A", "x secret:A"), ("", "")],
)
async def test_resolve_gives_a_value_for_a_whole_reference_only(text: str, value: str) -> None:
    assert await Secrets({"INTENTLOOP_SECRET_A": "a"}).resolve(text) == value


@pytest.mark.parametrize("text", ["secret:a", "secret:A B", "secret: A", "secret:", "secret:B"])
async def test_resolve_takes_no_misspelt_reference_for_a_secret(text: str) -> None:
    with pytest.raises(SecretUnavailable):
        await Secrets({"INTENTLOOP_SECRET_A": "a"}).resolve(text)


async def test_value_is_kept_for_a_while_and_asked_for_once() -> None:
    manager, clock = Manager(A="1"), Clock()
    secrets = Secrets({}, manager=manager, ttl_seconds=60, clock=clock)
    assert set(await asyncio.gather(*(secrets.value("A") for _ in range(50)))) == {"1"}
    assert len(manager.asked) == 1
    assert threading.current_thread().name not in manager.threads
    manager.values["A"], clock.now = "2", 59.0
    assert await secrets.value("A") == "1"
    clock.now = 61.0
    assert await secrets.value("A") == "2"


async def test_value_that_is_not_there_is_not_asked_for_at_every_message() -> None:
    manager, clock = Manager(), Clock()
    secrets = Secrets({}, manager=manager, clock=clock)
    for _ in range(5):
        with pytest.raises(SecretUnavailable):
            await secrets.value("A")
    assert len(manager.asked) == 1
    manager.values["A"], clock.now = "1", 11.0
    assert await secrets.value("A") == "1"


async def test_value_outlives_an_outage(caplog: pytest.LogCaptureFixture) -> None:
    manager, clock = Manager(A="s3cr3t"), Clock()
    secrets = Secrets({}, manager=manager, ttl_seconds=60, clock=clock)
    await secrets.value("A")
    manager.is_down, clock.now = True, 61.0
    assert await secrets.value("A") == "s3cr3t"
    with pytest.raises(SecretUnavailable, match="cannot be reached"):
        await secrets.value("B")
    assert "s3cr3t" not in caplog.text + repr(secrets)


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@pytest.fixture
async def client(tool: ToolServer) -> AsyncIterator[ToolClient]:
    secrets = Secrets({"INTENTLOOP_SECRET_KEY": KEY, "INTENTLOOP_SECRET_PLAIN": PLAIN})
    backend = GuardedBackend(allowed=allowed_origins([], [tool.url]))
    async with ToolClient(backend, timeout_seconds=5, max_response_bytes=10_000, secrets=secrets) as client:
        yield client


def request_of(tool: ToolServer, **fields: object) -> ToolRequest:
    spec = ToolSpec.model_validate({"url": "{{ endpoints.shop }}/x", "isJson": True, **fields})
    values = RequestValues(parameters={"v": "\ue000secret:PLAIN\ue001"}, context={}, endpoints={"shop": tool.url})
    return render_request(spec, values, intent_id="buy", key="k")


async def test_call_sends_a_secret_wherever_a_template_names_it(client: ToolClient, tool: ToolServer) -> None:
    request = request_of(
        tool,
        url="{{ endpoints.shop }}/bot{{ secrets.KEY }}/send?key={{ secrets.KEY }}&v={{ parameters.v }}",
        requestType="POST",
        headers=[{"headerKey": "Authorization", "headerValue": "Bearer {{ secrets.PLAIN }}"}],
        jsonData='{"a": "x {{ secrets.KEY }} y", "b": {{ secrets.KEY }}, "c": "{{ parameters.v }}"}',
    )
    await client.call(request)
    received = tool.received[0]
    encoded = "s3cr3t%2F%2B%22%5C%26%20v%C3%A0lue"
    assert received.target == f"/bot{encoded}/send?key={encoded}&v=%EE%80%80secret%3APLAIN%EE%80%81"
    assert received.headers["authorization"] == f"Bearer {PLAIN}"
    assert json.loads(received.body) == {"a": f"x {KEY} y", "b": KEY, "c": "\ue000secret:PLAIN\ue001"}


async def test_call_writes_no_secret_into_requests_logs_or_failures(
    client: ToolClient, tool: ToolServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request = request_of(
        tool,
        url="{{ endpoints.shop }}/x?key={{ secrets.PLAIN }}",
        headers=[{"headerKey": "Authorization", "headerValue": "Bearer {{ secrets.PLAIN }}"}],
        jsonData='{"key": "{{ secrets.PLAIN }}"}',
    )
    await client.call(request)
    tool.behaviours = [answer(PLAIN, status="401 Unauthorized")]
    with pytest.raises(ToolFailed) as failure:
        await client.call(request)
    assert PLAIN in tool.received[0].target  # it did go out
    assert PLAIN not in request.model_dump_json() + caplog.text + repr(failure.value)
    assert "key=***" in caplog.text  # the HTTP client's own log line


async def test_call_takes_a_secret_out_of_the_answer_that_echoes_it(client: ToolClient, tool: ToolServer) -> None:
    async def echo(received: Received, writer: asyncio.StreamWriter) -> None:
        text = json.dumps({"target": received.target, "headers": received.headers, "body": received.body.decode()})
        await answer(text)(received, writer)

    tool.behaviours = [echo]
    request = request_of(
        tool,
        url="{{ endpoints.shop }}/x?key={{ secrets.KEY }}",
        requestType="POST",
        headers=[{"headerKey": "X-Key", "headerValue": "{{ secrets.PLAIN }}"}],
        jsonData='{"key": "{{ secrets.PLAIN }}"}',
    )
    result = (await client.call(request)).result
    assert isinstance(result, dict)
    assert (result["target"], result["headers"]["x-key"]) == ("/x?key=***", "***")  # type: ignore[index,call-overload]
    assert "s3cr3t" not in json.dumps(result)


async def test_call_sends_a_secret_to_no_host_that_only_the_author_names(client: ToolClient, tool: ToolServer) -> None:
    async with tool_server() as other:
        request = request_of(tool, url=f"{other.url}/x?key={{{{ secrets.PLAIN }}}}")
        with pytest.raises(ToolFailed, match="only to a host that the operator has configured"):
            await client.call(request)
        assert other.connections == 0


async def test_call_with_an_unknown_secret_fails_by_name_and_blames_no_host(
    client: ToolClient, tool: ToolServer
) -> None:
    for _ in range(10):
        with pytest.raises(ToolFailed, match="the secret 'NOPE' is not available: it is not set"):
            await client.call(request_of(tool, url="{{ endpoints.shop }}/{{ secrets.NOPE }}"))
    assert tool.connections == 0
    assert (await client.call(request_of(tool))).result == {"status": "shipped"}


async def test_call_refuses_a_secret_that_no_header_can_hold(client: ToolClient, tool: ToolServer) -> None:
    request = request_of(tool, headers=[{"headerKey": "X-Key", "headerValue": "{{ secrets.KEY }}"}])
    with pytest.raises(ToolFailed, match="printable ASCII") as failure:
        await client.call(request)
    assert "s3cr3t" not in str(failure.value)


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run a server that speaks the protocol of AWS; gives the options of its clients."""
    port, folder = free_port(), tmp_path_factory.mktemp("moto")
    server = str(Path(sys.executable).parent / "moto_server")
    process = start([server, "-H", "127.0.0.1", "-p", str(port)], port=port, folder=folder)
    try:
        yield {
            "endpoint_url": f"http://127.0.0.1:{port}",
            "region_name": "eu-west-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
    finally:
        stop(process)


@pytest.mark.integration
async def test_secrets_manager_over_http(aws: dict[str, str]) -> None:
    client = boto3.session.Session().client("secretsmanager", **aws)  # type: ignore[call-overload]
    client.create_secret(Name="intentloop/test/SHOP_KEY", SecretString="from-aws\n")
    client.create_secret(Name="intentloop/test/BINARY_KEY", SecretBinary=b"x")
    clock = Clock()
    secrets = Secrets({}, manager=SecretsManager("intentloop/test/", **aws), ttl_seconds=60, clock=clock)
    assert await secrets.value("SHOP_KEY") == "from-aws"
    for name in ("NOPE", "BINARY_KEY"):
        with pytest.raises(SecretUnavailable, match="it is not set"):
            await secrets.value(name)
    client.put_secret_value(SecretId="intentloop/test/SHOP_KEY", SecretString="rotated")
    assert await secrets.value("SHOP_KEY") == "from-aws"
    clock.now = 61.0
    assert await secrets.value("SHOP_KEY") == "rotated"


@pytest.mark.integration
async def test_secrets_manager_that_is_down_or_refuses(aws: dict[str, str]) -> None:
    down = SecretsManager("x/", **{**aws, "endpoint_url": f"http://127.0.0.1:{free_port()}"})
    with pytest.raises(SecretUnavailable, match="cannot be reached"):
        await Secrets({}, manager=down).value("A")
