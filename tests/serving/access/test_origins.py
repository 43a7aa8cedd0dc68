import pytest

from serving.access.origins import is_allowed, read_origin


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example/ ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://*.shop.example", "https://*.shop.example"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_read_origin_writes_it_as_browsers_do(written: str, expected: str) -> None:
    assert read_origin(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "", "*", "null", "shop.example", "https://", "https://*", "https://*.example", "https://shop.example/path",
        "https://shop.example?x", "https://user@shop.example", "https://shop.example:99999", "ftp://shop.example",
        "https://shop..example", "https://-shop.example", "https://shop.*.example", "javascript:alert(1)",
        "https://shop.example https://evil.example", "https://sh op.example", "https://shop.example;evil",
    ],
)  # fmt: skip
def test_read_origin_refuses_what_names_no_site_or_every_site(written: str) -> None:
    with pytest.raises(ValueError, match=r"origin|wildcard"):
        read_origin(written)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://shop.example", True),
        ("https://SHOP.example", True),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("https://shop.example.evil.test", False),
        ("https://evilshop.example", False),
        ("null", False),
        ("", False),
        ("https://www.other.example", True),
        ("https://a.b.other.example", True),
        ("https://other.example", False),
        ("https://evil.test/.other.example", False),
        ("https://evil.test@x.other.example", False),
        ("https://.other.example", False),
        ("http://www.other.example", False),
    ],
)
def test_is_allowed_tells_origins_apart(origin: str, expected: bool) -> None:
    assert is_allowed(origin, ("https://shop.example", "https://*.other.example")) is expected
