"""JSON of other platforms, told by its fields, and the sentence that says what can be done with it."""

from collections.abc import Callable, Iterator
from typing import Any

GUIDE = "serving/docs/writing-bots.md"
_HOW = (
    "it cannot be imported yet. Write its texts as a bot file, "
    '{"intents": [{"intentId": "book", "name": "Book", "trainingData": [{"text": "a room in Oslo"}]}]}; '
    f"{GUIDE} describes it"
)
AS_TABLE = "`intentloop import FILE --bot NAME` makes a bot of it"
"""What can be done with a table by who gave it to another command."""
LABELLED_TEXTS = f"a list of labelled texts; {AS_TABLE}"
_ROWS_LOOKED_AT = 20
_ERROR_FIELDS = frozenset(("error", "message", "status", "code", "detail", "documentation_url"))


def named(kind: str) -> str:
    """Return the sentence about a file of another kind; it ends in what to do, unless the kind says so itself."""
    return f"this is {kind}" if "; " in kind else f"this is {kind}; {_HOW}"


def foreign_kind(content: object) -> str | None:
    """Return which platform's file some JSON is; None if it is none that is known."""
    if isinstance(content, dict):
        kind = None if _is_own(content) else _kind_of(content)
        is_row = not content.keys() & {"intents", "entities"} and not _is_own(content)
        return kind or (_kind_of_row(content) if is_row else None)
    kinds = (None if _is_own(row) else _kind_of_row(row) or _kind_of(row) for row in _objects(content))
    return next((kind for kind in kinds if kind is not None), None)


def _is_own(row: dict[str, Any]) -> bool:
    return not row.keys().isdisjoint(("intentId", "intent_id", "intentName", "entity_values"))


def _kind_of(content: dict[str, Any]) -> str | None:
    for kind, is_it in _FILES:
        if is_it(content):
            return kind
    intents = content.get("intents")
    if isinstance(intents, list):
        return foreign_kind(intents)
    return None


def _kind_of_row(row: dict[str, Any]) -> str | None:
    return next((kind for kind, is_it in _ROWS if is_it(row)), None)


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (row for row in value[:_ROWS_LOOKED_AT] if isinstance(row, dict))


def _holds(*names: str) -> Callable[[dict[str, Any]], bool]:
    return lambda content: content.keys() >= set(names)


def _holds_any(*names: str) -> Callable[[dict[str, Any]], bool]:
    return lambda content: not content.keys().isdisjoint(names)


def _rows_of(name: str, is_it: Callable[[dict[str, Any]], bool]) -> Callable[[dict[str, Any]], bool]:
    return lambda content: any(map(is_it, _objects(content.get(name))))


def _is_clu(content: dict[str, Any]) -> bool:
    metadata = content.get("metadata")
    return "projectFileVersion" in content or (isinstance(metadata, dict) and "projectKind" in metadata)


def _is_lex(content: dict[str, Any]) -> bool:
    metadata, resource = content.get("metadata"), content.get("resource")
    is_export = isinstance(metadata, dict) and "LEX" in str(metadata.get("importType", "")).upper()
    return is_export or (
        isinstance(resource, dict) and not resource.keys().isdisjoint(("slotTypes", "sampleUtterances"))
    )


def _is_snips(content: dict[str, Any]) -> bool:
    intents = content.get("intents")
    return isinstance(intents, dict) and any("utterances" in row for row in intents.values() if isinstance(row, dict))


def _is_botpress(content: dict[str, Any]) -> bool:
    return isinstance(content.get("utterances"), dict) or (
        isinstance(content.get("qnas"), list) and all("data" in row for row in _objects(content["qnas"]))
    )


def _is_nlp_js(content: dict[str, Any]) -> bool:
    return "locale" in content and any("utterances" in row for row in _objects(content.get("data")))


def _is_wit(content: dict[str, Any]) -> bool:
    utterances = content.get("utterances")
    return any(row.keys() & {"traits"} or "intent" in row for row in _objects(utterances)) and "intents" not in content


def _is_chat_log(row: dict[str, Any]) -> bool:
    return any(
        "role" in each or "from" in each for name in ("messages", "conversations") for each in _objects(row.get(name))
    )


