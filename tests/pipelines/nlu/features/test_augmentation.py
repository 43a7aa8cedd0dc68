"""Copies that mean the same, made of what the bot was taught."""

from pipelines.nlu.features.augmentation import GREETINGS, varied_copies
from pipelines.nlu.features.features import Featurizer
from pipelines.nlu.intents.classifier import IntentClassifier
from pipelines.nlu.intents.regimes import Tuning
from pipelines.schemas.examples import Example, LabelledSpan

VALUES = [f"X{number}" for number in range(40)]


def ordered(number: int) -> Example:
    value = VALUES[number]
    span = LabelledSpan(start=6, end=6 + len(value), type="order", value=value)
    return Example(id=str(number), text=f"track {value} now", intent="track", entities=(span,))


def plain(number: int) -> Example:
    return Example(id=f"p{number}", text=f"stop {number}", intent="stop")


ROWS = [*map(ordered, range(40)), *map(plain, range(40))]


def test_varied_copies_have_other_values_of_the_same_type_and_intent() -> None:
    copies = [copy for copy in varied_copies(ROWS, language="xx", seed=0) if copy.origin is not None]
    assert 17 <= len(copies) <= 20  # half of the rows with entities, but for values drawn that are the same
    for copy in copies:
        words = copy.text.split()
        assert (words[0], words[2], copy.intent) == ("track", "now", "track")
        assert words[1] in VALUES
        assert copy.text != ROWS[copy.origin or 0].text


def test_varied_copies_greet_in_the_bots_language() -> None:
    copies = varied_copies(ROWS, language="de-AT", seed=0)
    greeted = [copy for copy in copies if copy.text.startswith(GREETINGS["de"])]
    assert {copy.intent for copy in greeted} == {"track", "stop"}
    assert len(greeted) < 0.2 * len(ROWS)


def test_varied_copies_are_the_same_for_a_seed() -> None:
    assert varied_copies(ROWS, language="en", seed=3) == varied_copies(ROWS, language="en", seed=3)
    assert varied_copies(ROWS, language="en", seed=3) != varied_copies(ROWS, language="en", seed=4)


def test_varied_copies_of_a_tiny_bot_are_none() -> None:
    assert varied_copies([ordered(0), plain(0), plain(1)], language="en", seed=0) == []


def test_varied_copies_overlapping_spans_are_replaced_once() -> None:
    spans = tuple(LabelledSpan(start=start, end=8, type="order", value="") for start in (6, 7))
    rows = [Example(id=str(n), text="track X1 now", intent="track", entities=spans) for n in range(30)]
    assert all(copy.text.endswith(" now") for copy in varied_copies(rows, language="xx", seed=0))


def test_fit_holds_a_copy_out_together_with_its_origin() -> None:
    """Each text is unlike all others, so only its copy could tell its intent: a leak would make all of them right."""
    texts = [f"{chr(0x4E00 + n) * 9}" for n in range(40)]
    labels = [f"i{n % 4}" for n in range(40)]
    _, X = Featurizer(None).fit_transform(texts, texts, progress=lambda share, what: None)
    leaky = IntentClassifier(tuning=Tuning(C=1.0)).fit(X, labels * 2, origins=[None] * 40)
    honest = IntentClassifier(tuning=Tuning(C=1.0)).fit(X, labels * 2, origins=list(range(40)))
    assert leaky.held_out.accuracy == 1.0
    assert honest.held_out.accuracy < 0.6
