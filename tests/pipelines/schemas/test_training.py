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
    with pytest.raises(UserInputError, match=r"^'holdout_share': Input should be less than or equal to 0.5; correct"):
        TrainParams.from_namespace(DEFAULTS | {"holdout_share": 0.9})


CELL = "\n".join(f"{name} = None  # a comment" for name in (*DEFAULTS, "progress_file"))


@pytest.mark.parametrize(
    ("cells", "unknown"),
    [
        (["", CELL + "\nepochs = 5"], "'epochs' is no parameter"),
        (["", CELL, "# Parameters\nholdout = 0.3"], "'holdout' is no parameter, did you mean 'holdout_share'?"),
        (["", CELL, "seed = 3\ntest = 'x.jsonl'"], "'test' is no parameter, did you mean 'test_file'?"),
        (
            ["", CELL + "\nmin_acc = 1", CELL + "\nmax_lost = 1"],
            "'max_lost' is no parameter, did you mean 'max_lost_goals'?",
        ),
    ],
)
def test_from_namespace_names_what_a_cell_of_parameters_sets_in_vain(cells: list[str], unknown: str) -> None:
    extra = {"epochs": 5, "holdout": 0.3, "test": "x.jsonl", "max_lost": 1, "min_acc": 1}
    names = {name: value for name, value in extra.items() if f"{name} = " in cells[-1]}
    with pytest.raises(UserInputError) as caught:
        TrainParams.from_namespace(DEFAULTS | names | {"In": cells})
    assert str(caught.value) == f"{unknown}; correct the notebook's cell of parameters"


def test_from_namespace_passes_over_what_other_cells_set_and_what_was_corrected() -> None:
    cells = ["", CELL + "\nepochs = 5", "import x", CELL, "note = 'x'", "epochs = len('abcde')", "%matplotlib inline"]
    names = {"epochs": 5, "note": "x", "In": cells}
    assert TrainParams.from_namespace(DEFAULTS | names) == TrainParams()


def test_unknown_parameter_is_named_with_the_nearest_right_one() -> None:
    with pytest.raises(ValidationError, match="'min_acuracy' is no parameter, did you mean 'min_accuracy'"):
        TrainParams.model_validate({"min_acuracy": 0.9})
    with pytest.raises(ValidationError, match="'zzz' is no parameter"):
        TrainParams.model_validate({"zzz": 0.9})
