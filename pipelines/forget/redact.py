"""Finding a person's texts in files of any format, and removing them."""

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
"""Least length of a text that is searched for inside other texts, in characters. A shorter one (`yes`) occurs in other
people's texts too; as a whole example it is found all the same."""
_NAMED_THREAD = r"\bthread(?:_id)?(?:\\?[\"'])?(?: *[:=] *| )(?:\\?[\"'])?(?:[a-z0-9_-]+:)?"
"""What precedes an id that logs, cases or JSON call a thread's."""
_PICTURES = re.compile(r'"image/png": *(?:"[^"]*"|\[[^]]*\])|;base64,[A-Za-z0-9+/=]*')
"""Pictures encoded as text, in which a short id occurs by chance."""
_THREAD_COLUMNS = ("thread_id", "thread")
_TABLES, _TEXTS = (".parquet", ".csv"), (".json", ".jsonl", ".ipynb", ".html", ".txt", ".log", ".md")


@dataclass(frozen=True)
class Redaction:
    """What to search for.

    Attributes
    ----------
    texts
        The person's texts, each as `pipelines.nlu.text.fold_text` returns it.
    thread_ids
        Their threads.
    usual_words
        Redaction of authors' examples: one of them alone identifies nobody.
    """

    texts: frozenset[str]
    thread_ids: frozenset[str]
    usual_words: frozenset[str] = frozenset()

    def rows_of(self, frame: pd.DataFrame) -> "pd.Series[bool]":
        """Whether each row of a table is one of the texts or belongs to one of the threads."""
        found = pd.Series(False, index=frame.index)
        if "text" in frame:
            found |= frame["text"].astype(str).map(fold_text).isin(self.texts)
        for name in _THREAD_COLUMNS:
            if name in frame:
                found |= frame[name].astype(str).isin(self.thread_ids)
        return found

    def are_in(self, content: str) -> bool:
        """Whether a text contains any of this, as it is or as JSON and HTML write it."""
        forms = {form for thread_id in self.thread_ids for form in _forms(thread_id)}
        if any(re.search(_id_pattern(form), content) for form in forms):
            return True
        folded = fold_text(content)
        return any(fold_text(form) in folded for text in self._telling() for form in _forms(text))

    def mask(self, content: bytes) -> bytes:
        """Overwrite the ids and texts in a log with `*`; every other byte keeps its position."""
        for thread_id in self.thread_ids:
            content = _masked(content, _id_pattern(thread_id))
        for text in self._telling():
            spaced = r"\s+".join(map(re.escape, text.split()))
            content = _masked(content, f"({spaced})", re.IGNORECASE)
        return content

    def _telling(self) -> list[str]:
        """Return the texts to search for inside others."""
        return [text for text in self.texts if len(text) >= SHORTEST and text not in self.usual_words]


def is_readable(path: str) -> bool:
    """Whether a file is of a kind that may contain customers' texts."""
    return PurePath(path).suffix in _TABLES + _TEXTS


def holds(path: str, content: bytes, redaction: Redaction) -> int:
    """Count the affected rows of a table; for any other file, or a damaged table, return 1 if it is affected."""
    table = _read_table(path, content)
    if table is not None:
        n_rows = int(redaction.rows_of(table).sum())
        if n_rows or PurePath(path).suffix == ".parquet":
            return n_rows
    return int(redaction.are_in(_PICTURES.sub("", content.decode("utf-8", errors="replace"))))


def cleaned(path: str, content: bytes, redaction: Redaction) -> bytes | None:
    """Return a file without the texts; None if nothing of it can stay.

    Tables lose the rows; one that MLflow compares between runs stays, even without any. A notebook loses all cell
    outputs: a truncated table in one cannot be searched.
    """
    suffix = PurePath(path).suffix
    if suffix in _TABLES:
        try:
            written = _without_rows(content, redaction) if suffix == ".parquet" else _without_lines(content, redaction)
        except (ValueError, OSError):  # it was cut off
            written = None
        return None if written is None or holds(path, written, redaction) else written
    table = _read_table(path, content) if suffix == ".json" else None
    if table is not None:
        kept = table[~redaction.rows_of(table)]
        written = kept.to_json(orient="split", index=False, force_ascii=False).encode()
        return None if holds(path, written, redaction) else written
    if suffix == ".ipynb":
        notebook = json.loads(content)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = []
        written = (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()
        return None if holds(path, written, redaction) else written
    return None


def _without_rows(content: bytes, redaction: Redaction) -> bytes | None:
    table = pq.read_table(io.BytesIO(content))
    kept = table.filter(pa.array(~redaction.rows_of(table.to_pandas())))
    stream = io.BytesIO()
    pq.write_table(kept, stream)
    return stream.getvalue() if len(kept) else None


def _without_lines(content: bytes, redaction: Redaction) -> bytes | None:
    frame = _read_csv(content)
    kept = frame[~redaction.rows_of(frame)]
    return None if kept.empty else kept.to_csv(index=False).encode()


def _read_table(path: str, content: bytes) -> pd.DataFrame | None:
    """Read a table; None if it is damaged or none at all."""
    try:
        match PurePath(path).suffix:
            case ".parquet":
                return pd.read_parquet(io.BytesIO(content))
            case ".csv":
                return _read_csv(content)
            case ".json":
                return _read_compared(content)
    except (ValueError, OSError):
        pass
    return None


def _read_compared(content: bytes) -> pd.DataFrame | None:
    """Read a table that MLflow compares between runs, as `mlflow.log_table` writes it; None for any other JSON."""
    found = json.loads(content)
    if not isinstance(found, dict) or found.keys() != {"columns", "data"}:
        return None
    return pd.DataFrame(found["data"], columns=found["columns"], dtype=object)


def _read_csv(content: bytes) -> pd.DataFrame:
    """Read a table as it is written: an id `007` is not a number, a text `NA` is not missing."""
    return pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)


def _id_pattern(thread_id: str) -> str:
    """Return a pattern with the id as group 1. An id like `1` or `test` counts only where it is called a thread's."""
    is_telling = len(thread_id) >= SHORTEST and any(character.isdigit() for character in thread_id)
    before = r"(?<![\w-])" if is_telling else _NAMED_THREAD
    return rf"{before}({re.escape(thread_id)})(?![\w-])"


def _forms(text: str) -> set[str]:
    """Return a text as it appears in plain files, in JSON, in HTML, and in HTML inside JSON."""
    plain_forms = {text, html.escape(text), html.escape(text, quote=False)}
    return plain_forms | {
        json.dumps(form, ensure_ascii=is_ascii)[1:-1] for form in plain_forms for is_ascii in (True, False)
    }


def _masked(content: bytes, pattern: str, flags: int = 0) -> bytes:
    def mask(found: re.Match[bytes]) -> bytes:
        return found.group()[: found.start(1) - found.start()] + b"*" * len(found.group(1))

    return re.compile(pattern.encode(), flags).sub(mask, content)
