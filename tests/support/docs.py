"""The Markdown files of the repository, and what can be checked in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_SEPARATORS = ("&&", "|", ";")


@dataclass(frozen=True)
class Doc:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text without its code blocks."""
        return _FENCE.sub("", self.text)

    @cached_property
    def links(self) -> list[str]:
        return _LINK.findall(_CODE.sub("", self.prose))

    @cached_property
    def spans(self) -> list[str]:
        """What stands between single backticks."""
        return _CODE.findall(self.prose)

    @cached_property
    def anchors(self) -> set[str]:
        """The anchors of the headings, as GitHub makes them."""
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in _HEADING.findall(self.prose)}

    def commands(self, program: str) -> Iterator[list[str]]:
        """Find the words that follow a program's name, in code blocks and between backticks."""
        for line in (*(line for block in _FENCE.finditer(self.text) for line in block[0].splitlines()), *self.spans):
            if program in line:
                yield from _calls(line, program)


def _calls(line: str, program: str) -> Iterator[list[str]]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # a quotation mark in a sentence
        words = line.split()
    call: list[str] | None = None
    for word in (*words, ";"):
        if word in _SEPARATORS:
            if call is not None:
                yield call
            call = None
        elif call is not None:
            call.append(word)
        elif word.rpartition("/")[2] == program:
            call = []


def markdown_files() -> list[Doc]:
    """Return every Markdown file of the repository."""
    files = [
        file for file in ROOT.rglob("*.md") if not any(part.startswith(".") for part in file.relative_to(ROOT).parts)
    ]
    return [Doc(file) for file in sorted(files)]
