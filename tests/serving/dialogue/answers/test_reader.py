import pytest

from serving.dialogue.answers.languages import WORDS
from serving.dialogue.answers.reader import AnswerReader, Correction, answer_reader, base_language, forget_answers
from serving.dialogue.phrases import PHRASES, phrases_of

EN = answer_reader("en-GB")


@pytest.mark.parametrize(
    ("text", "is_yes"),
    [
        ("YES!", True), ("well, yeah", True), ("please do", True), ("that\u2019s right", True), ("no problem", True),
        ("no", False), ("No thanks.", False), ("not yet", False), ("I don't", False),
        ("\U0001f44d", True), ("\U0001f44d\U0001f3fd", True), ("\u2705 ok", True), ("\U0001f44e", False),
        ("yes \U0001f44e", None), ("\U0001f600", None),
        ("no idea", None), ("not sure", None), ("I don\u2019t know", None), ("blue", None), ("", None), ("!?", None),
    ],
)  # fmt: skip
def test_yes_no_reads_the_beginning(text: str, is_yes: bool | None) -> None:
    assert EN.yes_no(text).is_yes is is_yes


def test_yes_no_tells_what_comes_after_it() -> None:
    assert EN.yes_no("yes, go ahead please").n_more_words == 2
    assert EN.yes_no("yes but the blue one").is_qualified
    assert not EN.yes_no("yes please").is_qualified
    assert EN.yes_no("yes \U0001f44e").is_qualified
    assert EN.yes_no("yes \U0001f44d") == EN.yes_no("\U0001f44d\U0001f44d") == EN.yes_no("yes")


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "yes?"), ("en", "ok wait"), ("en", "yes no"), ("en", "ok, no idea"), ("en", "ok how much"),
     ("en", "ok not yet"), ("en", "yes, actually"), ("de", "ja, aber"), ("de", "ok warte"), ("de", "ja nein"),
     ("es", "vale, cuánto")],
)  # fmt: skip
def test_a_yes_in_doubt_goes_on(language: str, text: str) -> None:
    assert answer_reader(language).yes_no(text).is_qualified


@pytest.mark.parametrize(
    "text", ["yes, why not", "ok, no problem", "yes yes yes", "sure thing", "yes thank you so much"]
)
def test_a_yes_said_twice_is_a_yes(text: str) -> None:
    assert not EN.yes_no(text).is_qualified


@pytest.mark.parametrize(
    ("text", "place"),
    [("the first", 0), ("2nd", 1), ("2.", 1), ("the second one", 1), ("option b", 1), ("the last one", 2),
     ("4", None), ("two tents", None), ("hello", None), ("first or second", None), ("", None)],
)  # fmt: skip
def test_ordinal_counts_out_one_option(text: str, place: int | None) -> None:
    assert EN.ordinal(text, 3) == place


@pytest.mark.parametrize(
    ("language", "text", "correction"),
    [
        ("en", "no, I meant Rome", Correction.PLAIN),
        ("en", "it should be Rome", Correction.PLAIN),
        ("en", "oh sorry, Rome", Correction.AFTERTHOUGHT),
        ("en", "Rome", Correction.NONE),
        ("de", "nein, ich meinte Rom", Correction.PLAIN),
        ("de", "eigentlich Rom", Correction.AFTERTHOUGHT),
        ("es", "no, quería decir Roma", Correction.PLAIN),
        ("es", "perdón, Roma", Correction.AFTERTHOUGHT),
    ],
)
def test_correction_tells_how_surely_something_is_taken_back(language: str, text: str, correction: Correction) -> None:
    assert answer_reader(language).correction(text) is correction


def test_is_negated_looks_directly_before_the_value() -> None:
    assert EN.is_negated("not Rome", 4)
    assert EN.is_negated("no, not to Rome", 11)
    assert not EN.is_negated("no, Rome", 4)
    assert not EN.is_negated("not, Rome", 5)
    assert answer_reader("de").is_negated("nicht Rom", 6)


@pytest.mark.parametrize(
    ("language", "text"), [("en", "no, swap them"), ("de", "andersherum!"), ("es", "al rev\u00e9s")]
)
def test_is_swap(language: str, text: str) -> None:
    assert answer_reader(language).is_swap(text)
    assert not answer_reader(language).is_swap(f"{text} Rome")


@pytest.mark.parametrize("language", sorted(WORDS))
def test_each_language_has_what_its_own_buttons_say(language: str) -> None:
    reader, phrases = AnswerReader(WORDS[language]), phrases_of(language)
    assert reader.yes_no(phrases.yes).is_yes is True
    assert reader.yes_no(phrases.no).is_yes is False
    assert reader.is_none(phrases.none_of_these)
    assert set(phrases.problems) == set(PHRASES["en"].problems)


def test_base_language_of_a_tag() -> None:
    assert [base_language(tag) for tag in ("pt-BR", "de_AT", "EN")] == ["pt", "de", "en"]


def test_forget_answers_drops_the_readers_and_what_they_remember() -> None:
    reader = answer_reader("en")
    assert reader.yes_no("yes, Ann").is_yes
    forget_answers()
    assert answer_reader("en") is not reader
