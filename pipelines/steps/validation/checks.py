"""Checks of the validation step: the meaning of examples, intents and entities, row by row, each with a repair."""

from collections import Counter
from collections.abc import Collection, Iterator

import pandas as pd

from pipelines.botfile.spans import is_same_value
from pipelines.nlu.entities.patterns import check_pattern
from pipelines.nlu.entities.synonyms import KnownValues
from pipelines.nlu.system.boundaries import stands_alone
from pipelines.nlu.system.entities import SYSTEM_PREFIX, SYSTEM_TYPES, SYSTEM_TYPES_BY_ALIAS, is_reserved
from pipelines.nlu.text import clean, has_content, split
from pipelines.schemas.bot import CANCEL_INTENT, FALLBACK_INTENT, HANDOVER_INTENT, WELCOME_INTENT, BotFile, Intent
from pipelines.schemas.examples import LabelledSpan
from pipelines.schemas.parameter import BOOLEAN, FREE_TEXT, TEXT_TYPES
from pipelines.schemas.training import Finding, Severity

FEW_EXAMPLES = 5
SAYS_NOTHING = "intent_says_something"
"""The check of intents that neither reply nor act."""
Place = tuple[int, int]
"""Characters `[start, end)` of an example's text."""
_NEVER_RECOGNISED = (FALLBACK_INTENT, WELCOME_INTENT, HANDOVER_INTENT)
"""Intents that need not be recognised from a text: the platform chooses them."""
_BUILT_IN = (*_NEVER_RECOGNISED, CANCEL_INTENT)
"""Intents that the platform brings along."""
_BUILT_IN_TYPES = {*TEXT_TYPES, BOOLEAN, *SYSTEM_TYPES, *SYSTEM_TYPES_BY_ALIAS}
"""Types of parameters that need no entity and no example."""


def check_spans(frame: pd.DataFrame, bot_file: BotFile) -> Iterator[Finding]:
    """Find annotations outside their text, overlapping, off their value, splitting words, or of an unknown type."""
    known_types = {entity.name for entity in bot_file.entities}
    known = KnownValues(bot_file.entities)
    for example_id, text, entities in zip(frame["example_id"], frame["text"], frame["entities"], strict=True):
        end_of_last = 0
        for span in sorted(entities, key=lambda span: span.start):
            start, end, written = span.start, span.end, span.value
            where, place = f"characters {start} to {end} of {text!r}", (start, end)
            if not 0 <= start < end <= len(text):
                found = text.find(written) if written else -1
                repair = f"set them to {found} and {found + len(written)}." if found >= 0 else "mark the value again."
                yield error("span_in_text", example_id, f"{where} lie outside the text.", repair, place)
            elif start < end_of_last:
                explanation = f"{where} overlap another entity."
                yield error("spans_do_not_overlap", example_id, explanation, "keep one of the two.", place)
            elif not _is_value(text[start:end], span, known):
                explanation = f"{where} hold {text[start:end]!r}, not {written!r}."
                yield warning("span_holds_value", example_id, explanation, "mark it again.", place)
            elif not _is_made_of_words(text, start, end):
                explanation = f"{where}, {written!r}, begin or end inside a word or at a blank."
                yield warning("span_keeps_words_whole", example_id, explanation, "mark the whole words.", place)
            end_of_last = max(end_of_last, end)
            if span.type not in known_types:
                explanation = f"the entity type {span.type!r} is not among the bot's entities."
                repair = "add the entity, or correct the name."
                yield warning("entity_type_is_known", example_id, explanation, repair, place)


def _is_made_of_words(text: str, start: int, end: int) -> bool:
    """Whether a model can learn the annotation: it cuts no word, and no letter from its marks."""
    written = text[start:end]
    return written == written.strip() and bool(split(written)) and stands_alone(text, start, end)


def _is_value(text: str, span: LabelledSpan, known: KnownValues) -> bool:
    """Whether annotated words are the annotation's value, written differently or as its synonym."""
    if text == span.value or is_same_value(text, span.value):
        return True
    return known.canonical(span.type, text) == known.canonical(span.type, span.value)


def check_texts(frame: pd.DataFrame) -> Iterator[Finding]:
    """Find texts that cannot be learnt from, and texts that two intents claim: one of the two will be wrong.

    A text claimed twice is reported for each intent after the first.
    """
    first: dict[str, tuple[str, str]] = {}
    for example_id, intent, text in zip(frame["example_id"], frame["intent"], frame["text"], strict=True):
        if not text.strip():
            continue  # the suite reports it
        if not has_content(clean(text)):
            explanation = f"the text {text[:80]!r} has no letter or digit; the model does not learn it."
            yield warning("text_has_content", example_id, explanation, "write it in words or delete the row.")
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


