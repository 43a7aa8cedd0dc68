"""A bot that reads long complaints, and such complaints: what matters stands behind thousands of characters."""

from pipelines.schemas.bot import BotFile
from tests.support.bots import intent

_COMPLAIN = [
    "i want to complain", "file a complaint", "this is bad service", "i am not happy with you", "that was awful",
    "complaint please", "i have to report a problem", "your service is terrible",
]  # fmt: skip
_HELLO = ["hello", "hi there", "good morning", "hey", "good evening", "howdy", "hello bot", "hiya"]
_MAIL = {"name": "mail", "type": "email", "required": True, "prompt": "Your e-mail?"}
_STORY = {"name": "story", "type": "free_text", "required": True, "prompt": "What happened?"}

COMPLAINTS = BotFile.model_validate(
    {
        "intents": [
            intent("complain", "Noted for {{ parameters.mail }}.", _COMPLAIN, parameters=[_MAIL]),
            intent(
                "story",
                "{{ parameters.story | length }} characters.",
                ["i have a story", "let me tell a story", "my story", "here is a story for you", "story time"],
                parameters=[_STORY],
            ),
            intent("hello", "Hello!", _HELLO),
            intent("fallback", "WHAT?", []),
        ]
    }
)


def long_complaint(length: int, end: str) -> str:
    """Give a complaint whose `end` begins at a character."""
    return ("i want to complain, this is bad service and nobody tells me anything. " * (length // 70 + 1))[
        :length
    ] + end
