"""What of the log enters the labelling queue, in which order, on which side of the wall."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from pipelines.labelling.mine import ANSWERS, BETWEEN, DECIDED, TAUGHT, UNDERSTOOD, Mined, mine_turns
from pipelines.registry.release import Release
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.labels import LabelItem, Proposal, side_of
from pipelines.schemas.llm import LlmConfig
from pipelines.schemas.understanding import EntitySpan, IntentScore, NluResult
from tests.support.turns import MONDAY, said_by_llm, turn_of, turns_of

TUESDAY = MONDAY + timedelta(days=1)
ORDER = [
    EntitySpan(start=9, end=14, type="order_id", value="ORD-1"),
    EntitySpan(start=0, end=5, type="date", value="x"),
]


@dataclass(frozen=True)
class Scripted:
    """A model whose readings are written down: intent and confidence by text, `greet` at .9 for any other."""

    by_text: dict[str, tuple[str, float]]
    entities: Sequence[EntitySpan] = ()

    def parse(self, text: str, **_: Any) -> NluResult:
        intent_id, confidence = self.by_text.get(text, ("greet", 0.9))
        second = "cancel" if intent_id != "cancel" else "greet"
        ranking = (
            IntentScore(intent_id=intent_id, confidence=confidence),
            IntentScore(intent_id=second, confidence=(1 - confidence) / 2),
        )
        return NluResult(text=text, ranking=ranking, entities=tuple(self.entities))


def reader(release: Release, version: str = "2", entities: Sequence[EntitySpan] = (), **by_text: Any) -> Release:
    return replace(release, version=version, model=Scripted(by_text, entities))  # type: ignore[arg-type]


@pytest.fixture
def dig(tiny_release: Release) -> Any:
    """Give mining with a release that reads as it is told, 0.9 `greet` by default."""

    def run(
        *turns: dict[str, Any],
        queue: Sequence[LabelItem] = (),
        examples: Sequence[str] = (),
        shadow: Release | None = None,
        newest: Release | None = None,
        **by_text: Any,
    ) -> Mined:
        return mine_turns(
            turns_of(*turns),
            bot="shop",
            queue=queue,
            examples=examples,
            newest=newest or reader(tiny_release, **by_text),
            shadow=shadow,
            now=TUESDAY,
            kept=timedelta(days=180),
        )

    return run


def texts(mined: Mined) -> list[str]:
    return [item.text for item in mined.items]


def accepted(item: LabelItem, **fields: Any) -> LabelItem:
    update = {"status": "accepted", "intent_id": "greet", "destination": item.bound_for, "revision": 1, **fields}
    return item.model_copy(update=update)


def test_mine_keeps_what_needed_help_and_leaves_out_what_was_understood(dig: Any) -> None:
    mined = dig(
        turn_of(1, "morning to you"),
        turn_of(2, "is it there", llm=said_by_llm("track_order", 0.8)),
        turn_of(3, "umm the thing", route="fallback", why="confidence below 0.3"),
        turn_of(4, "who won the cup", llm=said_by_llm(None)),
        **{"umm the thing": ("cancel", 0.4)},
    )
    assert sorted(texts(mined)) == ["is it there", "umm the thing", "who won the cup"]
    assert mined.left_out == {UNDERSTOOD: 1}
    by_text = {item.text: item for item in mined.items}
    assert by_text["is it there"].proposals == (
        Proposal(by="llm", intent_id="track_order", confidence=0.8),
        Proposal(by="classifier", intent_id="greet", confidence=0.9),
    )
    assert by_text["who won the cup"].proposals[0] == Proposal(by="llm", intent_id=OUT_OF_SCOPE)
    assert "1 left out: understood" in str(mined)


def test_of_a_young_bot_every_new_text_is_worth_a_look(dig: Any) -> None:
    said = [turn_of(1, "morning to you"), turn_of(2, "what is the capital of France"), turn_of(3, "hi")]
    few = ["hi", "hello there", "where is my order"]
    assert sorted(texts(dig(*said, examples=few))) == ["morning to you", "what is the capital of France"]
    many = [*few, *(f"where is my order {number}" for number in range(100))]
    assert texts(dig(*said, examples=many)) == []


def test_mine_leaves_out_answers_to_forms_and_questions_buttons_and_signs(dig: Any) -> None:
    mined = dig(
        turn_of(1, "ORD-12", route="form", why="answer to the form"),
        turn_of(2, "no stop", route="cancel", why="not confirmed"),
        turn_of(3, "dunno mate", route="fallback", why="track_order: asked in vain for order_id"),
        turn_of(4, "yes", route="fallback", why="an answer to no question"),
        turn_of(5, "/cancel", nlu=None, why="shortcut"),
        turn_of(6, "???", route="fallback", why="nothing to read"),
        turn_of(7, "the first", label={"message_id": "m0", "text": "x", "intent_id": "greet"}),
        **dict.fromkeys(("ORD-12", "no stop", "dunno mate", "yes", "???", "the first"), ("cancel", 0.2)),
    )
    assert mined.items == ()
    assert (mined.n_turns, mined.left_out) == (7, {ANSWERS: 5})


def state(form: str = "", *, asking: str = "order_id", options: tuple[str, ...] = ()) -> str:
    """Give a dialogue's state as the log holds it: an open form, or a "did you mean"."""
    forms = [{"intent_id": form, "slots": [], "asking": asking}] if form else []
    question = {"message_id": "m", "text": "x", "options": options} if options else None
    return json.dumps({"forms": forms, "context": {}, "question": question})