def check_intents(
    frame: pd.DataFrame, bot_file: BotFile, *, public_shortcuts: Collection[str] = ()
) -> Iterator[Finding]:
    """Find unreachable intents, intents with few examples, and parameters that cannot be asked for or filled.

    Customers may call the `public_shortcuts` as `/intent_id`. Findings come in the order of the intents.
    """
    counts = Counter(frame["intent"].tolist())
    own = {entity.name for entity in bot_file.entities}
    types = own | _BUILT_IN_TYPES
    marked = {span.type for entities in frame["entities"] for span in entities}
    found_unmarked = {entity.name for entity in bot_file.entities if entity.pattern or entity.lookup}
    fillable = marked | found_unmarked | (_BUILT_IN_TYPES - own)
    called = {*public_shortcuts, *_buttons(bot_file)} - {
        CANCEL_INTENT
    }  # except that one, which customers write in words
    asks_llm = _asks_llm(bot_file)
    for intent in bot_file.intents:
        count, row = counts[intent.intent_id], intent.intent_id
        is_reached = count or row in called or asks_llm
        if row in _NEVER_RECOGNISED:
            pass
        elif not is_reached:
            explanation = "it has no example, no button leads to it and customers may not call it: nobody can reach it."
            yield warning("intent_can_be_reached", row, explanation, "add examples, or delete the intent.")
        elif 0 < count < FEW_EXAMPLES:
            yield warning("enough_examples", row, f"it has {count} example(s).", f"add some; {FEW_EXAMPLES} or more.")
        if is_reached and _says_nothing(intent):
            explanation = "it has no reply, so customers are told that it is done, and nothing is."
            yield warning(SAYS_NOTHING, row, explanation, "write a reply (`speechResponse`), or give it a tool.")
        yield from _check_buttons(intent, {each.intent_id for each in bot_file.intents})
        for parameter in intent.parameters:
            row = f"{intent.intent_id}.{parameter.name}"
            if parameter.type not in types:
                yield warning("parameter_type_is_known", row, f"there is no entity {parameter.type!r}.", "add it.")
            elif parameter.type not in fillable and not parameter.free_text:
                yield warning(
                    "parameter_can_be_filled",
                    row,
                    f"no example marks a value of {parameter.type!r}, so none will be found.",
                    "mark some.",
                )
            if parameter.required and not parameter.prompt.strip():
                yield warning("prompt_is_there", row, "it is required but has no prompt.", "write the question to ask.")


def check_something_is_taught(frame: pd.DataFrame, bot_file: BotFile) -> Iterator[Finding]:
    """Find a bot that knows only the platform's own intents: it would take every message for one of them."""
    taught = set(frame["intent"].tolist())
    if not _asks_llm(bot_file) and not any(
        each.intent_id in taught for each in bot_file.intents if each.intent_id not in _BUILT_IN
    ):
        explanation = "no intent of your own has an example, so every message would be taken for one of the platform's."
        repair = "make an intent, and write a few sentences that customers would say for it."
        yield error("bot_has_examples", "the whole bot", explanation, repair)


def _asks_llm(bot_file: BotFile) -> bool:
    """Whether a language model reads every message before the trained model."""
    return bot_file.llm_config is not None and bot_file.llm_config.mode == "zero_shot"


def _says_nothing(intent: Intent) -> bool:
    """Whether an intent neither replies nor acts, and the platform has no sentence of its own for it."""
    texts = (intent.speech_response, *intent.speech_responses)
    is_said = any(text.strip() for text in texts) or intent.intent_id in _BUILT_IN
    return not is_said and intent.tool is None


def _buttons(bot_file: BotFile) -> Iterator[str]:
    """Yield the intents that buttons lead to."""
    for intent in bot_file.intents:
        for button in intent.quick_replies:
            if button.payload.startswith("/"):
                yield button.payload[1:].strip()


def _check_buttons(intent: Intent, known: Collection[str]) -> Iterator[Finding]:
    for button in intent.quick_replies:
        if button.payload.startswith("/") and button.payload[1:].strip() not in known:
            explanation = f"its button {button.title!r} leads to {button.payload!r}, and there is no such intent."
            yield warning("button_leads_somewhere", intent.intent_id, explanation, "correct the payload.")


def check_entities(bot_file: BotFile) -> Iterator[Finding]:
    """Find unusable patterns and reserved names."""
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


def error(check: str, row: str, explanation: str, repair: str, place: Place | None = None) -> Finding:
    """Return a finding that stops a training run."""
    return _finding("error", check, row, explanation, repair, place)


def warning(check: str, row: str, explanation: str, repair: str, place: Place | None = None) -> Finding:
    """Return a finding that deserves attention."""
    return _finding("warning", check, row, explanation, repair, place)


def note(check: str, row: str, explanation: str, repair: str, place: Place | None = None) -> Finding:
    """Return a finding for information only."""
    return _finding("note", check, row, explanation, repair, place)


def _finding(severity: Severity, check: str, row: str, explanation: str, repair: str, place: Place | None) -> Finding:
    start, end = place or (None, None)
    return Finding(
        severity=severity, check=check, row=row, explanation=explanation, repair=repair, start=start, end=end
    )
