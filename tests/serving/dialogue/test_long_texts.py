"""What stands behind thousands of characters is read, or the limit says so."""

from collections.abc import AsyncIterator

import pytest

from pipelines.errors import UserInputError
from pipelines.nlu.text import MAX_CHARACTERS
from pipelines.registry.release import Release, load_release
from pipelines.settings import Settings
from tests.support.chat import Chat, open_chat
from tests.support.long_texts import COMPLAINTS, long_complaint
from tests.support.releases import make_release


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return load_release(make_release(tmp_path_factory.mktemp("long") / "release", COMPLAINTS), version="1")


@pytest.fixture(params=[4000, 1_000_000])
async def chat(
    request: pytest.FixtureRequest, settings: Settings, mongo_uri: str, release: Release, new_name: str
) -> AsyncIterator[Chat]:
    more = {"mongo_uri": mongo_uri, "mongo_database": "intentloop_test", "max_message_chars": request.param}
    async with open_chat(settings.model_copy(update=more), release, bot=new_name) as opened:
        yield opened


@pytest.mark.parametrize("place", [100, 1990, 2001, 2500, 3970, 9970])
async def test_a_value_is_read_wherever_it_stands(chat: Chat, place: int) -> None:
    if place < chat.services.max_message_chars:
        assert await chat.say(long_complaint(place, " ann@example.org, bye")) == ["Noted for ann@example.org."]


async def test_a_text_for_a_question_is_kept_whole(chat: Chat) -> None:
    for length in (1999, 2500, 4000):
        await chat.say("i have a story", thread=str(length))
        assert await chat.say("x" * length, thread=str(length)) == [f"{length} characters."]


async def test_a_longer_text_is_refused_by_a_sentence_that_names_the_limit(chat: Chat) -> None:
    limit = chat.services.max_message_chars
    assert limit in (4000, MAX_CHARACTERS)
    with pytest.raises(UserInputError, match=f"a text may have {limit} characters; send a shorter one"):
        await chat.say(long_complaint(limit - 10, " ann@example.org"))
