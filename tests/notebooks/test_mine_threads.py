"""The mining notebook as it lies in the repository, on a tiny release and made-up customers."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.schemas.examples import Example
from serving.store.drafts.bots import import_bot
from serving.store.client import Database
from pipelines.schemas.keys import mining_key
from serving.store.work.leases import Leases
from tests.support.bots import TINY_BOT_WIRE
from tests.support.notebooks import count_tables, kinds_of, run_notebook
from tests.support.records import now

TEXTS = ("hi there you", "where is it", "is my thing coming", "buy me a kite", "forget about it", "what a day")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_notebook_ranks_texts_and_stores_nothing(tiny_release_folder: Path, tmp_path: Path) -> None:
    rows = tmp_path / "said.jsonl"
    examples = [Example(id=str(number), text=text, intent="track_order") for number, text in enumerate(TEXTS)]
    rows.write_text("".join(row.model_dump_json() + "\n" for row in examples), encoding="utf-8")
    parameters = {"release": str(tiny_release_folder), "source": str(rows), "home": str(tmp_path / "home")}
    outputs = run_notebook("40_mine_threads.ipynb", tmp_path / "executed.ipynb", **parameters)
    assert kinds_of(outputs).count("image/png") == 2
    assert count_tables(outputs) == 1
    assert "nothing was stored" in "".join(text for output in outputs for text in output.get("text", ()))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
async def test_notebook_stores_while_nobody_else_does(
    database: Database, mongo_uri: str, new_name: str, tiny_release_folder: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await import_bot(database, TINY_BOT_WIRE, bot=new_name, source="test")
    monkeypatch.setenv("INTENTLOOP_MONGO_URI", mongo_uri)
    monkeypatch.setenv("INTENTLOOP_MONGO_DATABASE", "intentloop_test")
    parameters = {"release": str(tiny_release_folder), "source": "mongo", "home": str(tmp_path / "home")}
    executed = tmp_path / "executed.ipynb"
    outputs = await asyncio.to_thread(
        run_notebook, "40_mine_threads.ipynb", executed, bot=new_name, store=True, **parameters
    )
    assert "Stored(added=0, refreshed=0)" in "".join(text for output in outputs for text in output.get("text", ()))
    lease = await Leases(database, ttl=timedelta(seconds=60)).find(mining_key(new_name))
    assert lease is not None
    assert (lease.number, lease.until <= now()) == (1, True)
