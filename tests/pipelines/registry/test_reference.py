import pytest

from pipelines.errors import UserInputError
from pipelines.registry.reference import Reference, parse_reference


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("7", Reference("shop", version="7")),
        ("@production", Reference("shop", alias="production")),
        ("models:/intentloop-shop/7", Reference("shop", version="7")),
        ("models:/intentloop-other/12", Reference("other", version="12")),
        ("models:/intentloop-shop@production", Reference("shop", alias="production")),
        ("models:/intentloop-shop@Canary", Reference("shop", alias="Canary")),
        ("models:/intentloop-shop/Production", Reference("shop", alias="production")),
        ("models:/intentloop-shop/Staging", Reference("shop", alias="staging")),
    ],
)
def test_parse_reference_reads_what_mlflow_writes(text: str, reference: Reference) -> None:
    assert parse_reference(text, bot="shop") == reference


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "@a/b", "@a b", "@@", "seven", "-1", "1" * 30, "models:/", "models:/intentloop-shop",
        "models:/shop@production", "models:/intentloop-../../etc@x", "models:/intentloop-shop@a/b", "runs:/abc/release",
        "\u0661",
    ],
)  # fmt: skip
def test_parse_reference_says_how_a_version_is_named(text: str) -> None:
    with pytest.raises(UserInputError, match=r"models:/intentloop-shop@production|is no bot's model"):
        parse_reference(text, bot="shop")
