"""Why a training failed, for its MLflow run: in Jupyter a cell that raises, or a kernel that ends, ends its run."""

import atexit
import contextlib
import re
import sys
from pathlib import PurePath
from typing import Any

from pipelines.errors import BotError, NotFound, RegistryUnavailable
from pipelines.registry.connection import first_contact
from pipelines.registry.runs import Runs

_EVENT = "post_run_cell"
_PATH = re.compile(r"(?<![\w:/.])/(?:[^\s/'\":;,]+/)+([^\s/'\":;,]+)")
_MAX_CHARS = 300


def reason_of(name: str, message: str) -> str:
    """Return why a run failed, from the name and the message of an error.

    Only the first line: those below it quote examples. Files keep their names, but not their folders.
    """
    first, _, rest = message.strip().partition("\n")
    said = _PATH.sub(lambda found: PurePath(found[0]).name, first)[:_MAX_CHARS].rstrip(": ")
    if name not in {error.__name__ for error in _subclasses(BotError)}:
        said = f"{name}: {said}" if said else name
    return f"{said}; validation/report.html names them" if rest and name == "DataRejected" else said


class NotebookWatch:
    """Ends a run as failed when a cell of the notebook raises, or when the kernel ends before the run did.

    A cell that logs after its fault was repaired lets the run go on.
    """

    def __init__(self, runs: Runs, run_id: str) -> None:
        self._runs, self._run_id = runs, run_id

    def begin(self) -> None:
        """Watch the notebook that this runs in, if any; the run that it had opened before is given up."""
        shell = _shell()
        if shell is None:
            return
        for earlier in [hook for hook in shell.events.callbacks[_EVENT] if _watch_of(hook) is not None]:
            shell.events.unregister(_EVENT, earlier)
            _watch_of(earlier).leave("the notebook opened another run")
        shell.events.register(_EVENT, self.after_cell)
        atexit.register(self.leave, "the notebook's kernel ended")

    def after_cell(self, result: Any) -> None:
        """Mark the run as failed if the cell that has just run raised; called by IPython."""
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            interrupted = isinstance(error, KeyboardInterrupt)
            name = type(error).__name__
            self.leave("the notebook was interrupted" if interrupted else reason_of(name, str(error)))

    def leave(self, reason: str) -> None:
        """Mark the run as failed, unless it has ended."""
        # the error of the cell is the message, and a kernel that ends must not wait for a silent server
        with contextlib.suppress(RegistryUnavailable, NotFound), first_contact():
            if self._runs.get(self._run_id).status == "RUNNING":
                self._runs.end(self._run_id, succeeded=False, reason=reason)


def _watch_of(hook: Any) -> Any:
    owner = getattr(hook, "__self__", None)
    return owner if isinstance(owner, NotebookWatch) else None


def _shell() -> Any:
    """Return the IPython shell of this process, or None outside one."""
    library = sys.modules.get("IPython")
    return library.get_ipython() if library is not None else None


def _subclasses(root: type[BaseException]) -> set[type[BaseException]]:
    return {root}.union(*(_subclasses(child) for child in root.__subclasses__()))
