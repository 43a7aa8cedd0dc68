import pytest

from pipelines.nlu.entities.roles import assign_roles, role_cues
from pipelines.schemas.bot import Parameter
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