def test_mine_finds_wishes_in_and_after_a_form_and_no_answers(dig: Any) -> None:
    said = [
        ("track my order", {"state": state("track_order")}),
        (
            "wait, I want to cancel the order",
            {"route": "form", "why": "form is active; x", "state": state("track_order")},
        ),
        ("banana", {"route": "form", "why": "form is active; x", "state": state("track_order")}),
        ("can I speak to a human", {"route": "form", "why": "form is active; x", "state": state("track_order")}),
        ("ORD-12", {"route": "form", "why": "answer to the form; x", "state": state()}),
        ("perfect, thanks a lot", {"route": "fallback", "why": "confidence below 0.3", "state": state()}),
        ("wifi password", {"route": "fallback", "why": "confidence below 0.3", "state": state()}),
        ("book it", {"state": state("order_product", asking="quantity")}),
        ("several", {"route": "fallback", "why": "order_product: asked in vain for quantity", "state": state()}),
        ("maybe seven of them", {"route": "fallback", "why": "confidence below 0.3", "state": state()}),
        ("umm the parcel thing", {"route": "clarify", "why": "torn", "state": state(options=("a", "b"))}),
        ("the other thing", {"route": "fallback", "why": "confidence below 0.3", "state": state()}),
    ]
    turns = [
        turn_of(number, text, thread_id="t", turn=number, **{"route": "intent", "why": "most likely", **fields})
        for number, (text, fields) in enumerate(said, start=1)
    ]
    kept = ["wait, I want to cancel the order", "can I speak to a human", "wifi password", "umm the parcel thing"]
    mined = dig(*turns, **{text: ("greet", 0.2) for text, _ in said})
    assert sorted(texts(mined)) == sorted([*kept, "track my order", "book it"])
    assert mined.left_out == {ANSWERS: len(said) - 6}


def test_mine_keeps_a_wish_that_turns_every_option_down(dig: Any) -> None:
    none = {"message_id": "m1", "text": "x", "intent_id": None}
    mined = dig(
        turn_of(1, "umm the parcel thing", thread_id="t", route="clarify"),
        turn_of(2, "neither", thread_id="t", turn=2, label=none),
        turn_of(3, "neither, I want a refund", thread_id="u", turn=2, label=none),
        **dict.fromkeys(("umm the parcel thing", "neither", "neither, I want a refund"), ("greet", 0.2)),
    )
    assert sorted(texts(mined)) == ["neither, I want a refund", "umm the parcel thing"]


def test_mine_keeps_a_text_that_was_an_answer_once_and_a_wish_another_time(dig: Any) -> None:
    mined = dig(
        turn_of(1, "gift wrapping", route="form", why="form is active; x"),
        turn_of(2, "gift wrapping", route="fallback", why="confidence below 0.3"),
        **{"gift wrapping": ("greet", 0.2)},
    )
    assert [(item.text, len(item.sources)) for item in mined.items] == [("gift wrapping", 1)]
    assert mined.left_out == {}


