from dataclasses import fields
from string import Formatter

import pytest
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from pipelines.schemas.bot import BotFile
from pipelines.schemas.phrases import PLACEHOLDERS_BY_PHRASE, phrase_problem
from serving.dialogue.phrases import PHRASES, phrases_of

NOT_REPLACEABLE = {"either", "none_of_these", "yes", "no", "problems"}


def test_a_bot_can_replace_every_sentence_with_its_placeholders() -> None:
    names = {field.name for field in fields(PHRASES["en"])} - NOT_REPLACEABLE
    assert PLACEHOLDERS_BY_PHRASE.keys() == {to_camel(name) for name in names}
    for phrases in PHRASES.values():
        for name in names:
            used = {field for _, field, _, _ in Formatter().parse(getattr(phrases, name)) if field}
            assert used == set(PLACEHOLDERS_BY_PHRASE[to_camel(name)]), name


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("hello", "Hi", "there is no phrase 'hello'"),
        ("yes", "Yep", "there is no phrase 'yes'"),
        ("done", " ", "1 to 1000 characters"),
        ("done", "x" * 1001, "1 to 1000 characters"),
        ("ask", "{", "a brace too many; it may contain {label}"),
        ("ask", "}", "a brace too many"),
        ("ask", "{label.__class__}", "{label} and nothing else"),
        ("ask", "{label!r}", "{label} and nothing else"),
        ("ask", "{label:>99999999}", "{label} and nothing else"),
        ("ask", "{}", "{label} and nothing else"),
        ("ask", "{0}", "{label} and nothing else"),
        ("confirm", "{values}", "{name} and nothing else"),
    ],
)
def test_phrase_problem_says_what_is_wrong(name: str, text: str, reason: str) -> None:
    assert reason in (phrase_problem(name, text) or "")
    with pytest.raises(ValidationError, match="phrase"):
        BotFile(phrases={name: text})


def test_phrases_of_a_bot_replace_only_what_it_names() -> None:
    phrases = phrases_of("de", {"doAgain": "Noch einmal {name}?", "unheardOf": "x"})
    assert phrases.do_again.format(name="Bestellung") == "Noch einmal Bestellung?"
    assert phrases.done == PHRASES["de"].done


def test_a_bot_file_keeps_its_phrases() -> None:
    wire = {"intents": [], "entities": [], "phrases": {"done": "Fertig {}."}}
    assert BotFile.model_validate(wire).to_wire() == wire
