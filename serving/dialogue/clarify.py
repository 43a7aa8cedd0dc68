"""The question "did you mean A or B?": reading its answer. `pipelines.nlu.intents.refusal` decides when to ask."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.bot import Intent
from serving.dialogue.answers.reader import AnswerReader, plain_words
from serving.dialogue.interpret import Interpretation
from serving.dialogue.state import Question

LONGEST_NAME = 5
"""Words of an answer that may name an option; a longer one is a message of its own."""


class Choice(BaseModel):
    """The answer to the question: the intended intent, or None for none of the options."""

    model_config = ConfigDict(frozen=True)

    intent_id: str | None


def read_choice(
    question: Question, interpretation: Interpretation, *, intent_by_id: Mapping[str, Intent], answers: AnswerReader
) -> Choice | None:
    """Read a message as the answer to the question; None if it is a message of its own.

    `intent_by_id` holds the release's intents, whose names the options were called by.
    """
    options = [option for option in question.options if option in intent_by_id]
    if interpretation.shortcut is not None:
        return Choice(intent_id=interpretation.shortcut) if interpretation.shortcut in options else None
    text = interpretation.nlu.text if interpretation.nlu else ""
    if answers.is_none(text):
        return Choice(intent_id=None)
    place = answers.ordinal(text, len(question.options))
    if place is not None:  # counted as the customer saw them, even if a new release has lost one
        counted = question.options[place]
        return Choice(intent_id=counted) if counted in options else None
    named = _named(text, {option: intent_by_id[option].name for option in options})
    return Choice(intent_id=named) if named is not None else None


def _named(text: str, name_by_id: Mapping[str, str]) -> str | None:
    """Return the option with this name, or the only one that shares a word with it."""
    said = plain_words(text)
    words_by_id = {intent_id: {*plain_words(name), *plain_words(intent_id)} for intent_id, name in name_by_id.items()}
    for intent_id, name in name_by_id.items():
        if said and said in (plain_words(name), plain_words(intent_id)):
            return intent_id
    if len(said) > LONGEST_NAME:
        return None
    shared = set.intersection(*words_by_id.values()) if words_by_id else set()
    fitting = [intent_id for intent_id, words in words_by_id.items() if not words.isdisjoint(set(said) - shared)]
    return fitting[0] if len(fitting) == 1 else None
