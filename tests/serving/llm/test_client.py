import asyncio
import gzip
import logging
import time
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from pipelines.errors import LlmUnavailable, SetupProblem
from serving.llm.brief import Brief
from serving.llm.client import MAX_TRIES, LlmClient
from serving.llm.completion import Completion
from tests.fakes.llm_server import chooses, fails, question_of, refuses, says
from tests.fakes.tool_server import Behaviour, ToolServer, answer, date_in, flood, hang_up
from tests.support.servers import free_port

GREET = chooses("greet", confidence=0.9)
TEXT = "hello there"


@pytest.fixture
async def client(llm: ToolServer) -> AsyncIterator[LlmClient]:
    async with client_of(llm) as client:
        yield client


def client_of(llm: ToolServer) -> LlmClient:
    return LlmClient(f"{llm.url}/v1", api_key=SecretStr("sk-ours"), timeout_seconds=2.0, retry_seconds=0.01)


async def ask(client: LlmClient, brief: Brief, *, seconds: float = 2.0) -> Completion:
    return await client.complete(brief, TEXT, give_up_at=asyncio.get_running_loop().time() + seconds)


async def test_complete_sends_model_prompt_and_schema(client: LlmClient, llm: ToolServer, brief: Brief) -> None:
    llm.behaviours = [GREET]
    completion = await ask(client, brief)
    assert completion.content == '{"intent": "greet", "entities": []}'
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (210, 14)
    request = llm.received[0]
    assert (request.method, request.target) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == "Bearer sk-ours"
    question = question_of(request)
    assert question["response_format"]["json_schema"]["strict"] is True
    assert question["response_format"]["json_schema"]["schema"] == brief.schema
    assert question["messages"] == brief.messages(TEXT)
    wanted = {"model": "small", "max_tokens": 400, "temperature": 0.0, "logprobs": True}
    assert {name: question[name] for name in wanted} == wanted


@pytest.mark.parametrize("status", ["400 Bad Request", "422 Unprocessable Entity"])
@pytest.mark.parametrize(
    ("parameters", "tries", "kept"),
    [
        (("json_schema",), 2, {"response_format", "logprobs", "max_tokens", "temperature"}),
        (("response_format",), 3, {"logprobs", "max_tokens", "temperature"}),
        (("logprobs",), 2, {"response_format", "max_tokens", "temperature"}),
        (("max_tokens", "temperature"), 3, {"response_format", "logprobs", "max_completion_tokens"}),
        (("logprobs", "response_format", "temperature"), 5, {"max_tokens"}),
    ],
)
async def test_complete_leaves_out_what_is_refused_and_remembers_it(
    client: LlmClient,
    llm: ToolServer,
    brief: Brief,
    parameters: tuple[str, ...],
    tries: int,
    kept: set[str],
    status: str,
) -> None:
    llm.behaviours = [refuses(*parameters, then=GREET, status=status)]
    assert (await ask(client, brief)).content
    assert len(llm.received) == tries
    assert set(question_of(llm.received[-1])) - {"model", "messages"} == kept
    await ask(client, brief)
    assert len(llm.received) == tries + 1


async def test_complete_remembers_each_model_for_itself(client: LlmClient, llm: ToolServer, brief: Brief) -> None:
    other = Brief(**(vars(brief) | {"config": brief.config.model_copy(update={"model": "large"})}))
    llm.behaviours = [refuses("logprobs", then=GREET)]
    for asked in (brief, other, brief, other):
        await ask(client, asked)
    assert [question_of(request)["model"] for request in llm.received] == ["small"] * 2 + ["large"] * 2 + [
        "small",
        "large",
    ]


async def test_complete_of_a_question_that_is_refused_for_other_reasons_forgets_nothing(
    client: LlmClient, llm: ToolServer, brief: Brief
) -> None:
    llm.behaviours = [fails("400 Bad Request", message="schema, logprobs: policy")] * 4 + [GREET]
    with pytest.raises(LlmUnavailable, match=r"refused the question \(status 400\)"):
        await ask(client, brief)
    await ask(client, brief)
    assert "logprobs" in question_of(llm.received[-1])


