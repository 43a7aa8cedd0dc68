"""The parameters of a training as keyword arguments, for editors and type checkers."""

from difflib import get_close_matches
from pathlib import Path
from typing import Literal, TypedDict

from pydantic import ValidationError

from pipelines.errors import UserInputError
from pipelines.schemas.training import TrainParams

PLACED = frozenset(("bot", "source", "home", "tracking_uri", "run_id", "release_alias"))
"""Parameters that the bot fills in."""
OPTIONS = tuple(name for name in TrainParams.model_fields if name not in PLACED)


class TrainOptions(TypedDict, total=False):
    """`pipelines.schemas.training.TrainParams` describes each."""

    out_of_scope_file: Path | str | None
    test_file: Path | str | None
    holdout_share: float
    cross_validate: int
    encoder: str
    algorithm: Literal["ap", "lbfgs"]
    refusal_cost: float
    needless_limit: float
    search: int
    min_accuracy: float
    min_entity_f1: float
    min_behaviour: float
    min_out_of_scope_recall: float
    max_needless_fallback: float
    max_latency_ms: float
    replays: int
    max_lost_goals: float
    cases: Path | str
    accept_tool_changes: bool
    accept_relabelled: bool
    max_relabelled: float
    max_relabelled_of_intent: float
    seed: int
    promote: bool


def params_of(options: TrainOptions, **placed: object) -> TrainParams:
    """Return the parameters of a training; raises `UserInputError` that names each wrong one."""
    given: dict[str, object] = {**options}
    if problems := [_no_option(name) for name in given if name not in OPTIONS]:
        raise UserInputError("; ".join(problems))
    try:
        return TrainParams.model_validate(given | placed)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise UserInputError("; ".join(faults)) from error


def _no_option(name: str) -> str:
    if name in PLACED:
        return f"{name!r} is not an option of a training: the bot itself has it"
    close = get_close_matches(name, OPTIONS, n=1)
    return f"{name!r} is no option of a training" + (f", did you mean {close[0]!r}?" if close else "")
