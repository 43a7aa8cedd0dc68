"""Other forms of a sign are read as the usual one, and places in the text stay known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.nlu.features.features import Featurizer
from pipelines.nlu.features.signs import plain_edits
from pipelines.nlu.features.spelling import apply_edits, original_offsets


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Ich mo\u0308chte zuru\u0308ck", "Ich möchte zurück"),
        ("quiero un cafe\u0301 man\u0303ana", "quiero un café mañana"),
        ("I\u2019d like it, they said \u2018no\u2019", "I'd like it, they said \u2018no\u2019"),
        ("\uff54\uff52\uff41\uff49\uff4e \uff17", "train 7"),
        ("\uff7a\uff70\uff8b\uff70\uff76\uff9e", "コーヒーガ"),
        ("か\u3099くせい", "がくせい"),
        ("can\u00adcel \u200fmy\u200b order", "cancel my order"),
        ("\u1109\u1165\u110b\u116e\u11af", "서울"),
        ("Vie\u0323\u0302t Nam", "Việt Nam"),
        ("订单\uff0c谢谢\uff01", "订单\uff0c谢谢\uff01"),
        ("दिल्ली से", "दिल्ली से"),
        ("für übermorgen", "für übermorgen"),
    ],
)
def test_plain_edits_give_the_usual_signs(written: str, plain: str) -> None:
    assert apply_edits(written, plain_edits(written)) == plain


@given(st.text(st.characters() | st.sampled_from("u\u0308\u00ad\u2019\uff21\u200b"), max_size=30))
def test_plain_edits_keep_the_places(text: str) -> None:
    edits = plain_edits(text)
    read = apply_edits(text, edits)
    places = np.array([(place, place + 1) for place in range(len(read))], dtype=np.int32).reshape(-1, 2)
    back = original_offsets(places, edits).tolist()
    assert all(0 <= start < end <= len(text) for start, end in back)
    assert back == sorted(back)


def test_read_gives_the_same_features_for_another_form() -> None:
    features = Featurizer(None)
    features.fit_transform(["ich möchte zurück", "I'd like a café"], progress=lambda share, what: None)
    for written, usual in (
        ("ich mo\u0308chte zuru\u0308ck", "ich möchte zurück"),
        ("I\u2019d like a cafe\u0301", "I'd like a café"),
    ):
        one, other = features.read(written), features.read(usual)
        assert one.text == written
        assert one.sparse.columns.tolist() == other.sparse.columns.tolist()


def test_from_parts_an_older_release_reads_signs_as_typed() -> None:
    features = Featurizer(None)
    features.fit_transform(["ich möchte zurück"], progress=lambda share, what: None)
    settings, arrays = features.to_parts()
    assert Featurizer.from_parts(settings, arrays, None).read("zuru\u0308ck").read_as == "zurück"
    del settings["signs"]
    assert Featurizer.from_parts(settings, arrays, None).read("zuru\u0308ck").read_as == "zuru\u0308ck"
