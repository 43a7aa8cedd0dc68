"""What a schedule may promote."""

from typing import Any

import pytest

from serving.local.retrain_commands import is_decided
from serving.store.promotions import Move
from tests.support.records import now


def move(kind: Any, from_version: str, to_version: str) -> Move:
    return Move(bot="b", kind=kind, from_version=from_version, to_version=to_version, at=now(), by="t", why="")


@pytest.mark.parametrize(
    "known",
    [
        {"tags": {"stage": "Staging", "canary_stopped": "more fallbacks"}},
        {"aliases": {"canary": "5", "production": "4"}},
        {"tags": {"stage": "Archived"}},
        {"moves": [move("promotion", "4", "5"), move("rollback", "5", "4")]},
        {"moves": [move("noticed", "4", "5")]},
    ],
)
def test_is_decided_about_what_was_tried_or_has_answered(known: dict[str, Any]) -> None:
    assert is_decided("5", **{"tags": {}, "aliases": {}, "moves": [], **known})


def test_is_decided_leaves_what_was_never_let_answer() -> None:
    # the command that wrote the first move was cut off before the alias moved; a canary of before is another version
    moves = [move("promotion", "4", "5"), move("trial", "4", "5"), move("canary_stop", "3", "4")]
    aliases = {"candidate": "5", "production": "4", "canary": "3"}
    assert not is_decided("5", tags={"stage": "Staging"}, aliases=aliases, moves=moves)
