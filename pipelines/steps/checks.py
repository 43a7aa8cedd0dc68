"""The checks of the validation step: what examples, intents and entities mean, row by row, and how to repair it."""

import json
from collections import Counter
from collections.abc import Iterator

import pandas as pd

from pipelines.nlu.pattern_entities import check_pattern
from pipelines.nlu.system.entities import SYSTEM_PREFIX, SYSTEM_TYPES, SYSTEM_TYPES_BY_ALIAS, is_reserved
from pipelines.nlu.text import clean, has_content
from pipelines.schemas.bot import (
    BOOLEAN,
    FALLBACK_INTENT,
    FREE_TEXT,
    HANDOVER_INTENT,
    TEXT_TYPES,
    WELCOME_INTENT,
    BotFile,
)
from pipelines.schemas.training import Finding

FEW_EXAMPLES = 5
_NEVER_RECOGNISED = (FALLBACK_INTENT, WELCOME_INTENT, HANDOVER_INTENT)
"""Intents that need not be understood from a text: the platform chooses them."""
_BUILT_IN_TYPES = {*TEXT_TYPES, BOOLEAN, *SYSTEM_TYPES, *SYSTEM_TYPES_BY_ALIAS}
"""Types of parameters that need no entity and no example."""


def check_spans(frame: pd.DataFrame, bot_file: BotFile) -> Iterator[Finding]:
    """Find annotations that lie outside their text, overlap, do not hold their value, or are of an unknown type.

    Parameters
    ----------
    frame
        Examples.
    bot_file
        The bot, whose entities are the known types.

    Yields
    ------
    Finding
        In the order of the rows.
    """
    known_types = {entity.name for entity in bot_file.entities}
    for example_id, text, entities in zip(frame["example_id"], frame["text"], frame["entities"], strict=True):
        end_of_last = 0
        for span in sorted(json.loads(entities), key=lambda span: span["start"]):
            start, end, written = span["start"], span["end"], span["value"]
            where = f"characters {start} to {end} of {text!r}"
            if not 0 <= start < end <= len(text):
                found = text.find(written) if written else -1
                repair = f"set them to {found} and {found + len(written)}." if found >= 0 else "mark the value again."
                yield error("span_in_text", example_id, f"{where} lie outside the text.", repair)
            elif start < end_of_last:
                yield error(
                    "spans_do_not_overlap", example_id, f"{where} overlap another entity.", "keep one of the two."
                )
            elif text[start:end] != written:
                yield warning(
                    "span_holds_value",
                    example_id,
                    f"{where} hold {text[start:end]!r}, not {written!r}.",
                    "mark it again.",
                )
            end_of_last = max(end_of_last, end)
            if span["type"] not in known_types:
                yield warning(
                    "entity_type_is_known",
                    example_id,
                    f"the entity type {span['type']!r} is not among the bot's entities.",
                    "add the entity, or correct the name.",
                )


def check_texts(frame: pd.DataFrame) -> Iterator[Finding]:
    """Find texts that cannot be learnt from, and texts that two intents claim: one of the two will be wrong.

    Parameters
    ----------
    frame
        Examples.

    Yields
    ------
    Finding
        In the order of the rows; a text claimed twice is reported with each intent after the first.
    """
    first: dict[str, tuple[str, str]] = {}
    for example_id, intent, text in zip(frame["example_id"], frame["intent"], frame["text"], strict=True):
        if text.strip() and not has_content(clean(text)):
            yield warning(
                "text_has_content",
                example_id,
                f"the text {text[:80]!r} has no letter or digit; the model does not learn it.",
                "write it in words or delete the row.",
            )
            continue
        key = " ".join(text.lower().split())
        other_id, other_intent = first.setdefault(key, (example_id, intent))
        if other_intent != intent:
            yield warning(
                "one_intent_a_text",
                example_id,
                f"the text {text!r} is also an example of {other_intent!r} ({other_id}).",
                "delete it from one of the two intents.",
            )


def check_intents(frame: pd.DataFrame, bot_file: BotFile) -> Iterator[Finding]:
    """Find intents with few examples or none, and parameters that cannot be asked for or filled.

    Parameters
    ----------
    frame
        Examples.
    bot_file
        The bot.

    Yields
    ------
    Finding
        In the order of the intents.
    """
    counts = Counter(frame["intent"].tolist())
    own = {entity.name for entity in bot_file.entities}
    types = own | _BUILT_IN_TYPES
    marked = {span["type"] for entities in frame["entities"] for span in json.loads(entities)}
    found_unmarked = {entity.name for entity in bot_file.entities if entity.pattern or entity.lookup}
    fillable = marked | found_unmarked | (_BUILT_IN_TYPES - own)
    for intent in bot_file.intents:
        count = counts[intent.intent_id]
        if count < FEW_EXAMPLES and intent.intent_id not in _NEVER_RECOGNISED:
            yield warning(
                "enough_examples",
                intent.intent_id,
                f"it has {count} example(s).",
                f"add some; {FEW_EXAMPLES} or more.",
            )
        for parameter in intent.parameters:
            row = f"{intent.intent_id}.{parameter.name}"
            if parameter.type not in types:
                yield warning("parameter_type_is_known", row, f"there is no entity {parameter.type!r}.", "add it.")
            elif parameter.type not in fillable:
                yield warning(
                    "parameter_can_be_filled",
                    row,
                    f"no example marks a value of {parameter.type!r}, so none will be found.",
                    "mark some.",
                )
            if parameter.required and not parameter.prompt.strip():
                yield warning("prompt_is_there", row, "it is required but has no prompt.", "write the question to ask.")


def check_entities(bot_file: BotFile) -> Iterator[Finding]:
    """Find patterns that cannot be used, and names that mean something else.

    Parameters
    ----------
    bot_file
        The bot.

    Yields
    ------
    Finding
        In the order of the entities.
    """
    for entity in bot_file.entities:
        problem = check_pattern(entity.pattern) if entity.pattern is not None else None
        if problem:
            explanation, _, repair = problem.rpartition("; ")
            yield error("pattern_can_be_used", entity.name, f"{explanation}.", f"{repair}.")
        if entity.name == FREE_TEXT or is_reserved(entity.name):
            yield error(
                "entity_name_is_free",
                entity.name,
                f"{FREE_TEXT!r} and names that begin with {SYSTEM_PREFIX!r} are the platform's own.",
                "rename the entity; a system type needs none, give its name to a parameter.",
            )


def error(check: str, row: str, explanation: str, repair: str) -> Finding:
    """Make a finding that stops a training run."""
    return Finding(severity="error", check=check, row=row, explanation=explanation, repair=repair)


def warning(check: str, row: str, explanation: str, repair: str) -> Finding:
    """Make a finding that is only told."""
    return Finding(severity="warning", check=check, row=row, explanation=explanation, repair=repair)