def test_mine_takes_the_customers_own_word(dig: Any) -> None:
    asked = turn_of(1, "change the thing", thread_id="t", route="clarify")
    chosen = {"message_id": "m1", "text": "change the thing", "intent_id": "order_product"}
    none = {"message_id": "m3", "text": "other thing", "intent_id": None}
    mined = dig(
        asked,
        turn_of(2, "the second", thread_id="t", turn=2, label=chosen),
        turn_of(3, "other thing", thread_id="u", route="clarify"),
        turn_of(4, "none of these", thread_id="u", turn=2, label=none),
        **{"change the thing": ("greet", 0.5), "other thing": ("greet", 0.5)},
    )
    words = {item.text: [(each.by, each.intent_id) for each in item.proposals] for item in mined.items}
    assert words == {
        "change the thing": [("clarification", "order_product"), ("classifier", "greet")],
        "other thing": [("classifier", "greet")],  # that none of two was meant is no label
    }
    assert texts(mined)[0] == "change the thing"


def test_mine_ranks_by_margin_disagreement_and_how_often_it_is_said(dig: Any, tiny_release: Release) -> None:
    shadow = reader(tiny_release, version="3", **{"who disagrees here": ("cancel", 0.9)})
    mined = dig(
        turn_of(1, "agreed on this one", llm=said_by_llm("greet")),
        turn_of(2, "who disagrees here", llm=said_by_llm("greet")),
        turn_of(3, "a close race that is", route="fallback"),
        *(turn_of(number, f"nearly the same text number {number}", route="fallback") for number in range(4, 8)),
        shadow=shadow,
        **{"a close race that is": ("greet", 0.4)},
        **{f"nearly the same text number {number}": ("greet", 0.4) for number in range(4, 8)},
    )
    values = {item.text: item.value for item in mined.items}
    assert values["nearly the same text number 4"] > values["a close race that is"] > values["who disagrees here"]
    assert values["who disagrees here"] > values["agreed on this one"]
    assert len({item.cluster for item in mined.items}) == 4
    assert [item.value for item in mined.items] == sorted(values.values(), reverse=True)


def test_mine_again_adds_nothing_and_never_reopens_what_was_decided(dig: Any) -> None:
    turns = [turn_of(1, "is it there", llm=said_by_llm("track_order")), turn_of(2, "thing gone", route="fallback")]
    unsure = {"thing gone": ("greet", 0.4)}
    first = dig(*turns, **unsure)
    assert dig(*turns, queue=first.items, **unsure).items == ()
    decided = [accepted(item) for item in first.items]
    again = dig(*turns, turn_of(3, "Thing  GONE", route="fallback"), queue=decided, **unsure)
    assert again.items == ()
    assert again.left_out == {DECIDED: 2}
    assert dig(*turns, examples=["is it there", "THING gone"], **unsure).left_out == {TAUGHT: 2}


def test_mine_learns_more_about_open_items(dig: Any) -> None:
    unsure = {"thing gone": ("greet", 0.4)}
    first = dig(turn_of(1, "thing gone", route="fallback", llm=said_by_llm("cancel")), **unsure)
    more = dig(
        turn_of(2, "thing gone!", route="fallback"),
        turn_of(3, "thing gone", route="fallback"),
        queue=first.items,
        **unsure,
    )
    refreshed = next(item for item in more.items if item.revision == 1)
    assert [source.message_id for source in refreshed.sources] == ["m1", "m3"]
    assert refreshed.keep_until == refreshed.sources[1].said_at + timedelta(days=180)
    assert refreshed.proposals == first.items[0].proposals
    assert refreshed.value > first.items[0].value  # said by three now, the new wording included
    newer = dig(queue=first.items, **{"thing gone": ("cancel", 0.8)})
    assert newer.items[0].proposals[1] == Proposal(by="classifier", intent_id="cancel", confidence=0.8)


@pytest.mark.parametrize(
    ("words", "newest", "agreed"),
    [
        ({"llm": said_by_llm("cancel")}, ("cancel", 0.8), "cancel"),
        ({"llm": said_by_llm("cancel")}, ("cancel", 0.4), None),  # it would not act on it
        ({"llm": said_by_llm("cancel")}, ("greet", 0.8), None),
        ({"llm": said_by_llm(None)}, ("cancel", 0.8), None),
        ({"route": "fallback"}, ("cancel", 0.6), None),  # nobody but the release
        ({"llm": said_by_llm("cancel"), "release": "2"}, ("cancel", 0.8), None),  # it has not been trained since
        ({"llm": said_by_llm("cancel"), "text": "thing gone, ada@home.org"}, ("cancel", 0.8), None),
    ],
)
def test_mine_notes_what_may_be_accepted_unseen(
    dig: Any, words: dict[str, Any], newest: tuple[str, float], agreed: str | None
) -> None:
    turn = {**turn_of(1, "thing gone"), **words}
    found = dig(turn, **{turn["text"]: newest}).items
    assert [item.agreed for item in found] == [agreed]
    assert found[0].personal_data == (("email",) if "@" in turn["text"] else ())


