"""What whoever promotes reads in the MLflow UI."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.nlu.model import NluModel
from pipelines.registry.release import MANIFEST_FILE
from pipelines.schemas.release import Manifest
from pipelines.schemas.verdict import Check
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model
from pipelines.steps.registration.describe import describe_model, describe_version

LOW = "accuracy 10.0% on held-out utterances is below the floor 60.0%"


@pytest.fixture
def manifest(tiny_release_folder: Path) -> Manifest:
    return Manifest.model_validate_json((tiny_release_folder / MANIFEST_FILE).read_bytes())


@pytest.fixture
def evaluation(tiny_model: NluModel) -> Evaluation:
    figures = {"accuracy": 0.9, "accuracy_low": 0.85, "accuracy_high": 0.93, "entity_f1": 0.8}
    return replace(evaluate_model(tiny_model, []), metrics=figures)


def test_describe_version_that_passed_begins_with_it_then_the_figures_then_what_changes(
    evaluation: Evaluation, manifest: Manifest
) -> None:
    check = Check(notes=("2 of 138 conversations end differently",))
    lines = describe_version(check, evaluation, manifest, compared_with="3", alias="live").splitlines()
    assert lines[0] == "PASSED the gate: nothing speaks against it (compared with version 3)."
    assert lines[2].startswith("To promote it, give it the alias `live` under *Aliases* above")
    assert lines[4] == "- 90.0 % (85.0-93.0 %) of held-out utterances understood"
    assert lines[-5:-2] == ["What changes, and what was not checked:", "", "- 2 of 138 conversations end differently"]


@pytest.mark.parametrize(
    ("reasons", "first"),
    [
        ((LOW,), f"REFUSED: {LOW} (compared with version 3)."),
        ((LOW, "and slow"), "REFUSED for 2 reasons (compared with version 3):"),
    ],
)
def test_describe_version_that_failed_says_why_at_once(
    evaluation: Evaluation, manifest: Manifest, reasons: tuple[str, ...], first: str
) -> None:
    text = describe_version(Check(reasons=reasons), evaluation, manifest, compared_with="3", alias="live")
    assert text.startswith(first)
    assert all(reason in text for reason in reasons)
    assert "a chat API refuses it even with the alias `live`" in text


def test_describe_version_of_endless_reasons_fits_into_a_tag(evaluation: Evaluation, manifest: Manifest) -> None:
    reasons = tuple(f"case {number} is answered differently than it was saved" for number in range(500))
    assert len(describe_version(Check(reasons=reasons), evaluation, manifest, compared_with=None, alias="live")) < 3000


def test_describe_model_says_how_to_promote_and_what_the_blue_button_does() -> None:
    text = describe_model("shop", alias="live")
    for words in (
        "enter `live` and\n  save",
        "**Roll back:**",
        "the blue button *Promote model* copies",
        "`stage` follows",
    ):
        assert words in text
    assert len(text) < 5000  # the limit of the server's database
