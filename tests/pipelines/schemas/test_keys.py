import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.schemas.keys import (
    bot_key_range,
    channel_thread_key,
    message_key,
    thread_id_of,
    thread_key,
    thread_keys,
    turn_key,
    turn_key_range,
)

PART = st.text(alphabet=":%3Aab", max_size=6)


@given(PART, PART, PART, PART)
def test_thread_key_of_different_parts_differs(bot: str, thread: str, other_bot: str, other_thread: str) -> None:
    is_same = (bot, thread) == (other_bot, other_thread)
    assert (thread_key(bot, thread) == thread_key(other_bot, other_thread)) is is_same


@given(PART, PART, PART, PART)
def test_message_key_of_different_parts_differs(thread: str, message: str, other_thread: str, other: str) -> None:
    keys = [message_key(thread_key("b", thread), message), message_key(thread_key("b", other_thread), other)]
    assert (keys[0] == keys[1]) is ((thread, message) == (other_thread, other))


def test_turn_key_sorts_as_the_turns_happened() -> None:
    keys = [turn_key("b:t", turn) for turn in (1, 2, 9, 10, 99, 100, 5000)]
    assert keys == sorted(keys)


def test_turn_key_range_holds_the_thread_and_no_other() -> None:
    lowest, highest = turn_key_range("b:t")
    assert lowest <= turn_key("b:t", 1) <= turn_key("b:t", 9_999_999_999) <= highest
    assert not lowest <= turn_key("b:t2", 1) <= highest
    assert not lowest <= turn_key("b:s", 1) <= highest


def test_message_key_of_the_longest_ids_fits_an_index_of_documentdb() -> None:
    widest = max(len(message_key(thread_key(c * 64, c * 200), c * 200).encode()) for c in (":", "%", "\U0001f600"))
    assert widest < 2048


@given(PART, PART, st.integers(min_value=1, max_value=9_999_999_999))
def test_thread_id_of_gives_what_the_key_was_made_of(bot: str, thread: str, turn: int) -> None:
    assert thread_id_of(turn_key(thread_key(bot, thread), turn)) == thread


@given(PART, PART, PART)
def test_bot_key_range_holds_the_bots_turns_and_no_others(bot: str, other: str, thread: str) -> None:
    lowest, highest = bot_key_range(bot)
    assert (lowest <= turn_key(thread_key(other, thread), 1) < highest) is (bot == other)


ID = st.text(alphabet=":%/2F3Arestxy\u02d0\uff1a ", min_size=1, max_size=9)


@given(ID, ID, st.sampled_from(["x", "y", "xy", "telegram"]))
def test_channel_thread_key_gives_no_caller_of_rest_a_platforms_thread(chosen: str, sender: str, platform: str) -> None:
    theirs = channel_thread_key("b", f"{platform}:{sender}", channel=platform)
    assert theirs == thread_key("b", f"{platform}:{sender}")  # where it has always been
    for thread_id in (chosen, f"{platform}:{sender}", f"rest/{platform}:{sender}"):
        assert channel_thread_key("b", thread_id, channel="rest") != theirs


@given(ID, ID)
def test_channel_thread_key_tells_ids_of_one_channel_apart(one: str, other: str) -> None:
    keys = [channel_thread_key("b", thread_id, channel="rest") for thread_id in (one, other)]
    assert (keys[0] == keys[1]) is (one == other)


@given(ID, st.integers(min_value=1, max_value=99))
def test_thread_keys_hold_each_key_of_an_id(thread_id: str, turn: int) -> None:
    keys = thread_keys("b", thread_id)
    assert {thread_key("b", thread_id), channel_thread_key("b", thread_id, channel="rest")} == set(keys)
    assert {thread_id_of(turn_key(key, turn)) for key in keys} == {thread_id}


def test_channel_thread_key_of_a_platform_needs_its_name() -> None:
    with pytest.raises(ValueError, match="begin with 'telegram' and a colon"):
        channel_thread_key("b", "12345", channel="telegram")
