"""The root of all errors, and those of data and machines."""

import re
from collections.abc import Sequence

_CREDENTIALS = re.compile(r"://[^/?#\s]*@")


def without_password(text: str) -> str:
    """Mask user names and passwords in every address of a text."""
    return _CREDENTIALS.sub("://***@", text)


class BotError(Exception):
    """Root of all errors raised on purpose."""

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to show the sentence alone: the way to it through our code says nothing to a reader."""
        return [f"{type(self).__name__}: {self}"]


class DataRejected(BotError):
    """Training data or a bot file has faults that must be repaired first.

    `source` is the file, collection or snapshot; `problems` has a sentence for each fault that names the row and the
    repair. `brief` has the same without words of examples, for a place that must keep none of them; by default the
    problems, which then quote none.
    """

    max_shown = 20

    def __init__(self, source: str, problems: Sequence[str], *, brief: Sequence[str] | None = None) -> None:
        self.source, self.problems = source, tuple(problems)
        self.brief = self.problems if brief is None else tuple(brief)
        shown = "\n".join(f"  - {problem}" for problem in self.problems[: self.max_shown])
        hidden = len(self.problems) - self.max_shown
        more = f"\n  ... and {hidden} more" if hidden > 0 else ""
        super().__init__(f"{source} cannot be used, {len(self.problems)} problem(s) to repair:\n{shown}{more}")

    def in_brief(self, *, most: int = 3, max_chars: int = 300) -> str:
        """Return the first problems in one line that quotes no example."""
        shown = [text if len(text) <= max_chars else f"{text[: max_chars - 1]}…" for text in self.brief[:most]]
        more = f" (and {len(self.brief) - most} more)" if len(self.brief) > most else ""
        return f"{self.source} cannot be used: {' | '.join(shown)}{more}"


class StoreNotEmpty(DataRejected):
    """A backup cannot be restored into this database: it would destroy what is there, which `found` describes."""

    def __init__(self, found: str) -> None:
        remedy = "restore into an empty database (INTENTLOOP_MONGO_DATABASE), or destroy all of this with --replace"
        super().__init__("the database", [f"it holds {found}; {remedy}"])


class SetupProblem(BotError):
    """The machine lacks something; the message says what, and what to do."""
