"""Errors take facts and write a sentence that ends in what to do next."""

import ast
import builtins
import re
from pathlib import Path

import pytest

from pipelines import errors


def tree(root: type[errors.BotError]) -> set[type[errors.BotError]]:
    return {root}.union(*(tree(child) for child in root.__subclasses__()))


def test_every_error_is_drawn_in_the_tree_below_its_parent() -> None:
    drawn: list[tuple[str, str | None]] = []
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"    ([ │├└─]*)(\w+)", line):
            level = len(match[1]) // 4
            path[level:] = [match[2]]
            drawn.append((match[2], path[level - 1] if level else None))
    assert sorted(drawn, key=str) == sorted(
        (
            (error.__name__, None if error is errors.BotError else error.__bases__[0].__name__)
            for error in tree(errors.BotError)
        ),
        key=str,
    )


ROOT = Path(errors.__file__).parents[2]

# What is raised and caught inside one room, and never reaches a person as it is.
CONTROL_FLOW = {
    "AddressRefused": "must be the connection error of the HTTP library; becomes `ToolFailed`",
    "AnswerUnusable": "between the tool client and its mapping; becomes `ToolFailed`",
    "Busy": "one try of the tool client, which may try again; becomes `ToolFailed`",
    "HostUnknown": "must be the connection error of the HTTP library; becomes `ToolFailed`",
    "IdempotencyKeyReused": "of the demo shop, which stands for a customer's program",
    "KeysTaken": "must be the driver's error; says which documents lost a race, and the store takes the winner's",
    "StopRequested": "ends `intentloop up` in order; nothing is wrong",
    "LargerThanListed": "from the download of a release to its loader; becomes `ReleaseRefused`",
    "_AnswerRefused": "must be a read error of the HTTP library; becomes `LlmUnavailable`",
    "ClaimLost": "from the engine's handler back to the turn, which takes up what the other process decided",
    "_Changed": "of one try to store a bot's settings, which is repeated",
    "_GivenUp": "ends the thread of a question to the registry that nobody waits for any more",
    "_OpenQuote": "between the reader of tables in text and its parts, which reads the rows another way",
    "_Unusable": "between parts of what an issuer says; becomes `TokenRefused`, or the keys from before are used on",
    "WrongChoice": "told by the AWS app, a program of its own that ends with it",
    "_EventTakenOver": "ends one delivery whose event another worker has taken over",
}


def test_every_exception_class_is_in_the_tree_or_control_flow() -> None:
    bases = {
        node.name: {ast.unparse(base).split(".")[-1] for base in node.bases}
        for room in ("pipelines", "serving")
        for file in (ROOT / room).rglob("*.py")
        if file.parent != Path(errors.__file__).parent
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    standard = {
        name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
    }
    known = standard | {error.__name__ for error in tree(errors.BotError)}
    found: set[str] = set()
    while new := {
        name
        for name, parents in bases.items()
        if name not in found and any(parent in known | found or parent.endswith("Error") for parent in parents)
    }:
        found |= new
    assert found == set(CONTROL_FLOW)


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
    assert str(error) == (
        "version 3 of 'shop' is refused: a hash is wrong; correct that and train again, or promote another one"
    )


@pytest.mark.parametrize(
    "error",
    [
        errors.ModelNotLoaded("shop", "production"),
        errors.StoreUnavailable("AutoReconnect"),
        errors.StoreTooNew(number=4, known=3),
        errors.StoreBeingRestored(),
        errors.BackupDisturbed(),
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
