import pytest

from pipelines.nlu.system.contacts import EmailFinder, UrlFinder


def emails(text: str) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.value) for one in EmailFinder().find(text, now=None)]


def urls(text: str) -> list[str]:
    found = UrlFinder().find(text, now=None)
    assert all(text[one.start : one.end] == one.value for one in found)
    return [one.value for one in found]


@pytest.mark.parametrize(
    ("text", "written", "value"),
    [
        ("mail John.Doe+x@Example.COM.", "John.Doe+x@Example.COM", "John.Doe+x@example.com"),
        ("'joe@x.org'", "joe@x.org", "joe@x.org"),
        ("<jürgen@müller.de>", "jürgen@müller.de", "jürgen@müller.de"),
        ("メールはjoe@x.co.jpです", "joe@x.co.jp", "joe@x.co.jp"),
    ],
)
def test_find_email(text: str, written: str, value: str) -> None:
    assert emails(text) == [(written, value)]


@pytest.mark.parametrize(
    "text", ["@joe", "joe@", "joe@localhost", "a..b@x.com", "joe.@x.com", "5 @ 3.50", "joe@x.com@y"]
)
def test_find_what_is_no_email(text: str) -> None:
    assert emails(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://x.com/a_(b)). ok", ["https://x.com/a_(b)"]),
        ("www.foo.de/x, shop.example.com!", ["www.foo.de/x", "shop.example.com"]),
        ("foo.museum/tickets?x=1#y", ["foo.museum/tickets?x=1#y"]),
        ("HTTP://LOCALHOST:8000/", ["HTTP://LOCALHOST:8000/"]),
        ("https://", []),
        ("joe@example.com", []),
        ("thanks.it works, e.g. this", []),
    ],
)
def test_find_url(text: str, expected: list[str]) -> None:
    assert urls(text) == expected
