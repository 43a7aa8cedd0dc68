import pymongo

from pipelines.settings import Settings
from serving.local.scratch import scratch_database
from serving.processes.child import is_listening


def test_scratch_database_is_there_and_gone_afterwards(settings: Settings) -> None:
    with scratch_database(settings) as placed:
        with pymongo.MongoClient(placed.resolved_mongo_uri) as client:
            assert client["x"].command("ping")["ok"] == 1
        assert placed.home == settings.home
    assert not is_listening("127.0.0.1", placed.mongo_port)
