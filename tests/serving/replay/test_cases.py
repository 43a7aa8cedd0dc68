"""Saved conversations that a release has to answer as before: what breaks one is told by its name, not by its words."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.registry.release import Release
from pipelines.settings import Settings
from serving.replay.cases import run_cases
from serving.replay.thread import Thread

HERE = Settings(_env_file=None, endpoints={"shop": "http://shop.example"})
ELSEWHERE = Settings(_env_file=None, endpoints={"shop": "http://another.example"})


async def save_case(file: Path, release: Release, *texts: str, bot: str = "b") -> None:
    thread = Thread.of_texts(texts, bot=bot)
    for step in await thread.step_through(release, settings=HERE):
        if step.outcome.tool is not None:
            thread = thread.with_result(step, {"status": "shipped"})
    answered = thread.answered_by(await thread.step_through(release, settings=HERE))
    answered.save(file, settings=HERE)


@pytest.fixture
async def folder(tiny_release: Release, tmp_path: Path) -> Path:
    await save_case(tmp_path / "tracking.json", tiny_release, "hello", "track my order", "it is ORD-2001")
    await save_case(tmp_path / "another-bots.json", tiny_release, "hello", bot="another")
    return tmp_path


async def test_run_cases_passes_a_release_that_answers_alike_wherever_it_is_trained(
    folder: Path, tiny_release: Release
) -> None:
    report = await run_cases(folder, tiny_release, bot="b", settings=ELSEWHERE)
    assert [case.name for case in report.cases] == ["tracking"]
    assert report.rows() == []
    check = report.check()
    assert check.passed
    assert check.figures == {"cases": 1.0, "cases_broken": 0.0}


async def test_run_cases_refuses_by_the_name_of_the_case_without_its_words(folder: Path, tiny_release: Release) -> None:
    greeting = tiny_release.definition.intent_by_id()["greet"].model_copy(update={"speech_response": "Moin!"})
    others = tuple(intent for intent in tiny_release.definition.intents if intent.intent_id != "greet")
    definition = tiny_release.definition.model_copy(update={"intents": (*others, greeting)})
    report = await run_cases(folder, replace(tiny_release, definition=definition), bot="b", settings=HERE)
    assert [(row["case"], row["turn"], row["changes"]) for row in report.rows()] == [("tracking", 1, "reply")]
    (reason,) = report.check().reasons
    assert reason.startswith(
        "the saved case 'tracking' is broken: turn 1 differs in reply; if this is intended, save it"
    )
    assert "Moin" not in reason


@pytest.mark.parametrize("content", ["", "{}", '{"endpoints": {}, "turns": []}'])
async def test_run_cases_counts_a_file_that_holds_no_case_as_broken(
    folder: Path, tiny_release: Release, content: str
) -> None:
    (folder / "tracking.json").write_text(content, encoding="utf-8")
    report = await run_cases(folder, tiny_release, bot="b", settings=HERE)
    assert report.check().reasons[0].startswith("the saved case 'tracking' cannot be replayed: ")


async def test_run_cases_without_a_folder_says_so(tiny_release: Release, tmp_path: Path) -> None:
    report = await run_cases(tmp_path / "none", tiny_release, bot="b", settings=HERE)
    assert (report.check().passed, report.check().figures) == (True, {})
    assert report.check().notes[0].startswith("no saved cases of this bot were found")