@pytest.mark.parametrize(
    ("behaviour", "reason", "tries"),
    [
        (fails("401 Unauthorized"), "check OPENAI_API_KEY", 1),
        (fails("403 Forbidden"), "check OPENAI_API_KEY", 1),
        (fails("404 Not Found"), "INTENTLOOP_LLM_BASE_URL", 1),
        (fails("400 Bad Request"), "status 400", 1),
        (fails("302 Found", retry_after="0\r\nLocation: http://169.254.169.254/"), "status 302", 1),
        (fails("418 Teapot"), "status 418", 1),
        (fails("429 Busy"), "status 429", MAX_TRIES),
        (fails("500 Oops"), "status 500", MAX_TRIES),
        (fails("503 Busy"), "status 503", MAX_TRIES),
        (hang_up, "cannot be reached", MAX_TRIES),
        (answer("<html>sk-secret</html>", kind="text/html"), "not a chat completion", 1),
        (answer("", kind="application/json"), "not a chat completion", 1),
        (answer('{"choices": []}'), "not a chat completion", 1),
        (answer('{"choices": [{"message": {"content": 3}}]}'), "not a chat completion", 1),
        (answer("[" * 100_000), "not a chat completion", 1),
        (answer(b"\xff\xfe"), "not a chat completion", 1),
        (answer('data: {"choices": []}\n\n', kind="text/event-stream"), "not a chat completion", 1),
        (flood, "larger than", 1),
        (answer(gzip.compress(b" " * 10_000_000), more="Content-Encoding: gzip\r\n"), "compressed", 1),
    ],
    ids=[
        *("401", "403", "404", "400", "redirect", "418", "429", "500", "503", "hang_up", "html", "empty", "no_choice"),
        *("no_text", "deep", "bytes", "stream", "flood", "bomb"),
    ],
)
async def test_complete_of_a_bad_endpoint_fails_with_a_reason(
    client: LlmClient, llm: ToolServer, brief: Brief, behaviour: Behaviour, reason: str, tries: int
) -> None:
    llm.behaviours = [behaviour]
    with pytest.raises(LlmUnavailable, match=reason) as failure:
        await ask(client, brief)
    assert len(llm.received) == tries
    assert "sk-" not in str(failure.value)
    llm.behaviours = [GREET]
    assert (await ask(client, brief)).content


async def test_complete_of_an_endpoint_that_is_not_there_says_so(brief: Brief) -> None:
    async with LlmClient(
        f"http://127.0.0.1:{free_port()}/v1", api_key=None, timeout_seconds=1.0, retry_seconds=0.01
    ) as client:
        with pytest.raises(LlmUnavailable, match="cannot be reached"):
            await ask(client, brief)


async def test_complete_takes_the_answer_of_a_later_try(client: LlmClient, llm: ToolServer, brief: Brief) -> None:
    llm.behaviours = [fails("503 Busy"), hang_up, GREET]
    assert (await ask(client, brief)).content


@pytest.mark.parametrize("as_date", [False, True])
async def test_complete_waits_as_long_as_it_is_asked_to(
    client: LlmClient, llm: ToolServer, brief: Brief, *, as_date: bool
) -> None:
    llm.behaviours = [fails("429 Busy", retry_after=date_in(2.0) if as_date else "0.5"), GREET]
    started = time.monotonic()
    await ask(client, brief, seconds=20.0)
    assert time.monotonic() - started >= 0.5


@pytest.mark.parametrize("retry_after", ["30", "inf", "Fri, 31 Dec 2100 23:59:59 GMT"])
async def test_complete_does_not_wait_beyond_its_limit(
    client: LlmClient, llm: ToolServer, brief: Brief, retry_after: str
) -> None:
    llm.behaviours = [fails("429 Busy", retry_after=retry_after)]
    started = time.monotonic()
    with pytest.raises(LlmUnavailable, match="too late"):
        await ask(client, brief, seconds=20.0)
    assert time.monotonic() - started < 10
    assert len(llm.received) == 1


@pytest.mark.parametrize("retry_after", ["soon", "", "-3", "nan"])
async def test_complete_ignores_a_wait_that_means_nothing(
    client: LlmClient, llm: ToolServer, brief: Brief, retry_after: str
) -> None:
    llm.behaviours = [fails("429 Busy", retry_after=retry_after), GREET]
    assert (await ask(client, brief)).content


async def test_complete_reads_an_answer_without_usage(client: LlmClient, llm: ToolServer, brief: Brief) -> None:
    llm.behaviours = [says("{}", usage=None)]
    assert (await ask(client, brief)).usage.prompt_tokens == 0


async def test_complete_ignores_a_proxy_for_a_server_of_this_machine(
    llm: ToolServer, brief: Brief, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    llm.behaviours = [GREET]
    async with client_of(llm) as client:
        assert (await ask(client, brief)).content


@pytest.mark.parametrize("key", [None, "", " sk-ours\n"])
async def test_client_works_with_and_without_a_key(
    llm: ToolServer, brief: Brief, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-this-one")
    llm.behaviours = [GREET]
    async with LlmClient(
        f"{llm.url}/v1", api_key=None if key is None else SecretStr(key), timeout_seconds=1.0
    ) as client:
        await ask(client, brief)
    assert llm.received[0].headers["authorization"] == ("Bearer sk-ours" if key else "Bearer none")


@pytest.mark.parametrize("key", ["sk-\nours", "sk-\u00fc", "sk-\x00"])
def test_client_refuses_a_key_that_cannot_be_one(key: str) -> None:
    with pytest.raises(SetupProblem, match="copy it again") as problem:
        LlmClient("http://127.0.0.1:1/v1", api_key=SecretStr(key), timeout_seconds=1.0)
    assert key not in str(problem.value)


async def test_nothing_private_is_logged(
    client: LlmClient, llm: ToolServer, brief: Brief, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="openai")
    caplog.set_level(logging.DEBUG, logger="serving")
    llm.behaviours = [fails("401 Unauthorized"), refuses("logprobs", then=GREET)]
    with pytest.raises(LlmUnavailable):
        await ask(client, brief)
    await ask(client, brief)
    assert "sk-" not in caplog.text
    assert TEXT not in caplog.text