def test_mine_leaves_what_judges_releases_to_people(dig: Any) -> None:
    words = [f"what about the {chr(97 + n) * 9} that i ordered" for n in range(20)]
    found = dig(*(turn_of(n, word, llm=said_by_llm("greet")) for n, word in enumerate(words))).items
    assert {(item.bound_for, item.agreed) for item in found} == {("train", "greet"), ("holdout", None)}


def test_mine_does_not_queue_all_that_a_language_model_reads_first(dig: Any, tiny_release: Release) -> None:
    llm = LlmConfig(mode="zero_shot", model="m")
    newest = reader(tiny_release, **{"close race": ("greet", 0.4)})
    newest = replace(newest, definition=newest.definition.model_copy(update={"llm": llm}))
    texts_said = ("hello you lot", "close race", "hello the other")
    said = [turn_of(n, text, llm=said_by_llm("cancel" if n == 2 else "greet")) for n, text in enumerate(texts_said)]
    assert sorted(texts(dig(*said, newest=newest))) == ["close race", "hello the other"]


def test_mine_two_witnesses_who_disagree_agree_on_nothing(dig: Any, tiny_release: Release) -> None:
    asked = turn_of(1, "thing gone", llm=said_by_llm("cancel"))
    assert (
        dig(asked, turn_of(2, "thing gone", llm=said_by_llm("greet")), **{"thing gone": ("cancel", 0.9)})
        .items[0]
        .agreed
        is None
    )
    shadow = reader(tiny_release, version="3", **{"thing gone": ("greet", 0.9)})
    assert dig(asked, shadow=shadow, **{"thing gone": ("cancel", 0.9)}).items[0].agreed is None


def test_mine_proposes_annotations_of_the_bots_own_types(dig: Any, tiny_release: Release) -> None:
    newest = reader(tiny_release, entities=ORDER)
    (item,) = dig(turn_of(1, "where is ORD-1 now", llm=said_by_llm("track_order")), newest=newest).items
    assert [(span.type, span.value) for span in item.entities] == [("order_id", "ORD-1")]


def test_near_duplicates_go_the_same_way_also_later(dig: Any) -> None:
    stems = [f"what has become of the parcel with my {chr(97 + number) * 12} in it" for number in range(25)]
    unsure = {stem + end: ("greet", 0.4) for stem in stems for end in ("", "!", " now", " then")}
    queue: list[LabelItem] = []
    for week, end in enumerate(("", "!", " now", " then")):
        monday = MONDAY + timedelta(weeks=week)
        turns = [turn_of(number, stem + end, route="fallback", created_at=monday) for number, stem in enumerate(stems)]
        found = {item.id: item for item in dig(*turns, queue=queue, **unsure).items}
        queue = [found.pop(item.id, item) for item in queue] + list(found.values())
        queue = [accepted(item) if number % 3 else item for number, item in enumerate(queue)]
    sides: dict[str, set[str]] = {}
    for item in queue:
        sides.setdefault(item.cluster, set()).add(item.bound_for)
    assert (len(queue), len(sides)) == (100, 25)
    assert {len(each) for each in sides.values()} == {1}
    assert set().union(*sides.values()) == {"train", "holdout"}
    assert {item.week for item in queue} == {"2026-W45"}


def test_text_like_an_example_is_learnt_and_one_between_the_sides_is_left_out(dig: Any) -> None:
    words = [f"has the {chr(97 + n) * 6} arrived at my place by now" for n in range(20)]
    unsure = dict.fromkeys([*words, *(word + " then" for word in words)], ("greet", 0.4))
    first = dig(*(turn_of(n, word, route="fallback") for n, word in enumerate(words)), **unsure)
    held = next(item for item in first.items if item.bound_for == "holdout")
    assert held.bound_for == side_of(held.cluster, held.week)
    later = turn_of(30, held.text + " then", route="fallback")
    assert dig(later, queue=[held], **unsure).items[0].bound_for == "holdout"
    assert dig(later, examples=[held.text], **unsure).items[0].bound_for == "train"
    between = dig(later, queue=[held], examples=[held.text + " too"], **unsure)
    assert [item.id for item in between.items] in ([], [held.id])
    assert between.left_out == {BETWEEN: 1}
