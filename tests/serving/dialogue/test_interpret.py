import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pipelines.schemas.understanding import NluResult
from serving.dialogue.interpret import INLINE_CHARS, interpret, shortcut_of
from serving.dialogue.messages import UserMessage

PUBLIC = frozenset(("init_conversation", "cancel"))


class Parser:
    def __init__(self) -> None:
        self.threads: list[int] = []
        self.moments: list[datetime | None] = []

    def parse(self, text: str, *, now: datetime | None = None) -> NluResult:
        self.threads.append(threading.get_ident())
        self.moments.append(now)
        return NluResult(text=text, ranking=())


def message(text: str, *, is_trusted: bool = False) -> UserMessage:
    return UserMessage(bot="b", thread_id="t", message_id="m", text=text, channel="rest", is_trusted=is_trusted)


@pytest.mark.parametrize(
    ("text", "is_trusted", "shortcut"),
    [
        ("/cancel", False, "cancel"),
        ("/cancel ", False, "cancel"),
        ("/buy", False, None),
        ("/buy", True, "buy"),
        ("cancel", False, None),
        ("/", True, None),
        (" /cancel", False, None),
    ],
)
def test_shortcut_of(text: str, is_trusted: bool, shortcut: str | None) -> None:
    assert shortcut_of(message(text, is_trusted=is_trusted), public_shortcuts=PUBLIC) == shortcut


async def test_interpret_asks_the_model_about_a_shortcut_that_is_not_allowed() -> None:
    read = await interpret(message("/buy"), parser=Parser(), public_shortcuts=PUBLIC)
    assert read.nlu is not None
    assert read.nlu.text == "/buy"


async def test_interpret_reads_a_long_text_in_another_thread() -> None:
    parser = Parser()
    await interpret(message("x" * INLINE_CHARS), parser=parser, public_shortcuts=PUBLIC)
    await interpret(message("x" * (INLINE_CHARS + 1)), parser=parser, public_shortcuts=PUBLIC)
    assert parser.threads[0] == threading.get_ident() != parser.threads[1]


async def test_interpret_of_a_blank_text_asks_nobody() -> None:
    parser = Parser()
    read = await interpret(message("  "), parser=parser, public_shortcuts=PUBLIC)
    assert read.nlu == NluResult(text="  ", ranking=())
    assert parser.threads == []


async def test_interpret_reads_a_message_at_its_time_in_the_bots_time_zone() -> None:
    sent = message("tomorrow").model_copy(update={"sent_at": datetime(2026, 11, 23, 23, 30, tzinfo=UTC)})
    parser = Parser()
    read = await interpret(sent, parser=parser, public_shortcuts=PUBLIC, zone=ZoneInfo("Europe/Berlin"))
    assert read.said_at == datetime(2026, 11, 24, 0, 30)  # noqa: DTZ001  on the customer's own clock
    assert parser.moments == [read.said_at]
    assert (await interpret(message("x"), parser=parser, public_shortcuts=PUBLIC)).said_at is None


async def test_interpret_remembers_a_button_that_only_the_thread_can_allow() -> None:
    read = await interpret(message("/buy"), parser=Parser(), public_shortcuts=PUBLIC)
    assert (read.shortcut, read.button) == (None, "buy")
    assert (await interpret(message("buy"), parser=Parser(), public_shortcuts=PUBLIC)).button is None
