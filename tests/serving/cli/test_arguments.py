import pytest

from pipelines.errors import UserInputError
from pipelines.registry.reference import Reference
from serving.cli.arguments import chosen_version


@pytest.mark.parametrize(
    ("bot", "version", "reference"),
    [
        (None, None, Reference("default")),
        ("shop", None, Reference("shop")),
        ("shop", "7", Reference("shop", version="7")),
        ("shop", "@canary", Reference("shop", alias="canary")),
        (None, "models:/intentloop-shop/7", Reference("shop", version="7")),
        ("shop", "models:/intentloop-shop/7", Reference("shop", version="7")),
    ],
)
def test_chosen_version_is_of_the_bot_that_is_named(bot: str | None, version: str | None, reference: Reference) -> None:
    assert chosen_version(bot, version) == reference


@pytest.mark.parametrize("version", ["models:/intentloop-shop/7", "models:/intentloop-shop@production"])
def test_chosen_version_of_another_bot_than_the_option_says_is_an_error(version: str) -> None:
    with pytest.raises(UserInputError, match="is a version of bot 'shop', and --bot says 'library'; leave out --bot"):
        chosen_version("library", version)
