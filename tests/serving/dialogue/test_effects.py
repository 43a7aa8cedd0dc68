from serving.dialogue.effects import idempotency_key
from serving.dialogue.messages import UserMessage


def test_idempotency_key_tells_messages_apart() -> None:
    def key(bot: str, thread: str, message: str, intent: str) -> str:
        return idempotency_key(UserMessage(bot=bot, thread_id=thread, message_id=message, text="", channel="x"), intent)

    assert key("b", "t", "m", "i") == key("b", "t", "m", "i")
    assert (
        len({key("b", "t", "m", "i"), key("bt", "", "m", "i"), key("b", "tm", "", "i"), key("b", "t", "mi", "")}) == 4
    )
