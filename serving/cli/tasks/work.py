"""The work of each kind of task; a function is imported only when it is needed."""

from collections.abc import Callable
from typing import Any

from pipelines.progress import Progress
from pipelines.settings import Settings
from serving.jobs import kinds

Result = dict[str, Any]


def do_task(bot: str, request: kinds.TaskRequest, settings: Settings, progress: Progress) -> Result:
    """Do a task; return its result.

    Raises `SetupProblem` if this machine lacks the packages for it.
    """
    from serving.local.home import TRAINING_PACKAGES, require_packages

    if request.kind in _NEEDS_TRAINING:
        require_packages(TRAINING_PACKAGES, extra="train", purpose=f"the task {request.kind!r}")
    return _WORK[request.kind](bot, request, settings, progress)


def _validate(bot: str, request: kinds.Validate, settings: Settings, progress: Progress) -> Result:
    from serving.cli.tasks.drafts import validate

    return validate(bot, settings, progress)


def _repair(bot: str, request: kinds.Repair, settings: Settings, progress: Progress) -> Result:
    from serving.cli.tasks.drafts import repair

    return repair(bot, request, settings, progress)


def _undo(bot: str, request: kinds.Undo, settings: Settings, progress: Progress) -> Result:
    from serving.cli.tasks.drafts import undo

    return undo(bot)


def _compare(bot: str, request: kinds.Compare, settings: Settings, progress: Progress) -> Result:
    from serving.cli.tasks.compare import compare

    return compare(bot, request, settings, progress)


def _replay(bot: str, request: kinds.Replay, settings: Settings, progress: Progress) -> Result:
    from serving.cli.tasks.replay import replay

    return replay(bot, request, settings, progress)


def _forget(bot: str, request: kinds.Forget, settings: Settings, progress: Progress) -> Result:
    from serving.cli.tasks.forget import forget

    return forget(bot, request, settings, progress)


def _mine(bot: str, request: kinds.Mine, settings: Settings, progress: Progress) -> Result:
    from serving.cli.tasks.mine import mine

    return mine(bot, request, settings, progress)


def _drift(bot: str, request: kinds.LookForDrift, settings: Settings, progress: Progress) -> Result:
    from serving.cli.tasks.drift import look

    return look(bot, request, settings, progress)


_WORK: dict[str, Callable[[str, Any, Settings, Progress], Result]] = {
    "validate": _validate,
    "repair": _repair,
    "undo": _undo,
    "compare": _compare,
    "replay": _replay,
    "forget": _forget,
    "mine": _mine,
    "drift": _drift,
}
_NEEDS_TRAINING = ("validate", "repair", "compare", "forget", "mine", "drift")
KINDS = frozenset(_WORK)
