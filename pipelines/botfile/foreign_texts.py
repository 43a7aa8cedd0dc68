"""Texts that are no JSON, told by their first lines: training data of other platforms, tables, pages."""

import csv
import re
from pathlib import Path

from pipelines.botfile.foreign import AS_TABLE

TABLE = f"a table (CSV); {AS_TABLE}"
_READ_CHARACTERS = 20_000
_STARTS = (
    (
        "an HTML page; download the file itself, this may be an error or a sign-in page",
        r"(<!doctype html|<html|<head|<body)\b",
    ),
    ("an AIML file", r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<aiml\b"),
    ("an XML file", r"<\?xml\b"),
    ("a JavaScript file", r"(module\.exports|export default|(const|var|let) \w+ *=)"),
    ("a pointer to a file in Git LFS; fetch the file itself with `git lfs pull`", r"version https://git-lfs"),
)
"""How a text may begin."""
_LINES = (
    ("a ChatterBot corpus", (r"^categories:", r"^conversations:")),
    ("a file of tags and patterns", (r"^ *-? *tag:", r"^ *-? *patterns:")),
    ("a Snips NLU file", (r"^type: *(intent|entity)\s*$",)),
    ("a Rasa NLU file", (r"^nlu:",)),
    ("a file of Rasa stories or rules", (r"^(stories|rules):", r"^ *- *(story|rule):")),
    ("a Rasa domain", (r"^(intents|responses|templates|actions):", r"^(slots|entities|forms|session_config|version):")),
    ("a Rasa domain", (r"^intents:", r"^(responses|templates|actions):")),
    ("a Rasa domain", (r"^(responses|templates):\s*\n +utter_",)),
    ("a Rasa domain", (r"^(slots|forms|session_config):",)),
    ("a Rasa domain", (r"^(intents|entities|actions):\s*\n *- ",)),
    ("a Rasa configuration", (r"^(pipeline|policies):",)),
    ("a Rasa NLU file (Markdown)", (r"^## *(intent|synonym|lookup|regex):",)),
    ("a file of Rasa stories (Markdown)", (r"^#{1,2} ", r"^\* \w", r"^ *- (utter_|action_|slot\{)")),
    ("a Chatito or Chatette file", (r"^[%~@]\[[^\]]+\]",)),
)
"""Lines of which a text has all."""
_SHELL = re.compile(r"\b(ObjectId|NumberInt|NumberLong|ISODate)\(")
_KIND_BY_ENDING = {
    ".csv": TABLE,
    ".tsv": TABLE,
    ".lu": "a LUIS file (.lu)",
    ".aiml": "an AIML file",
    ".rive": "a RiveScript file",
    ".chatito": "a Chatito or Chatette file",
}
_YAML_ENDINGS = (".yml", ".yaml")
_DELIMITERS = ",;\t|"
_COLUMNS = frozenset(
    ("text", "utterance", "utterances", "query", "question", "questions", "sentence", "message", "phrase", "example",
     "input", "prompt", "intent", "label", "category", "class", "tag", "topic", "answer", "answers", "response")
)  # fmt: skip
_MOST_LINES = 20
_FEWEST_LINES = 3
"""Without a heading: two lines with a comma each may be prose."""


def text_kind(text: str, source: str) -> str | None:
    """Return what a text is that is not JSON; None if it may be damaged JSON. `source` is the file's name."""
    start = text[:_READ_CHARACTERS].lstrip("\ufeff \t\r\n").replace("\r\n", "\n")
    if start[:1] in ("{", "["):
        return (
            "a MongoDB shell's output; export the collection with `mongoexport`, which writes JSON"
            if _SHELL.search(start)
            else None
        )
    for kind, beginning in _STARTS:
        if re.match(beginning, start, re.IGNORECASE | re.DOTALL):
            return kind
    for kind, lines in _LINES:
        if all(re.search(line, start, re.MULTILINE) for line in lines):
            return kind
    ending = Path(source).suffix.lower()
    if ending in _KIND_BY_ENDING:
        return _KIND_BY_ENDING[ending]
    if _is_table(start):
        return TABLE
    return "a YAML file" if ending in _YAML_ENDINGS else None


def _is_table(text: str) -> bool:
    """Whether a text is rows with a known heading, or with the same number of columns in each of many lines."""
    lines = [line for line in text.split("\n")[:_MOST_LINES] if line.strip()]
    if not lines:
        return False
    for delimiter in _DELIMITERS:
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter, strict=False) if row]
        except csv.Error:
            continue
        heading = {name.strip().strip('"').lower() for name in rows[0]}
        if len(heading) > 1 and heading & _COLUMNS:
            return True
        widths = {len(row) for row in rows[:-1]} or {len(row) for row in rows}
        if len(rows) >= _FEWEST_LINES and len(widths) == 1 and min(widths) > 1:
            return True
    return False
