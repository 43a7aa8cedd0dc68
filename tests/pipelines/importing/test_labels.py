"""Labels as people write them, as ids of intents."""

import pytest

from pipelines.importing.labels import name_intents, readable


@pytest.mark.parametrize(
    ("label", "intent_id"),
    [
        ("order_status", "order_status"),
        ("card-arrival", "card-arrival"),
        ("smalltalk.greet", "smalltalk.greet"),
        ("GetWeather", "GetWeather"),
        ("Order status?", "order_status"),
        ("Öffnungszeiten & Preise", "oeffnungszeiten_and_preise"),
        ("¿Dónde está?", "donde_esta"),
        ("C++", "c_plus_plus"),
        ("12", "intent_12"),
        ("заказ", "заказ"),
        ("注文の状況", "注文の状況"),
        ("हिन्दी", "हिन्दी"),
        ("???", "intent"),
        ("x" * 200, "x" * 64),
    ],
)
def test_name_intents_makes_an_id_of_a_label(label: str, intent_id: str) -> None:
    names = name_intents([label])
    assert names.id_by_label == {label: intent_id}
    assert names.name_by_id == {intent_id: label}


@pytest.mark.parametrize(
    "label", ["oos", "OOS", "out_of_scope", "Out of scope", "none", "None", "out-of-domain", "fallback", "nlu_fallback"]
)
def test_out_of_scope_has_many_names(label: str) -> None:
    names = name_intents([label, "hours"])
    assert names.id_by_label == {label: None, "hours": "hours"}
    assert label in names.notes[0]


def test_spellings_of_one_label_are_one_intent() -> None:
    names = name_intents(["Order status"] * 3 + ["order_status", "order-status?", "ORDER  STATUS"])
    assert set(names.id_by_label.values()) == {"order_status"}
    assert sum("are one intent" in note for note in names.notes) == 3


def test_labels_that_only_signs_tell_apart_stay_apart() -> None:
    ids = name_intents(["C", "C++", "C#", "a+b", "a&b"]).id_by_label
    assert len(set(ids.values())) == len(ids)


def test_two_labels_that_give_one_id_get_a_number() -> None:
    ids = name_intents(["für", "fuer", "fuer!"]).id_by_label
    assert len(set(ids.values())) == 2


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("order_status", "Order status"), ("GetWeather", "Get Weather"), ("card-arrival", "Card arrival"),
        ("E-books", "E-books"), ("Order status?", "Order status?"), ("FAQ", "FAQ"),
    ],
)  # fmt: skip
def test_readable_gives_words(label: str, name: str) -> None:
    assert readable(label) == name
