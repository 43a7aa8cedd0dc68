"""Finding what somebody wrote in files, whatever their format, and taking it out of them."""

import html
import io
import json
import re
from dataclasses import dataclass
from pathlib import PurePath

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.nlu.text import fold_text

SHORTEST = 6
"""Characters of a text that is looked for inside other texts. A shorter one (`yes`) stands in words of others, too;
where it is the whole of an example it is found all the same."""
_NAMED_THREAD = r"\bthread(?:_id)?(?:\\?[\"'])?(?: *[:=] *| )(?:\\?[\"'])?(?:[a-z0-9_-]+:)?"
"""What stands before an id where logs, cases and JSON say that it is a thread's."""
_PICTURES = re.compile(r'"image/png": *(?:"[^"]*"|\[[^]]*\])|;base64,[A-Za-z0-9+/=]*')
"""Pictures written as letters, among which a short id stands by chance."""
_THREAD_COLUMNS = ("thread_id", "thread")
_TABLES, _TEXTS = (".parquet", ".csv"), (".json", ".jsonl", ".ipynb", ".html", ".txt", ".log", ".md")


@dataclass(frozen=True)
class Words:
    """What is looked for.

    Attributes
    ----------
    texts
        What was written, each as `pipelines.nlu.text.fold_text` gives it.
    thread_ids
        The threads that it was written in.
    usual_words
        Words of authors' examples: one of them alone says nothing about whoever wrote it.
    """

    texts: frozenset[str]
    thread_ids: frozenset[str]
    usual_words: frozenset[str] = frozenset()

    def rows_of(self, frame: pd.DataFrame) -> "pd.Series[bool]":
        """Tell of each row of a table whether it is one of the texts or of one of the threads."""
        found = pd.Series(False, index=frame.index)
        if "text" in frame:
            found |= frame["text"].astype(str).map(fold_text).isin(self.texts)
        for name in _THREAD_COLUMNS:
            if name in frame:
                found |= frame[name].astype(str).isin(self.thread_ids)
        return found

    def are_in(self, content: str) -> bool:
        """Tell whether a text holds any of this, as it is or as JSON and HTML write it."""
        forms = {form for thread_id in self.thread_ids for form in _forms(thread_id)}
        if any(re.search(_id_pattern(form), content) for form in forms):
            return True
        folded = fold_text(content)
        return any(fold_text(form) in folded for text in self._telling() for form in _forms(text))

    def mask(self, content: bytes) -> bytes:
        """Write `*` over the ids and texts in a log; every other byte stays at its place."""
        for thread_id in self.thread_ids:
            content = _masked(content, _id_pattern(thread_id))
        for text in self._telling():
            spaced = r"\s+".join(map(re.escape, text.split()))
            content = _masked(content, f"({spaced})", re.IGNORECASE)
        return content

    def _telling(self) -> list[str]:
        """Give the texts that are looked for inside others."""
        return [text for text in self.texts if len(text) >= SHORTEST and text not in self.usual_words]


def is_readable(path: str) -> bool:
    """Tell whether a file is of a kind that may hold what somebody wrote."""
    return PurePath(path).suffix in _TABLES + _TEXTS


def holds(path: str, content: bytes, words: Words) -> int:
    """Count the rows of a table that hold the words; of any other file, also what is left of a table, 1 if it does."""
    if PurePath(path).suffix in _TABLES:
        table = _read_table(path, content)
        n_rows = 0 if table is None else int(words.rows_of(table).sum())
        if n_rows or (table is not None and PurePath(path).suffix == ".parquet"):
            return n_rows
    return int(words.are_in(_PICTURES.sub("", content.decode("utf-8", errors="replace"))))


def cleaned(path: str, content: bytes, words: Words) -> bytes | None:
    """Give a file without the words; None if nothing of it can stay.

    Tables lose the rows. A notebook loses everything that its cells have shown: what a table in it was cut down to
    cannot be searched for.
    """
    suffix = PurePath(path).suffix
    if suffix in _TABLES:
        try:
            written = _without_rows(content, words) if suffix == ".parquet" else _without_lines(content, words)
        except (ValueError, OSError):  # it was cut off
            written = None
        return None if written is None or holds(path, written, words) else written
    if suffix == ".ipynb":
        notebook = json.loads(content)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = []
        written = (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()
        return None if holds(path, written, words) else written
    return None


def _without_rows(content: bytes, words: Words) -> bytes | None:
    table = pq.read_table(io.BytesIO(content))
    kept = table.filter(pa.array(~words.rows_of(table.to_pandas())))
    stream = io.BytesIO()
    pq.write_table(kept, stream)
    return stream.getvalue() if len(kept) else None


def _without_lines(content: bytes, words: Words) -> bytes | None:
    frame = _read_csv(content)
    kept = frame[~words.rows_of(frame)]
    return None if kept.empty else kept.to_csv(index=False).encode()


def _read_table(path: str, content: bytes) -> pd.DataFrame | None:
    """Read a table; None if it is none, whatever its name says, or was cut off."""
    try:
        return pd.read_parquet(io.BytesIO(content)) if PurePath(path).suffix == ".parquet" else _read_csv(content)
    except (ValueError, OSError):
        return None


def _read_csv(content: bytes) -> pd.DataFrame:
    """Read a table as it is written: an id `007` is no number, a text `NA` is not missing."""
    return pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)


def _id_pattern(thread_id: str) -> str:
    """Describe an id, as group 1. One such as `1` or `test` is a thread's only where it is said to be."""
    is_telling = len(thread_id) >= SHORTEST and any(character.isdigit() for character in thread_id)
    before = r"(?<![\w-])" if is_telling else _NAMED_THREAD
    return rf"{before}({re.escape(thread_id)})(?![\w-])"


def _forms(text: str) -> set[str]:
    """Give a text as it stands in plain files, in JSON, in HTML, and in HTML inside JSON."""
    plain_forms = {text, html.escape(text), html.escape(text, quote=False)}
    return plain_forms | {
        json.dumps(form, ensure_ascii=is_ascii)[1:-1] for form in plain_forms for is_ascii in (True, False)
    }


def _masked(content: bytes, pattern: str, flags: int = 0) -> bytes:
    def mask(found: re.Match[bytes]) -> bytes:
        return found.group()[: found.start(1) - found.start()] + b"*" * len(found.group(1))

    return re.compile(pattern.encode(), flags).sub(mask, content)
