"""A bot small enough to train in a second, with a tool, a form and the system intents."""

import re
from typing import Any

from pipelines.schemas.bot import BotFile

_MARK = re.compile(r"\[([^\]]+)\]\((\w+)\)")


def example(marked: str) -> dict[str, Any]:
    """Read `where is [ORD-1](order_id)` as a training example of the bot file."""
    text, entities, position = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[position : match.start()]
        entities.append({"value": match[1], "begin": len(text), "end": len(text) + len(match[1]), "name": match[2]})
        text += match[1]
        position = match.end()
    return {"text": text + marked[position:], "entities": entities}


def intent(intent_id: str, response: str, examples: list[str], **fields: Any) -> dict[str, Any]:
    """Give one intent in the shape of a bot file."""
    return {
        "name": intent_id,
        "intentId": intent_id,
        "userDefined": intent_id not in ("fallback", "cancel", "init_conversation"),
        "apiTrigger": False,
        "apiDetails": None,
        "speechResponse": response,
        "parameters": [],
        "labeledSentences": [],
        "trainingData": [example(marked) for marked in examples],
        **fields,
    }


def parameter(name: str, prompt: str, *, type: str | None = None, required: bool = True) -> dict[str, Any]:
    """Give one parameter in the shape of a bot file."""
    return {"id": name, "name": name, "required": required, "type": type or name, "prompt": prompt}


_TRACK = [
    "where is my order [ORD-1042](order_id)", "track order [ORD-2001](order_id)", "track my order",
    "what is the status of order [ORD-7](order_id)", "has my order shipped yet", "order status please",
    "can you tell me where order [ORD-3141](order_id) is", "i want to know where my order is",
    "[ORD-5500](order_id)", "it is [ORD-8123](order_id)", "my order number is [ORD-6021](order_id)",
    "any news on my order [ORD-1999](order_id)", "when does order [ORD-1500](order_id) arrive",
]  # fmt: skip
_BUY = [
    "i want to buy a [tent](product)", "order [two](quantity) [backpacks](product)",
    "buy [3](quantity) [tents](product)",
    "i would like to purchase a [backpack](product)", "can i get [one](quantity) [tent](product) please",
    "add a [rucksack](product) to my basket", "i need [four](quantity) [thermos](product) flasks",
    "buy something", "i would like to buy a [thermos](product)", "get me [2](quantity) [backpacks](product)",
    "[three](quantity)", "[5](quantity)", "[a pair of](quantity) [tents](product)", "purchase [tents](product)",
]  # fmt: skip
_GREET = ["hello", "hi", "hi there", "good morning", "hey", "hello bot", "good evening", "hiya"]
_CANCEL = ["cancel", "stop", "never mind", "forget it", "cancel that", "stop this please"]

TINY_BOT_WIRE: dict[str, Any] = {
    "intents": [
        intent(
            "track_order",
            "Order {{ parameters.order_id }} is {{ result.status }}.",
            _TRACK,
            parameters=[parameter("order_id", "Which order number?")],
            apiTrigger=True,
            apiDetails={
                "url": "{{ endpoints.shop }}/orders/{{ parameters.order_id }}",
                "requestType": "GET",
                "headers": [],
                "isJson": False,
                "jsonData": "{}",
            },
        ),
        intent(
            "order_product",
            "Ordered: {{ parameters.quantity }} x {{ parameters.product }}.###Anything else?",
            _BUY,
            parameters=[parameter("product", "What would you like?"), parameter("quantity", "How many?")],
        ),
        intent("greet", "Hello!", _GREET),
        intent("fallback", "Sorry, I did not understand.", []),
        intent("cancel", "Cancelled.", _CANCEL),
        intent("init_conversation", 'Hi {{ context["username"] }} ### What can I do for you?', []),
    ],
    "entities": [
        {"name": "order_id", "entity_values": []},
        {"name": "quantity", "entity_values": [{"value": "2", "synonyms": ["two", "a pair of"]}]},
        {
            "name": "product",
            "entity_values": [
                {"value": "backpack", "synonyms": ["backpacks", "rucksack"]},
                {"value": "tent", "synonyms": ["tents"]},
                {"value": "thermos", "synonyms": []},
            ],
        },
    ],
}
TINY_BOT = BotFile.model_validate(TINY_BOT_WIRE)
