"""Forms of a word that are the same value."""

import pytest

from pipelines.nlu.entities import forms
from pipelines.nlu.entities.forms import PlainText, bare, composed, forget_words, typed
from pipelines.nlu.entities.synonyms import KnownPhrase, KnownValues
from pipelines.nlu.text import tokenize
from pipelines.schemas.bot import Entity


def known(*values: str, synonyms: tuple[str, ...] = ()) -> KnownValues:
    rows = [{"value": value, "synonyms": list(synonyms)} for value in values]
    return KnownValues([Entity.model_validate({"name": "x", "entity_values": rows})])


def found(listed: KnownValues, text: str) -> list[tuple[str, str]]:
    tokens = tokenize(text)
    return [(text[tokens[one.first].start : tokens[one.last - 1].end], one.value) for one in listed.find(tokens)]


SAME = [
    # value, what a customer writes for it
    ("Zürich", "Zu\u0308rich"), ("Zürich", "Zurich"), ("Zürich", "Zuerich"), ("Zürich", "ZÜRICH"),
    ("Zu\u0308rich", "Zürich"), ("São Paulo", "Sao Paulo"), ("São Paulo", "Sa\u0303o\u00a0Paulo"),
    ("São Paulo", "SÃO  PAULO"), ("Saint-Étienne", "saint etienne"), ("Saint-Étienne", "Saint\u2010Étienne"),
    ("Saint-Étienne", "Saint\u2011Etienne"), ("New York", "new-york"), ("New York", "New\u2013York"),
    ("New York", "New\u202fYork"), ("New York", "New\u2212York"), ("St. John's", "St. John\u2019s"),
    ("St. John's", "St. John\u02bcs"), ("St. John's", "st johns"), ("St. John\u2019s", "St. John's"),
    ("L'Aquila", "L\u2019Aquila"), ("O'Brien", "obrien"), ("Berlin", "Ber\u00adlin"), ("Berlin", "Ber\u200blin"),
    ("Köln", "koeln"), ("Köln", "Koln"), ("Straße", "STRASSE"), ("Strasse", "Straße"), ("Größe M", "groesse m"),
    ("Düsseldorf", "du\u0308sseldorf"), ("Baden-Baden", "baden baden"), ("Gießen", "giessen"), ("Ålesund", "Aalesund"),
    ("Garmisch-Partenkirchen", "garmisch partenkirchen"), ("Übermäßig", "ubermassig"),
    ("Málaga", "malaga"), ("Bogotá", "BOGOTA"), ("Coruña", "corun\u0303a"), ("Coruña", "coruna"), ("Perú", "peru"),
    ("Córdoba", "co\u0301rdoba"), ("León", "leon"), ("café con leche", "cafe con leche"), ("pingüino", "pinguino"),
    ("México D.F.", "Mexico DF"), ("Alcalá-de-Henares", "alcala de henares"),
    ("iPhone 15", "\uff49\uff30\uff48\uff4f\uff4e\uff45\uff11\uff15"), ("Wi-Fi", "wi fi"), ("T-Shirt", "t\u2011shirt"),
    ("İstanbul", "istanbul"), ("İstanbul", "ISTANBUL"), ("istanbul", "İSTANBUL"), ("Diyarbak\u0131r", "DIYARBAKIR"),
    ("Tromsø", "tromso"), ("Łódź", "lodz"), ("Орёл", "орел"), ("Αθήνα", "ΑΘΗΝΑ"), ("Việt Nam", "viet nam"),
    ("パリ", "\uff8a\uff9f\uff98"), ("パリ", "ハ\u309aリ"), ("東京タワー", "東京 タワー"), ("京都駅", "京\u200b都駅"),
    ("１号", "1号"), ("서울", "\u1109\u1165\u110b\u116e\u11af"),
    ("أبو ظبي", "ابو ظبي"), ("محمد", "م\u064fح\u064eم\u0651\u064eد"), ("القاهرة", "القاهـرة"), ("کراچی", "كراچي"),
    ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd"), ("U.S.S.R.", "ussr"),
    ("McDonald's", "mcdonalds"),
    ("क़लम", "क\u093cलम"), ("कोलकाता", "कोल\u200dकाता"), ("हिन्दी", "हिन्\u200cदी"), ("नई दिल्ली", "नई-दिल्ली"),
    ("น้ำ", "น\u0e49\u0e4dา"), ("เชียงใหม่", "เชียง\u200bใหม่"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "said"), SAME)
