"""Mistakes and harmless edits of an author, planted into a part of the sample bot, and the customers who notice."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Wire = dict[str, Any]
SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "bot.json"
INTENTS = (
    "track_order", "cancel_order", "request_refund", "refund_status", "return_item", "store_hours", "find_store",
    "product_price", "order_product", "shipping_cost", "pickup_points", "apply_discount", "loyalty_points",
    "payment_methods", "gift_cards", "handover", "greet", "thank_you", "fallback", "cancel", "init_conversation",
)  # fmt: skip
ANSWERS = {
    "order_id": "ORD-1042", "product": "rain jacket", "quantity": "2", "city": "Leeds", "country": "France",
    "return_reason": "it was damaged", "discount_code": "SAVE10", "email": "kim@example.com",
}  # fmt: skip
"""What customers answer when they are asked for a value, by its parameter."""


def part_of_sample() -> Wire:
    """Return the intents of the sample bot that `INTENTS` names, with all entities."""
    bot: Wire = json.loads(SAMPLE.read_text(encoding="utf-8"))
    return bot | {"intents": [intent for intent in bot["intents"] if intent["intentId"] in INTENTS]}


def openings(bot: Wire, *, each: int) -> Iterator[str]:
    """Yield the first messages of conversations: examples of every intent, spread over its list."""
    for intent in bot["intents"]:
        texts = [example["text"] for example in intent["trainingData"]]
        yield from texts[:: max(1, len(texts) // each)][:each]


@dataclass(frozen=True)
class Planted:
    """An edit of the drafts: its name, and what the refusal must say, as a pattern; empty if it is harmless."""

    name: str
    edit: Callable[[Wire], None]
    named: str = ""

    def applied_to(self, bot: Wire) -> Wire:
        """Return a changed copy."""
        changed = deepcopy(bot)
        self.edit(changed)
        assert changed != bot, self.name
        return changed


def _intent(bot: Wire, name: str) -> Wire:
    return next(intent for intent in bot["intents"] if intent["intentId"] == name)


def _examples(bot: Wire, name: str) -> list[Wire]:
    examples: list[Wire] = _intent(bot, name)["trainingData"]
    return examples


def _move(source: str, target: str, *, of_ten: int) -> Callable[[Wire], None]:
    """Label `of_ten` of each ten examples of an intent with another one."""

    def edit(bot: Wire) -> None:
        examples = _examples(bot, source)
        moved = [example for place, example in enumerate(examples) if place % 10 < of_ten]
        _intent(bot, source)["trainingData"] = [example for example in examples if example not in moved]
        _examples(bot, target).extend(moved)

    return edit


def _swap(one: str, other: str) -> Callable[[Wire], None]:
    def edit(bot: Wire) -> None:
        first, second = _intent(bot, one), _intent(bot, other)
        first["trainingData"], second["trainingData"] = second["trainingData"], first["trainingData"]

    return edit


def _remove_annotations(entity: str) -> Callable[[Wire], None]:
    def edit(bot: Wire) -> None:
        for intent in bot["intents"]:
            for example in intent["trainingData"]:
                example["entities"] = [span for span in example["entities"] if span["name"] != entity]

    return edit


def _remove_parameter(intent_id: str, name: str) -> Callable[[Wire], None]:
    def edit(bot: Wire) -> None:
        intent = _intent(bot, intent_id)
        intent["parameters"] = [parameter for parameter in intent["parameters"] if parameter["name"] != name]

    return edit


def _remove_intent(intent_id: str) -> Callable[[Wire], None]:
    def edit(bot: Wire) -> None:
        bot["intents"] = [intent for intent in bot["intents"] if intent["intentId"] != intent_id]

    return edit


def _replace(intent_id: str, *path: str, old: str, new: str) -> Callable[[Wire], None]:
    """Replace a text in a field of an intent, such as `apiDetails`, `url`."""

    def edit(bot: Wire) -> None:
        place = _intent(bot, intent_id)
        for key in path[:-1]:
            place = place[key]
        assert old in place[path[-1]], (intent_id, path)
        place[path[-1]] = place[path[-1]].replace(old, new)

    return edit


def _replace_pattern(entity: str, *, old: str, new: str) -> Callable[[Wire], None]:
    def edit(bot: Wire) -> None:
        found = next(each for each in bot["entities"] if each["name"] == entity)
        assert old in found["pattern"], found["pattern"]
        found["pattern"] = found["pattern"].replace(old, new)

    return edit


REGRESSIONS = (
    Planted("half an intent moved", _move("refund_status", "track_order", of_ten=5), "refund_status.*track_order"),
    Planted("a third of an intent relabelled", _move("apply_discount", "gift_cards", of_ten=3), "apply_discount"),
    Planted("two labels swapped", _swap("find_store", "store_hours"), "find_store|store_hours"),
    Planted("annotations removed", _remove_annotations("product"), "product"),
    Planted(
        "a wrong path of a tool",
        _replace("store_hours", "apiDetails", "url", old="/stores/hours", new="/store/hour"),
        "store_hours",
    ),
    Planted(
        "a field of a tool's body renamed",
        _replace("order_product", "apiDetails", "jsonData", old='"quantity":', new='"amount":'),
        "order_product",
    ),
    Planted("a parameter removed", _remove_parameter("shipping_cost", "country"), "shipping_cost"),
    Planted(
        "a misspelt name in a reply",
        _replace("store_hours", "speechResponse", old="result.message", new="result.mesage"),
        "store_hours.*mesage|mesage.*store_hours",
    ),
    Planted("an intent deleted", _remove_intent("loyalty_points"), "loyalty_points"),
    Planted(
        "a pattern that finds nothing",
        _replace_pattern("order_id", old="ord[ -]?|#", new="order[ -]"),
        "order_id|track_order|cancel_order|refund",
    ),
)


def _add(intent_id: str, *texts: str) -> Callable[[Wire], None]:
    def edit(bot: Wire) -> None:
        _examples(bot, intent_id).extend({"text": text, "entities": []} for text in texts)

    return edit


def _add_ten(bot: Wire) -> None:
    for intent_id, text in (
        ("store_hours", "until what time can I come by this evening"),
        ("find_store", "how do I get to your shop from the station"),
        ("handover", "I'd rather talk to one of your colleagues"),
        ("payment_methods", "can I settle the bill with my card"),
        ("gift_cards", "I need a voucher for my sister's birthday"),
        ("greet", "good evening to you all"),
        ("thank_you", "that was a great help, cheers"),
        ("track_order", "any news on when my stuff turns up"),
        ("refund_status", "still waiting for my money, how long will it take"),
        ("apply_discount", "where do I type in my voucher code"),
    ):
        _add(intent_id, text)(bot)


def _add_synonym(bot: Wire) -> None:
    product = next(entity for entity in bot["entities"] if entity["name"] == "product")
    product["entity_values"][0]["synonyms"].append("mac in a sack")


def _new_intent(bot: Wire) -> None:
    texts = (
        "do you wrap presents", "can you gift wrap it", "I'd like it wrapped as a present", "is there gift wrapping",
        "could you put it in wrapping paper", "how much is gift wrap", "please wrap it nicely", "do you do gift boxes",
        "I want wrapping paper and a bow", "can it come in a present box", "wrap it up for a birthday please",
        "is wrapping free of charge", "which wrapping papers are there", "can I choose the ribbon",
    )  # fmt: skip
    bot["intents"].append(
        {
            "name": "Gift wrapping", "intentId": "gift_wrapping", "userDefined": True, "apiTrigger": False,
            "speechResponse": "We wrap presents at no charge. Choose “gift wrap” in the basket.",
            "parameters": [], "labeledSentences": [],
            "trainingData": [{"text": text, "entities": []} for text in texts],
        }
    )  # fmt: skip


def _reworded(intent_id: str, wording: str) -> Callable[[Wire], None]:
    def edit(bot: Wire) -> None:
        _intent(bot, intent_id)["speechResponse"] = wording

    return edit


def _another_prompt(bot: Wire) -> None:
    _intent(bot, "track_order")["parameters"][0]["prompt"] = "Which order is it? Its number begins with ORD."


def _fewer_examples(bot: Wire) -> None:
    del _examples(bot, "gift_cards")[7]
    del _examples(bot, "handover")[11]


def _another_order(bot: Wire) -> None:
    bot["intents"].reverse()


def _one_label_corrected(bot: Wire) -> None:
    _examples(bot, "handover").append(_examples(bot, "greet").pop())


HARMLESS = (
    Planted("ten new examples", _add_ten),
    Planted("a better wording", _reworded("gift_cards", "Gift cards come in any amount, on paper or by e-mail.")),
    Planted(
        "a better wording with a value", _replace("store_hours", "speechResponse", old="{{", new="With pleasure: {{")
    ),
    Planted("another prompt", _another_prompt),
    Planted("a new synonym", _add_synonym),
    Planted("a new intent", _new_intent),
    Planted("two examples deleted", _fewer_examples),
    Planted("another order of the intents", _another_order),
    Planted("one label corrected", _one_label_corrected),
    Planted(
        "more examples of one intent", _add("thank_you", "lovely, thanks so much", "you are a star", "much obliged")
    ),
)
