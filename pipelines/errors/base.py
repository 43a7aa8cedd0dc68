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
    repair.
    """

    max_shown = 20

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source, self.problems = source, tuple(problems)
        shown = "\n".join(f"  - {problem}" for problem in self.problems[: self.max_shown])
        hidden = len(self.problems) - self.max_shown
        more = f"\n  ... and {hidden} more" if hidden > 0 else ""
        super().__init__(f"{source} cannot be used, {len(self.problems)} problem(s) to repair:\n{shown}{more}")


class SetupProblem(BotError):
    """The machine lacks something; the message says what, and what to do."""
