"""Parameters with an entity that also take whole answers (`freeText`): when a message is such an answer.

The tagger learns their values from a few examples, and a bare value or a name of several words tells it little: in an
answer it takes `Upper Zelwitz` for another parameter's `Zelwitz`. So while one of them is asked for, a value of another
counts only if a word announces it (`to York`, `on lake Tolm`), or beside a value of the one that is asked for.
"""

from collections.abc import Sequence

from pipelines.nlu.text import has_content, tokenize
from pipelines.schemas.bot import Intent
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.understanding import EntitySpan
from serving.dialogue.answers.glue import ANNOUNCING, ARTICLES
from serving.dialogue.answers.reader import AnswerReader, plain_words
from serving.dialogue.interpret import Interpretation


def without_guesses(
    interpretation: Interpretation, intent: Intent, asked: Parameter | None, *, answers: AnswerReader
) -> Interpretation:
    """Return the interpretation without the values that are rather part of the answer to a question."""
    nlu = interpretation.nlu
    if nlu is None or asked is None or not asked.free_text:
        return interpretation
    names = {one.type: one.name for one in intent.parameters if one.free_text}
    guesses = [span for span in nlu.entities if span.type in names and span.source == "tagger"]
    if answers.is_unsure(nlu.text):
        dropped = guesses
    elif any(span.type == asked.type for span in nlu.entities):
        dropped = []
    else:
        dropped = [span for span in guesses if not _is_announced(nlu.text, span, names[span.type])]
    if not dropped:
        return interpretation
    kept = tuple(span for span in nlu.entities if span not in dropped)
    return interpretation.model_copy(update={"nlu": nlu.model_copy(update={"entities": kept})})


def is_whole_answer(
    text: str, asked: Parameter, intent: Intent, entities: Sequence[EntitySpan], *, answers: AnswerReader
) -> bool:
    """Whether a message from which nothing was taken answers a question as a whole.

    It holds no value of the form, and neither refuses one nor says that the customer does not know.
    """
    types = {parameter.type for parameter in intent.parameters}
    if not asked.free_text or not has_content(text) or any(span.type in types for span in entities):
        return False
    tokens = tokenize(text)
    is_refusal = len(tokens) > 1 and answers.is_negated(text, tokens[1].start, tokens[-1].end)
    return not is_refusal and not answers.is_unsure(text)


def _is_announced(text: str, span: EntitySpan, name: str) -> bool:
    """Whether the words before a value say what it is: a preposition, or the parameter's name."""
    before = [token.text.lower() for token in tokenize(text) if token.end <= span.start]
    while before and before[-1] in ARTICLES:
        before.pop()
    return bool(before) and (before[-1] in ANNOUNCING or before[-1] in plain_words(name.replace("_", " ")))
