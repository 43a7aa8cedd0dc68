"""A month that is drawn: the same one again, and nothing in it twice."""

import json
from pathlib import Path

import pytest

from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.labels import label_id
from pipelines.simulation.simulate import World, choose, make_world, scripted_answer
from tests.support.labels import label_item


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    for name, count in (("train", 30), ("test", 4)):
        rows = [
            Example(id=f"{name}{intent}{number}", text=f"{name} {intent} text {number}", intent=f"about_{intent}")
            for intent in "abcde"
            for number in range(count)
        ]
        lines = "".join(row.model_dump_json() + "\n" for row in [*rows, rows[0]])
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path / "train.jsonl", tmp_path / "test.jsonl"


def draw(files: tuple[Path, Path], *, seed: int = 0) -> World:
    return make_world(
        *files, n_weeks=3, messages_a_week=20, examples_an_intent=10, n_intents=4, n_late=1, late_share=0.3, seed=seed
    )


def test_world_is_drawn_by_its_seed(files: tuple[Path, Path]) -> None:
    world, other = draw(files), draw(files, seed=1)
    assert world.traffic.equals(draw(files).traffic)
    assert not world.traffic["text"].equals(other.traffic["text"])


def test_nothing_is_written_that_the_bot_has_learnt_or_is_tested_on(files: tuple[Path, Path]) -> None:
    world = draw(files)
    bot = BotFile.model_validate(world.wire)
    learnt = {row.text for intent in bot.intents for row in intent.training_data}
    written = set(world.traffic["text"])
    assert len(learnt) == 30
    assert len(written) == len(world.traffic) == 60
    assert written.isdisjoint(learnt | {row.text for row in world.test})
    assert world.traffic["week"].value_counts().to_dict() == {0: 20, 1: 20, 2: 20}
    assert world.traffic["at"].is_monotonic_increasing
    assert {world.meant[label_id("", text)].text for text in written} == written


def test_late_intents_come_only_in_the_traffic(files: tuple[Path, Path]) -> None:
    world = draw(files)
    (late,) = world.late
    assert late not in {intent.intent_id for intent in BotFile.model_validate(world.wire).intents}
    assert world.traffic["intent"].eq(late).sum() == 18
    assert BotFile.model_validate({"intents": [json.loads(json.dumps(world.late[late]))]}).intents[0].intent_id == late


def test_scripted_answer_is_wrong_as_often_as_it_is_told() -> None:
    known = ["a", "b", "c"]
    answers = [scripted_answer(f"text {number}", "a", known, error_rate=0.12, seed=0) for number in range(3000)]
    assert 0.10 < sum(answer != "a" for answer in answers) / 3000 < 0.14
    assert {*answers} == {"a", "b", "c", OUT_OF_SCOPE}
    assert scripted_answer("text", "late", known, error_rate=0.0, seed=0) == OUT_OF_SCOPE


def test_choose_takes_the_most_valuable_groups_whole() -> None:
    items = [label_item("b", f"text {number}", cluster=f"b:{number % 3}") for number in range(7)]
    assert [[item.text for item in group] for group in choose(items, count=2)] == [
        ["text 0", "text 3", "text 6"],
        ["text 1", "text 4"],
    ]
