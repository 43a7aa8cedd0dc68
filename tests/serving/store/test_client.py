import asyncio
import time

import pytest

from pipelines.errors import SetupProblem, StoreUnavailable
from pipelines.settings import Settings
from serving.store.client import Database
from tests.support.servers import free_port


async def test_ping_of_a_database_that_is_not_there_says_so_soon() -> None:
    database = Database(f"mongodb://127.0.0.1:{free_port()}", name="x", timeout_seconds=0.3)
    started = time.monotonic()
    with pytest.raises(StoreUnavailable, match="INTENTLOOP_MONGO_URI"):
        await database.ping()
    assert time.monotonic() - started < 2
    database.close()


async def test_call_waits_no_longer_than_its_limit_even_in_a_crowd() -> None:
    database = Database(f"mongodb://127.0.0.1:{free_port()}", name="x", timeout_seconds=0.3)
    started = time.monotonic()
    outcomes = await asyncio.gather(*(database.ping() for _ in range(100)), return_exceptions=True)
    assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    assert time.monotonic() - started < 3
    database.close()


@pytest.mark.parametrize("uri", ["mongodb://u:pa55@h:port/", "mongodb://u:pa/55@h/", "http://u:pa55@h", "mongodb://"])
async def test_an_address_that_is_none_is_said_without_its_password(uri: str) -> None:
    with pytest.raises(SetupProblem, match="INTENTLOOP_MONGO_URI is not a database address") as raised:
        Database(uri, name="x", timeout_seconds=1)
    assert "55" not in str(raised.value)


async def test_a_name_that_no_database_can_have_is_said() -> None:
    with pytest.raises(SetupProblem, match="correct INTENTLOOP_MONGO_DATABASE"):
        Database("mongodb://127.0.0.1:1", name="a b", timeout_seconds=1)


async def test_from_settings_is_as_patient_as_they_say_unless_a_task_needs_longer(settings: Settings) -> None:
    usual, patient = Database.from_settings(settings), Database.from_settings(settings, timeout_seconds=60)
    assert (usual.timeout_seconds, patient.timeout_seconds) == (settings.mongo_timeout_seconds, 60)
    assert usual.collection("x").database.name == settings.mongo_database
    usual.close()
    patient.close()


async def test_what_an_address_says_of_retries_and_secondaries_is_overruled() -> None:
    options = "retryWrites=true&readPreference=secondaryPreferred&w=1&journal=false&replicaSet=rs0"
    database = Database(f"mongodb://127.0.0.1:{free_port()}/?{options}", name="x", timeout_seconds=0.3)
    options_used = database._client.options
    assert (options_used.retry_writes, options_used.read_preference.name) == (False, "Primary")
    assert database.collection("turns").write_concern.document == {"w": "majority", "j": True}
    assert options_used.replica_set_name == "rs0"
    database.close()
