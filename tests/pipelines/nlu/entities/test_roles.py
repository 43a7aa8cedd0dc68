import re

import pytest

from pipelines.nlu.entities.roles import assign_roles, cues_follow, role_cues
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.understanding import EntitySpan

CITY_CUES = {"city": {"origin": ("from", "starting in"), "destination": ("to", "towards")}}
CITIES = ("Berlin", "Paris", "Bath")


def roles(text: str) -> list[str | None]:
    found = [(text.index(city), city) for city in CITIES if city in text]
    spans = [EntitySpan(start=at, end=at + len(city), type="city", value=city) for at, city in sorted(found)]
    return [span.role for span in assign_roles(text, spans, CITY_CUES)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from Berlin to Paris", ["origin", "destination"]),
        ("to Paris from Berlin", ["destination", "origin"]),
        ("TO the city of Bath", ["destination"]),
        ("starting in Berlin", ["origin"]),
        ("to Paris starting in the lovely Berlin", ["destination", None]),
        ("Berlin to Paris", [None, "destination"]),
        ("Berlin Paris", [None, None]),
        ("Berlin", [None]),
        ("I want to order something in Berlin", [None]),
        ("from, Berlin", [None]),
        ("from Berlin or from Paris", ["origin", "origin"]),
        ("from Berlin Paris Bath", ["origin", None, None]),
    ],
)
def test_assign_roles_by_cue_alone(text: str, expected: list[str | None]) -> None:
    assert roles(text) == expected


def test_assign_roles_keeps_roles_and_other_types() -> None:
    spans = (
        EntitySpan(start=5, end=11, type="city", value="Berlin", role="destination", source="llm"),
        EntitySpan(start=15, end=20, type="airline", value="Paris"),
    )
    assert assign_roles("from Berlin to Paris", spans, CITY_CUES) == spans


def test_role_cues_are_the_parameters_that_share_a_type() -> None:
    parameters = [
        Parameter(name="origin", type="city", cues=("from",)),
        Parameter(name="destination", type="city"),
        Parameter(name="day", type="sys.date"),
        Parameter(name="deadline", type="sys.time", cues=("by",)),
        Parameter(name="note", type="free_text"),
        Parameter(name="remark", type="free_text"),
    ]
    assert role_cues(parameters) == {
        "city": {"origin": ("from",), "destination": ()},
        "sys.time": {"deadline": ("by",)},
    }


@pytest.mark.parametrize(
    "text",
    [
        "to “Berlin”", "to #Berlin", "to *Berlin*", "to **Berlin**", "to (Berlin)", "to [Berlin]", "to @Berlin",
        "to: Berlin",
        "to - Berlin", "to \u2013 Berlin", "to \u200fBerlin", "to \u202aBerlin\u202c", "to\u00a0Berlin", "to\nBerlin",
        "to … Berlin", "to... Berlin", "to → Berlin", "to ✈️ Berlin", "to `Berlin`", "to _Berlin_", "to „Berlin“",
        "to «Berlin»",
        "to the city of “Berlin”", "to “the” Berlin", "to = Berlin", "to <Berlin>", "to \u2039Berlin\u203a",
    ],
)  # fmt: skip
def test_assign_roles_a_sign_between_cue_and_value_takes_nothing_away(text: str) -> None:
    assert roles(text) == ["destination"]


@pytest.mark.parametrize(
    "text",
    [
        "I want to, Berlin", "I want to. Berlin", "where to? Berlin", "where to! Berlin", "I want to; Berlin",
        "(nowhere to) Berlin", "to & Berlin", "to | Berlin",
        "to、Berlin", "to\u060c Berlin", "to। Berlin", "to\uff0cBerlin",
    ],
)  # fmt: skip
def test_assign_roles_commas_and_ends_of_sentences_separate(text: str) -> None:
    assert roles(text) == [None]


def test_assign_roles_cues_in_other_signs() -> None:
    cues = {"city": {"origin": ("à partir de",), "destination": ("à", "für")}}
    for text in ("a\u0300 Paris", "A Paris", "fur Paris", "fu\u0308r „Paris“"):
        span = EntitySpan(start=text.index("Paris"), end=text.index("Paris") + 5, type="city", value="Paris")
        assert assign_roles(text, [span], cues)[0].role == "destination"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[東京]から[大阪]まで", ["origin", "destination"]),
        ("[大阪]へ[東京]から", ["destination", "origin"]),
        ("「[東京]」から「[大阪]」へ行きたい", ["origin", "destination"]),
        ("[東京]から[大阪]", ["origin", None]),
        ("[東京]、から", [None]),
        ("[दिल्ली] से [मुंबई] तक", ["origin", "destination"]),
        ("मुझे [मुंबई] के लिए टिकट", ["destination"]),
        ("[서울]에서 [부산]까지", ["origin", "destination"]),
        ('"[서울]"에서', ["origin"]),
    ],
)
def test_assign_roles_by_the_cue_after_a_value(text: str, expected: list[str | None]) -> None:
    cues = {
        "city": {
            "origin": (
                "から",
                "से",
                "에서",
            ),
            "destination": ("まで", "へ", "तक", "के लिए", "까지"),
        }
    }
    plain, spans = "", []
    for part in re.split(r"(\[[^\]]+\])", text):
        value = part.strip("[]") if part.startswith("[") else part
        if value != part:
            spans.append(EntitySpan(start=len(plain), end=len(plain) + len(value), type="city", value=value))
        plain += value
    assert [span.role for span in assign_roles(plain, spans, cues, follow=True)] == expected


def test_assign_roles_by_the_cue_before_a_value_where_no_blank_parts_words() -> None:
    text = "我要从北京到上海"
    spans = [EntitySpan(start=at, end=at + 2, type="city", value=text[at : at + 2]) for at in (3, 6)]
    cues = {"city": {"origin": ("从",), "destination": ("到", "去")}}
    assert [span.role for span in assign_roles(text, spans, cues)] == ["origin", "destination"]


def test_cues_follow_in_languages_with_postpositions() -> None:
    assert [cues_follow(tag) for tag in ("ja", "ko-KR", "hi_IN", "en", "zh", "de")] == [True] * 3 + [False] * 3
