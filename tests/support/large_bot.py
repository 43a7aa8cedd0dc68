"""A bot of 500 intents and 50,000 examples, 5,000 of them in one, 300 entities and as many findings as are kept."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.work.tasks import Task, Tasks, new_task_id

N_INTENTS, N_EXAMPLES, N_OF_LARGEST, N_ENTITIES, N_FINDINGS = 500, 50_000, 5_000, 300, 2_000
LARGEST = "intent_7"


def _examples(intent: int) -> list[dict[str, Any]]:
    rest = (N_EXAMPLES - N_OF_LARGEST) // (N_INTENTS - 1)
    texts = (f"please tell me about thing {intent} in town {n}" for n in range(N_OF_LARGEST if intent == 7 else rest))
    return [
        {"text": text, "entities": [{"value": text[begin:], "begin": begin, "end": len(text), "name": "kind_0"}]}
        for text in texts
        for begin in [text.index("town")]
    ]


def _wire() -> dict[str, Any]:
    values = [{"value": f"value {n}", "synonyms": [f"word {n}"]} for n in range(50)]
    return {
        "intents": [
            {"name": f"Intent {n}", "intentId": f"intent_{n}", "trainingData": _examples(n)} for n in range(N_INTENTS)
        ],
        "entities": [{"name": f"kind_{n}", "entity_values": values} for n in range(N_ENTITIES)],
    }


def _finding(number: int) -> dict[str, Any]:
    return {
        "id": f"{number:016x}", "check": "text_is_not_repeated", "title": "repeated examples", "severity": "warning",
        "row": f"{LARGEST}, example {number + 1}", "explanation": f"the example is there twice, as number {number}.",
        "repair": "delete one of them.", "intent_id": LARGEST, "position": number + 1,
        "text": f"please tell me about thing 7 in town {number}", "start": None, "end": None, "edit": None,
    }  # fmt: skip


def make_large_bot(bot: str, *, mongo_uri: str) -> None:
    """Put the bot and its findings into a platform's database, whose server has not read it yet."""

    async def make() -> None:
        now = datetime.now(UTC)
        report = {
            "read_at": now.isoformat(), "draft_token": None, "n_examples": N_EXAMPLES, "n_left_out": 0,
            "counts": {"error": 0, "warning": N_FINDINGS, "note": 0}, "n_repairable": 0,
            "findings": [_finding(number) for number in range(N_FINDINGS)],
        }  # fmt: skip
        task = Task(
            id=new_task_id(now), bot=bot, kind="validate", request={}, state="done", by="a test", created_at=now,
            started_at=now, ended_at=now, expires_at=now + timedelta(days=1), result=report,
        )  # fmt: skip
        with closing(Database(mongo_uri, name="intentloop", timeout_seconds=60.0)) as database:
            await import_bot(database, _wire(), bot=bot, source="large.json")
            await Tasks(database).add(task)

    with ThreadPoolExecutor(1) as pool:  # the caller's thread may run a browser's loop
        pool.submit(asyncio.run, make()).result()
