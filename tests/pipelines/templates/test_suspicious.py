import time

import pytest

from pipelines.schemas.bot import BotFile
from pipelines.templates.suspicious import suspicious_places
from tests.support.bots import TINY_BOT, intent


def places(*, response: str = "Done.", called: bool = True, **tool: object) -> list[str]:
    details = {"url": "https://a/x", **tool}
    only = intent("buy", response, [], apiTrigger=called, apiDetails=details)
    return list(suspicious_places(BotFile.model_validate({"intents": [only]})))


def test_suspicious_places_of_a_sound_bot_are_none() -> None:
    assert list(suspicious_places(TINY_BOT)) == []
    assert places(response="{{ result.data.__typename }} __init__ is a word", url="{{ endpoints.shop }}/a@b") == []


@pytest.mark.parametrize("called", [True, False])
@pytest.mark.parametrize(
    ("tool", "sentence"),
    [
        ({"url": "file:///etc/passwd"}, "buy.apiDetails.url: no tool may call file:"),
        ({"url": " GOPHER://a"}, "buy.apiDetails.url: no tool may call GOPHER:"),
        ({"url": "https://ann:pw@a/x"}, "buy.apiDetails.url: a user name in a URL is not sent"),
        ({"url": "https://a/x\r\nHost: b"}, "buy.apiDetails.url: it holds a line end"),
        ({"headers": [{"headerKey": "X\r\nB", "headerValue": "v"}]}, "buy.apiDetails.headers.X\r\nB: it holds a line"),
        ({"headers": [{"headerKey": "X", "headerValue": "v\nB: 1"}]}, "buy.apiDetails.headers.X: it holds a line end"),
        ({"jsonData": "{{ parameters.__class__ }}"}, "buy.apiDetails.jsonData: it reaches for '__class__'"),
        ({"response": "{{ self._TemplateReference__context }}"}, "buy.speechResponse: it reaches for '_TemplateRef"),
        ({"response": "{{ 1 }}" * 9000}, "buy.speechResponse: it has more than 20000 characters"),
    ],
)
def test_suspicious_places_are_named(tool: dict[str, object], sentence: str, called: bool) -> None:
    (found,) = places(**tool, called=called)  # type: ignore[arg-type]
    assert found.startswith(sentence)


def test_suspicious_places_of_a_huge_bot_take_no_time() -> None:
    begin = time.process_time()
    places(response="{{ " * 1_000_000, jsonData="{% " * 1_000_000, url="https://" + "a@" * 1_000_000)
    assert time.process_time() - begin < 2.0
