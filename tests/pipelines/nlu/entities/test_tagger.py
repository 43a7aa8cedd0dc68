"""The entity tagger and its labels."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipelines.nlu.entities.tagger import MAX_TOKENS, EntityTagger, bio_labels, spans_of, token_features
from pipelines.nlu.text import Token, tokenize
from pipelines.schemas.examples import LabelledSpan

TEXTS = ["fly to paris", "fly to rome now", "to oslo please", "paris", "what time is it", "fly from rome to oslo"]
CITIES = ("paris", "rome", "oslo")


def span(start: int, end: int, kind: str = "city") -> LabelledSpan:
    return LabelledSpan(start=start, end=end, type=kind, value="")


def city_spans(text: str) -> list[LabelledSpan]:
    return [span(t.start, t.end) for t in tokenize(text) if t.text in CITIES]


def fitted(*, algorithm: str = "ap", seed: int = 0, texts: list[str] = TEXTS) -> EntityTagger:
    return EntityTagger(algorithm=algorithm, seed=seed).fit(  # type: ignore[arg-type]
        [tokenize(text) for text in texts],
        [city_spans(text) for text in texts],
        known=[[] for _ in texts],
        remembered=[[] for _ in texts],
        intents=["fly"] * len(texts),
    )


def found(tagger: EntityTagger, text: str) -> list[str]:
    tokens = tokenize(text)
    spans = tagger.tag(tokens, known=[], remembered=[], intent="fly")
    return [text[tokens[s.first].start : tokens[s.last - 1].end] for s in spans]


def test_tag_finds_what_it_was_taught_with_a_confidence() -> None:
    tagger = fitted()
    assert found(tagger, "fly to rome") == ["rome"]
    spans = tagger.tag(tokenize("fly from paris to oslo"), known=[], remembered=[], intent="fly")
    assert [s.type for s in spans] == ["city", "city"]
    assert all(0.0 <= s.confidence <= 1.0 for s in spans)


def test_tag_lbfgs_finds_them_too() -> None:
    assert found(fitted(algorithm="lbfgs"), "fly to rome") == ["rome"]


def test_fit_twice_in_one_process_gives_the_same_bytes() -> None:
    """The perceptron shuffles by the C library's generator, which the first training has moved on."""
    assert fitted().model_ == fitted().model_
    assert fitted(algorithm="lbfgs").model_ == fitted(algorithm="lbfgs").model_


def test_fit_without_entities_tags_nothing() -> None:
    tagger = EntityTagger().fit([tokenize("hi")], [[]], known=[[]], remembered=[[]], intents=["greet"])
    assert tagger.model_ == b""
    assert tagger.tag(tokenize("paris"), known=[], remembered=[], intent="greet") == []


def test_fit_again_without_entities_forgets_the_old_ones() -> None:
    tagger = fitted()
    assert found(tagger, "fly to rome") == ["rome"]
    tagger.fit([tokenize("hi")], [[]], known=[[]], remembered=[[]], intents=["greet"])
    assert found(tagger, "fly to rome") == []


def test_fit_span_that_touches_no_token_is_harmless() -> None:
    tagger = EntityTagger().fit([tokenize("a  b")], [[span(1, 2)]], known=[[]], remembered=[[]], intents=["x"])
    assert tagger.tag(tokenize("a  b"), known=[], remembered=[], intent="x") == []


def test_tag_reads_no_more_than_the_limit() -> None:
    tagger = fitted()
    long = "paris " * (MAX_TOKENS + 50)
    assert len(found(tagger, long)) <= MAX_TOKENS
    assert all(s.last <= MAX_TOKENS for s in tagger.tag(tokenize(long), known=[], remembered=[], intent="fly"))


def test_tag_no_tokens_no_entities() -> None:
    assert fitted().tag([], known=[], remembered=[], intent="fly") == []


def test_bio_labels_mark_beginning_and_rest() -> None:
    tokens = tokenize("to new york ORD-12 now")
    assert bio_labels(tokens, [span(3, 11), span(12, 18, "order")]) == [
        "O", "B-city", "I-city", "B-order", "I-order", "I-order", "O",
    ]  # fmt: skip


def test_bio_labels_a_token_partly_inside_belongs() -> None:
    assert bio_labels(tokenize("rooms"), [span(0, 4)]) == ["B-city"]


def test_bio_labels_the_earlier_span_keeps_a_contested_token() -> None:
    tokens = tokenize("a b c")
    assert bio_labels(tokens, [span(2, 5, "y"), span(0, 3, "x")]) == ["B-x", "I-x", "B-y"]


def test_spans_of_reads_stray_continuations_as_beginnings() -> None:
    assert spans_of(["I-x", "I-x", "I-y", "O", "B-y", "B-y"]) == [
        (0, 2, "x"), (2, 3, "y"), (4, 5, "y"), (5, 6, "y"),
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(1, 6), st.sampled_from("xy")), max_size=5))
def test_bio_labels_always_read_back_as_spans_that_do_not_overlap(rows: list[tuple[int, int, str]]) -> None:
    tokens = [Token("w", 2 * i, 2 * i + 1) for i in range(12)]
    labels = bio_labels(tokens, [span(2 * first, 2 * (first + length), kind) for first, length, kind in rows])
    spans = spans_of(labels)
    assert sum(last - first for first, last, _ in spans) == sum(label != "O" for label in labels)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert not any(label[0] == "I" and labels[i - 1] == "O" for i, label in enumerate(labels) if i)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_token_features_describe_any_text(text: str) -> None:
    tokens = tokenize(text)
    rows = token_features(tokens, [], [], "any")
    assert len(rows) == len(tokens)
    assert all("bias" in row for row in rows)
