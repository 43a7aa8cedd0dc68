"""What needs no queue; `test_worker` has the rest, over HTTP."""

import asyncio
import threading
from typing import Any

from serving.channels.sqs import SqsQueue


class HangingClient:
    """Answers nothing until it may."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()

    def send_message_batch(self, **_: Any) -> dict[str, Any]:
        self.may_answer.wait(20)
        return {}


async def test_a_queue_that_hangs_leaves_the_common_threads_alone() -> None:
    client = HangingClient()
    queue = SqsQueue(client, "http://127.0.0.1:1/1/q")
    putting = [asyncio.create_task(queue.put([f"t{number}"])) for number in range(64)]
    try:
        await asyncio.sleep(0.1)
        async with asyncio.timeout(2):
            assert await asyncio.to_thread(lambda: "read") == "read"
    finally:
        client.may_answer.set()
        await asyncio.gather(*putting)
