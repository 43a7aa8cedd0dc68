"""Errors take facts and write a sentence that ends in what to do next."""

import pytest

from pipelines import errors


def tree(root: type[errors.BotError]) -> set[type[errors.BotError]]:
    return {root}.union(*(tree(child) for child in root.__subclasses__()))


def own_errors() -> list[type[errors.BotError]]:
    return sorted((e for e in tree(errors.BotError) if e.__module__ == errors.__name__), key=lambda e: e.__name__)


def test_every_error_is_drawn_in_the_tree() -> None:
    drawing = errors.__doc__ or ""
    assert [
        error.__name__ for error in own_errors() if f" {error.__name__} " not in f"{drawing} ".replace("\n", " ")
    ] == []


def test_not_found_tells_kind_name_and_hint() -> None:
    assert str(errors.NotFound("bot", "shop", hint="import one")) == "there is no bot 'shop'; import one"


def test_data_rejected_shows_the_first_problems_and_counts_the_rest() -> None:
    error = errors.DataRejected("bot.json", [f"row {number}: wrong" for number in range(25)])
    text = str(error)
    assert text.startswith("bot.json cannot be used, 25 problem(s) to repair:\n  - row 0: wrong")
    assert text.endswith("  - row 19: wrong\n  ... and 5 more")
    assert len(error.problems) == 25


def test_data_rejected_few_problems_hides_none() -> None:
    assert "more" not in str(errors.DataRejected("bot.json", ["row 1: wrong"]))


def test_release_refused_is_a_model_not_loaded() -> None:
    error = errors.ReleaseRefused("shop", "3", "a hash is wrong")
    assert isinstance(error, errors.ModelNotLoaded)
    assert str(error) == "version 3 of 'shop' is refused: a hash is wrong; the last good release keeps answering"


@pytest.mark.parametrize(
    "error",
    [
        errors.ModelNotLoaded("shop", "production"),
        errors.StoreUnavailable("AutoReconnect"),
        errors.RegistryUnavailable("http://127.0.0.1:5000", "refused"),
        errors.StateConflict(),
    ],
)
def test_errors_for_the_operator_say_what_to_do(error: errors.BotError) -> None:
    assert any(word in str(error) for word in ("`intentloop", "send the message again"))


def test_registry_unavailable_shows_no_password() -> None:
    error = errors.RegistryUnavailable("https://me:pa55@ml/x@y", "GET https://me:pa55@ml:5000/api failed")
    assert str(error).startswith("the MLflow server at https://***@ml/x@y did not answer (GET https://***@ml:5000/api")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mongodb://u:p@h1,h2/db", "mongodb://***@h1,h2/db"),
        ("http://h/a@b?c@d", "http://h/a@b?c@d"),
        ("http://t@h a://u:p@q", "http://***@h a://***@q"),
    ],
)
def test_without_password_hides_what_stands_before_the_host(text: str, shown: str) -> None:
    assert errors.without_password(text) == shown
