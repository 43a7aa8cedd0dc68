import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.registry.release import load_release
from serving.release.heap import YOUNG_OBJECTS, settle_heap


@pytest.fixture(autouse=True)
def own_heap() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_settle_heap_exempts_all_that_lives() -> None:
    settle_heap()
    assert gc.get_freeze_count() > 10_000


def test_settle_heap_lets_the_young_be_looked_through_less_often() -> None:
    settle_heap()
    assert gc.get_threshold()[0] == YOUNG_OBJECTS


def test_settle_heap_does_not_keep_a_former_release(release_folders: tuple[Path, Path]) -> None:
    release = load_release(release_folders[0], version="1")
    release.model.parse("where is my order")
    former = weakref.ref(release.model)
    settle_heap()
    del release
    settle_heap()
    assert former() is None
