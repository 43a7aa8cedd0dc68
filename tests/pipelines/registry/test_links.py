import pytest

from pipelines.registry.links import model_page, page, run_page, version_page

MODE = "workflowType=machine_learning"


@pytest.mark.parametrize(
    ("uri", "base"),
    [
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("https://mlflow.example.com/", "https://mlflow.example.com"),
        ("https://example.com/mlflow/", "https://example.com/mlflow"),
        ("https://me:s3cret@mlflow.example.com", "https://mlflow.example.com"),
    ],
)
def test_links_open_the_mode_that_has_models(uri: str, base: str) -> None:
    assert page(uri) == f"{base}/#/?{MODE}"
    assert model_page(uri, "intentloop-shop") == f"{base}/#/models/intentloop-shop?{MODE}"
    assert version_page(uri, "intentloop-shop", "7") == f"{base}/#/models/intentloop-shop/versions/7?{MODE}"
    assert run_page(uri, "3", "a" * 32) == f"{base}/#/experiments/3/runs/{'a' * 32}?{MODE}"


@pytest.mark.parametrize("uri", ["sqlite:///mlflow.db", "file:///tmp/mlruns", "postgresql://me:s3cret@db/mlflow", ""])
def test_store_without_pages_has_no_links(uri: str) -> None:
    assert (
        page(uri) == model_page(uri, "intentloop-shop") == version_page(uri, "x", "1") == run_page(uri, "1", "2") == ""
    )


def test_page_names_are_quoted() -> None:
    assert model_page("http://m", "a/b?c#d") == f"http://m/#/models/a%2Fb%3Fc%23d?{MODE}"
