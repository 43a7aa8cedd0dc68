from pipelines.schemas.keys import channel_thread_key, thread_key
from serving.dialogue.effects import idempotency_key
from serving.dialogue.messages import UserMessage


def test_idempotency_key_tells_messages_apart() -> None:
    def key(bot: str, thread: str, message: str, intent: str) -> str:
        said = UserMessage(bot=bot, thread_id=thread, message_id=message, text="", channel="x")
        return idempotency_key(said, intent, thread=thread_key(bot, thread))

    assert key("b", "t", "m", "i") == key("b", "t", "m", "i")
    assert (
        len({key("b", "t", "m", "i"), key("bt", "", "m", "i"), key("b", "tm", "", "i"), key("b", "t", "mi", "")}) == 4
    )


def test_idempotency_key_tells_channels_apart_that_use_the_same_id() -> None:
    keys = set()
    for channel in ("facebook", "rest"):
        said = UserMessage(bot="b", thread_id="facebook:1:2", message_id="m", text="", channel=channel)
        keys.add(idempotency_key(said, "i", thread=channel_thread_key("b", said.thread_id, channel=channel)))
    assert len(keys) == 2