def test_find_and_canonical_other_signs_for_the_same_value(value: str, said: str) -> None:
    listed = known(value)
    assert listed.canonical("x", said) == value
    assert found(listed, f"a {said}, b 7") == [(said, value)]
    assert found(listed, said) == [(said, value)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("té", "te quiero preguntar algo"), ("sí", "si puede ser"), ("Pará", "un vuelo para Berlin"),
        ("Schön", "das war schon alles"), ("für", "a fur coat"), ("Río", "junto al rio"),
        ("Zu", "nach Zu\u0308rich"), ("rich", "nach Zu\u0308rich"), ("कल", "कलम दो"),
        ("दिल", "दिल्ली में"), ("গা", "গাড়ি চাই"),
        ("ペン", "ペンギンを見る"), ("パン", "パンツを買う"), ("カレ", "カレーを食べる"),
        ("大", "大家好"), ("红", "我要红茶"),
        ("大", "大きいです"), ("もも", "すももをください"), ("배", "배송 조회"), ("대구", "동대구역"),
        ("กา", "กาแฟร้อน"), ("5", "3.5 15"),
        ("A-", "grade A please"), ("3-5", "3 5"), ("New York", "new. York"), ("is land", "island"),
        ("й", "и"), ("が", "かを"), ("مكة", "مكتب"),
    ],
)  # fmt: skip
def test_find_nothing_in_other_words(value: str, text: str) -> None:
    tokens = tokenize(text)
    assert [one for one in known(value).find(tokens) if value != "5" or tokens[one.first].text != "5"] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("té", "un té, por favor"), ("té", "Te"), ("Río", "rio!"), ("大", "我要大的"), ("大", "大"), ("红", "红色"),
        ("パン", "パンを2つ"),
        ("すし", "すしをください"), ("배", "배를 주세요"), ("서울", "서울에서 부산"),
        ("上海", "明天上海的天气怎么样"), ("手机", "iPhone15手机"),
        ("กา", "กา 2"), ("เชียงใหม่", "ไปเชียงใหม่พรุ่งนี้"), ("ភ្នំពេញ", "ទៅភ្នំពេញ"), ("ວຽງຈັນ", "ໄປວຽງຈັນ"),
        ("東京", "東京から大阪"),
        ("マルゲリータ", "マルゲリータピザを2枚"), ("दिल्ली", "दिल्ली से"), ("القاهرة", "إلى القاهرة"),
    ],
)  # fmt: skip
def test_find_a_value_that_stands_apart(value: str, text: str) -> None:
    assert [one for _, one in found(known(value), text)] == [value]


def test_find_the_exact_value_wins_where_only_accents_differ() -> None:
    listed = known("papa", "papá", "Baden Baden", "Baden-Baden")
    assert [found(listed, said)[0][1] for said in ("papa", "PAPÁ", "papa\u0301", "baden-baden", "baden baden")] == [
        "papa", "papá", "papá", "Baden-Baden", "Baden Baden",
    ]  # fmt: skip


def test_find_names_all_values_that_a_word_without_accents_stands_for() -> None:
    assert known("Péché", "Pêche").find(tokenize("peche")) == [KnownPhrase(0, 1, "x", "Péché", ("Pêche",))]


def test_canonical_composes_what_is_not_listed() -> None:
    assert known("Bath").canonical("x", "Zu\u0308ri\u00adch\u00a0West") == "Zürich West"
    assert known("Bath").canonical("x", "caf\u00e9 \u2019n\u2019 go") == "café \u2019n\u2019 go"


def test_typed_and_bare_keep_signs_that_tell_words_apart() -> None:
    assert typed("Ärger") == "ärger"
    assert bare("Ärger") == "arger"
    assert bare("й") == "й"
    assert bare("ガ") == "ガ"
    assert bare("की") == "की"
    assert composed("Stra\u00dfe") == "Straße"


def test_plain_text_knows_where_each_character_stands() -> None:
    written = "Nr.\u00a0\uff11\u200b2 e\u0301\u2010\ufb01"
    plain = PlainText.of(written)
    assert plain.text == "Nr. 12 é-fi"
    assert plain.place(4, 6) == (4, 7)
    assert written[slice(*plain.place(7, 11))] == "e\u0301\u2010\ufb01"


def test_forget_words_keeps_no_word_of_a_customer() -> None:
    assert (typed("Zoë"), bare("Zoë"), composed("Zoë")) == ("zoë", "zoe", "Zoë")
    forget_words()
    assert [one.cache_info().currsize for one in (forms._typed, forms._bare, forms._composed)] == [0, 0, 0]
