"""The question "did you mean A or B?": when to ask it, and what the answer means."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from pipelines.schemas.bot import SYSTEM_INTENTS, Intent
from pipelines.schemas.release import Thresholds
from pipelines.schemas.understanding import NluResult
from serving.dialogue.answers import AnswerReader, plain_words
from serving.dialogue.interpret import Interpretation
from serving.dialogue.state import Question

MOST_OPTIONS = 3
CLOSE = 0.4
"""How likely an option must be beside the likeliest one, as a share of it.

Cross-validated on the sample bot's training part, with the default of `Thresholds.clarify`: 1.9 % of the utterances are
asked about; of these the likeliest intent is right in 46 %, one of the options in 83 %.
"""
LONGEST_NAME = 5
"""Words of an answer that is looked at for the name of an option; a longer one is a message of its own."""


class Choice(BaseModel):
    """The answer to a question: the intent that was meant, or None for none of the options."""

    model_config = ConfigDict(frozen=True)

    intent_id: str | None


def torn_between(nlu: NluResult, thresholds: Thresholds, intent_by_id: Mapping[str, Intent]) -> tuple[str, ...]:
    """Name the intents that a message may mean, if it is worth asking.

    Worth asking are two intents, or else three, that are close to each other, together at least as likely as
    `thresholds.clarify`, and all the customer's own wishes; and not about a text that no intent should take.

    Parameters
    ----------
    nlu
        The model's reading.
    thresholds
        The release's.
    intent_by_id
        The release's intents.

    Returns
    -------
    tuple[str, ...]
        Two or three intents, the likeliest first; empty if there is nothing to ask.
    """
    score, limit = nlu.out_of_scope_score, thresholds.out_of_scope
    if thresholds.clarify is None or (score is not None and limit is not None and score > limit):
        return ()
    for n_options in range(2, MOST_OPTIONS + 1):
        best = nlu.ranking[:n_options]
        wishes = [intent_by_id.get(row.intent_id) for row in best]
        are_wishes = all(wish and wish.user_defined and wish.intent_id not in SYSTEM_INTENTS for wish in wishes)
        if len(best) < n_options or not are_wishes or best[-1].confidence < CLOSE * best[0].confidence:
            return ()
        if sum(row.confidence for row in best) >= thresholds.clarify:
            return tuple(row.intent_id for row in best)
    return ()


def read_choice(
    question: Question, interpretation: Interpretation, *, intent_by_id: Mapping[str, Intent], answers: AnswerReader
) -> Choice | None:
    """Read a message as the answer to the question.

    Parameters
    ----------
    question
        What was asked.
    interpretation
        The message, read.
    intent_by_id
        The release's intents: their names are what the options were called.
    answers
        Reads answers in the bot's language.

    Returns
    -------
    Choice or None
        None if it is no answer but a message of its own.
    """
    options = [option for option in question.options if option in intent_by_id]
    if interpretation.shortcut is not None:
        return Choice(intent_id=interpretation.shortcut) if interpretation.shortcut in options else None
    text = interpretation.nlu.text if interpretation.nlu else ""
    if answers.is_none(text):
        return Choice(intent_id=None)
    place = answers.ordinal(text, len(question.options))
    if place is not None:  # counted as the customer saw them, also when a new release has lost one
        counted = question.options[place]
        return Choice(intent_id=counted) if counted in options else None
    named = _named(text, {option: intent_by_id[option].name for option in options})
    return Choice(intent_id=named) if named is not None else None


def _named(text: str, name_by_id: Mapping[str, str]) -> str | None:
    """Find the option whose name this is, or the only one that has any of its words."""
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
