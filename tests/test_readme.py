from tests.support.readme import README, fresh


def test_readme_configuration_table_is_fresh() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == fresh(text), "run `make fix`"
