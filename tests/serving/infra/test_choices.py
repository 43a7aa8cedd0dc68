"""What may be chosen, and what a wrong choice is told."""

import pytest

from serving.infra.app import main
from serving.infra.choices import ALLOWED, Choices, WrongChoice
from tests.support.infra import few_choices


def test_choices_without_context_are_the_defaults() -> None:
    assert Choices.from_context({}) == Choices()


@pytest.mark.parametrize("name", ALLOWED)
def test_choices_refuse_a_wrong_value_with_the_allowed_ones(name: str) -> None:
    with pytest.raises(WrongChoice) as caught:
        Choices.from_context({name: "huge"})
    assert f"--context {name}=huge" in str(caught.value)
    assert all(value in str(caught.value) for value in ALLOWED[name])


def test_a_wrong_choice_is_one_sentence_and_no_stack_trace() -> None:
    with pytest.raises(SystemExit) as caught:
        main({"size": "huge"})
    assert caught.value.code == (
        "intentloop: --context size=huge: there is no such value; choose small, standard or large"
    )


def test_few_choices_hold_every_value() -> None:
    assert {item for each in few_choices() for item in each.items()} == {
        (name, value) for name, values in ALLOWED.items() for value in values
    }
