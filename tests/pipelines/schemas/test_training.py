"""Training parameters are read from the variables of a notebook, and slips of the pen are noticed."""

import builtins
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.errors import UserInputError
from pipelines.schemas.training import TrainParams

DEFAULTS: dict[str, Any] = TrainParams().model_dump()


def test_from_namespace_takes_the_parameters_and_passes_over_the_rest() -> None:
    namespace = DEFAULTS | {"seed": 3, "home": "../x", "out_of_scope_file": "", "Path": Path, "In": [""], "_i": "seeds"}
    assert TrainParams.from_namespace(namespace) == TrainParams(seed=3, home=Path("../x"))


def test_from_namespace_names_the_variables_that_are_missing() -> None:
    namespace = {name: value for name, value in DEFAULTS.items() if name not in ("seed", "home")}
    with pytest.raises(UserInputError, match=r"^'home' is missing; 'seed' is missing; correct the notebook's cell"):
        TrainParams.from_namespace(namespace)


def test_from_namespace_names_a_variable_that_is_misspelt() -> None:
    with pytest.raises(UserInputError, match=r"^'min_acuracy' is no parameter, did you mean 'min_accuracy'"):
        TrainParams.from_namespace(DEFAULTS | {"min_acuracy": 0.9})


def test_from_namespace_passes_over_what_is_not_a_plain_value_or_not_alike() -> None:
    others = {"replay": builtins, "case": ["x"], "key": None, "name": "", "begun": 0.5, "progress_file": ""}
    assert TrainParams.from_namespace(DEFAULTS | others) == TrainParams()


def test_from_namespace_checks_the_values() -> None:
    with pytest.raises(ValidationError, match="holdout_share"):
        TrainParams.from_namespace(DEFAULTS | {"holdout_share": 0.9})
