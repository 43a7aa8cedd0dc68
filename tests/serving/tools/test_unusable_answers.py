"""What an author who tries a tool sees of an answer that cannot be used."""

import asyncio

import pytest

from pipelines.errors import ToolFailed
from pipelines.templates.references import CLOSE, OPEN
from pipelines.templates.request import ToolRequest
from serving.tools.client import ToolClient
from serving.tools.guard import GuardedBackend, allowed_origins
from serving.tools.secrets import Secrets
from tests.fakes.tool_server import Behaviour, answer, raw, tool_server


async def no_wait(_: float) -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("behaviour", "shown"),
    [
        (answer('{"detail": "size s3cret is unknown"}', status="422 No"), '{"detail": "size *** is unknown"}'),
        (answer("x" * 9000, status="500 Oops"), "x" * 1999 + "…"),
        (answer("s3cret" * 4000, status="400 No"), "***" * 666 + "*…"),
        (answer("<p>later</p>", status="503 Busy"), "<p>later</p>"),
        (answer("{no json"), "{no json"),
        (raw(b"HTTP/1.1 422 No\r\nContent-Length: 100\r\n\r\nsize"), "size"),
    ],
)
async def test_call_keeps_the_beginning_of_an_unusable_answer_for_who_asks(behaviour: Behaviour, shown: str) -> None:
    async with tool_server() as tool:
        tool.behaviours = [behaviour] * 6
        backend = GuardedBackend(allowed=allowed_origins([], [tool.url]))
        secrets = Secrets({"INTENTLOOP_SECRET_KEY": "s3cret"})
        header = ("X-Key", f"{OPEN}secret:KEY{CLOSE}")
        sent = ToolRequest(intent_id="buy", method="GET", url=tool.url, key="k1", headers=(header,))
        async with ToolClient(
            backend, timeout_seconds=5, max_response_bytes=100_000, secrets=secrets, sleep=no_wait
        ) as client:
            with pytest.raises(ToolFailed) as asked:
                await client.call(sent, keeps_answer=True)
            with pytest.raises(ToolFailed) as live:
                await client.call(sent)
    assert (asked.value.answer, live.value.answer) == (shown, "")
    assert str(asked.value) == str(live.value)
    assert shown not in str(asked.value)