def _is_pairs(content: dict[str, Any]) -> bool:
    """Whether it is a data set in parts: `{"train": [["are you open", "hours"], ...]}`."""
    parts = [part[:_ROWS_LOOKED_AT] for part in content.values() if isinstance(part, list) and part]
    rows = [row for part in parts for row in part]
    return bool(rows) and all(isinstance(row, list) and list(map(type, row)) == [str, str] for row in rows)


def _is_rows(row: dict[str, Any]) -> bool:
    texts = {"text", "utterance", "sentence", "query", "question", "input"}
    labels = {"intent", "label", "category", "class", "answer", "response"}
    return bool(row.keys() & texts and row.keys() & labels)


_FILES: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
    ("a Rasa NLU file", _holds("rasa_nlu_data")),
    ("a project of Azure's CLU (conversational language understanding)", _is_clu),
    ("a LUIS app", _holds_any("luis_schema_version")),
    ("a LUIS app", _holds("intents", "utterances", "culture")),
    ("a knowledge base of QnA Maker", _holds_any("qnaList", "qnaDocuments")),
    ("a Watson Assistant workspace", _holds_any("dialog_nodes", "counterexamples", "workspace_id")),
    ("a Watson Assistant workspace", lambda content: _holds_any("intents", "actions")(_inner(content, "workspace"))),
    ("an Alexa skill", _holds_any("interactionModel", "languageModel")),
    ("a bot of Amazon Lex", _is_lex),
    ("an agent of Dialogflow CX", _holds("agent", "flows")),
    ("a Dialogflow agent", _holds_any("defaultTimezone", "googleAssistant", "enableOnePlatformApi")),
    ("a Dialogflow intent", _holds_any("userSays", "affectedContexts", "fallbackIntent")),
    ("a Dialogflow intent", _rows_of("responses", _holds_any("affectedContexts", "resetContexts", "speech"))),
    ("an intent of Dialogflow CX", _holds_any("trainingPhrases")),
    ("a Snips NLU dataset", _is_snips),
    ("an NLP.js corpus", _is_nlp_js),
    ("a file of Botpress", _is_botpress),
    ("a Wit.ai file", _is_wit),
    ("a Wit.ai file", lambda content: isinstance(content.get("data"), dict) and "expressions" in content["data"]),
    ("a Voiceflow project", _holds("version", "diagrams")),
    ("a ChatterBot corpus", lambda row: isinstance(row.get("conversations"), list) and not _is_chat_log(row)),
    (LABELLED_TEXTS, _is_pairs),
    (
        "a web service's error message; download the file again",
        lambda content: bool(content) and content.keys() <= _ERROR_FIELDS,
    ),
)

_ROWS: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
    ("a file of tags and patterns", _holds_any("patterns")),
    ("a file of tags and patterns", lambda row: "tag" in row and _holds_any("responses", "questions", "inputs")(row)),
    ("a Watson Assistant workspace", _holds("intent", "examples")),
    ("a Dialogflow intent", _holds_any("userSays", "affectedContexts")),
    ("a Dialogflow intent", _rows_of("data", _holds_any("alias", "meta", "userDefined"))),
    ("a Dialogflow intent", _rows_of("responses", _holds_any("affectedContexts", "resetContexts", "messages"))),
    ("an agent of Dialogflow CX", _holds_any("trainingPhrases", "training_phrases")),
    ("a bot of Amazon Lex", _holds_any("sampleUtterances", "samples")),
    ("a file of Botpress", lambda row: isinstance(row.get("utterances"), dict)),
    ("a file of utterances", lambda row: isinstance(row.get("utterances"), list)),
    ("training data of a language model (chats)", _is_chat_log),
    ("training data of a language model (prompts and answers)", _holds("prompt", "completion")),
    ("training data of a language model (prompts and answers)", _holds("instruction", "output")),
    ("a Wit.ai file", lambda row: isinstance(row.get("text"), str) and bool(row.keys() & {"traits"})),
    (LABELLED_TEXTS, _is_rows),
    ("a list of an entity's values", lambda row: row.keys() == {"value", "synonyms"}),
    ("a log of conversations; import the bot that had them", _holds("thread_id", "bot_message")),
    ("the settings of channels; connect them with `intentloop channel`", _holds("id", "settings", "status")),
)


def _inner(content: dict[str, Any], name: str) -> dict[str, Any]:
    value = content.get(name)
    return value if isinstance(value, dict) else {}
