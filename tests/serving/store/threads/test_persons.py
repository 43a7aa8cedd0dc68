from pipelines.schemas.keys import COLLECTIONS
from serving.store.threads.persons import IMPERSONAL, PERSONAL


def test_whoever_adds_a_collection_decides_whether_it_is_exported_and_erased() -> None:
    assert set(PERSONAL) & set(IMPERSONAL) == set()
    assert {*PERSONAL, *IMPERSONAL} == COLLECTIONS
