"""What joins two values, and what takes the first of them back."""

import pytest

from serving.dialogue.answers.joints import Joint
from serving.dialogue.answers.reader import Correction, answer_reader

ALTERNATIVES = {
    "en": (" or ", ", or ", " or to ", " or maybe ", "/", " / ", " or else ", " or even ", " or the ", " vs ",
           " or on "),
    "de": (" oder ", ", oder ", " oder nach ", " oder vielleicht ", "/", " bzw. ", " beziehungsweise ", " oder auch ",
           " oder am ", " oder doch ", " oder so um "),
    "es": (" o ", " u ", ", o ", " o a ", " o quizás ", "/", " o bien ", " o el ", " o si no ", " o también ",
           " o en "),
}  # fmt: skip
ADDITIONS = {
    "en": (" and ", ", ", " and also ", " & ", " + ", " plus ", ", and ", " and then ", " as well as ", " and to ",
           "; "),
    "de": (" und ", ", ", " und auch ", " & ", "+", " plus ", ", und ", " und dann ", " sowie ", " und nach ",
           " und am "),
    "es": (" y ", ", ", " y también ", " & ", "+", " más ", ", y ", " y luego ", " e ", " y a ", " y el ",
           " así como "),
}  # fmt: skip
RANGES = {
    "en": ("-", " - ", "\u2013", " to ", " till ", " until ", " through ", " to the ", " up to ", "~", " thru ", ".."),
    "de": ("-", " - ", "\u2013", " bis ", " bis zum ", " bis zu ", " bis nach ", " bis um ", "~", " bis ca. ",
           " bis etwa "),
    "es": ("-", " - ", "\u2013", " a ", " hasta ", " hasta el ", " al ", " a las ", "~", " hasta las ", " hasta los "),
}  # fmt: skip
NEITHER = {
    "en": (" ", "", " with a stop in ", ". ", " because ", " is nicer than ", " but ", " not ", " people at ", " (",
           "? "),
    "de": (" ", "", " mit Halt in ", ". ", " weil ", " ist schöner als ", " aber ", " nicht ", " Personen um ", " ("),
    "es": (" ", "", " con parada en ", ". ", " porque ", " es mejor que ", " pero ", " no ", " personas ", " ("),
}  # fmt: skip
BETWEEN = {
    "en": ("between ", "between the ", "from between ", "any time between ", "between about "),
    "de": ("zwischen ", "zwischen dem ", "irgendwann zwischen ", "so zwischen ", "Zwischen etwa "),
    "es": ("entre ", "entre el ", "entre las ", "Entre los ", "cualquier hora entre las "),
}
AND = {"en": " and ", "de": " und ", "es": " y "}

TAKES_BACK = {
    "en": ("... sorry, ", ", no, ", " no ", " - I mean ", " actually ", ", wait, ", ", oh no, ", ", or rather ",
           ", oops, ",
           ", scratch that, ", ", I meant ", ", make that ", ", no wait, ", ", my mistake, ", " er no, ",
           ", hold on, "),
    "de": ("... sorry, ", ", nein, ", ", ach nein, ", " ich meine ", " - quatsch, ", ", Moment, ", ", halt, ",
           ", ups, ",
           ", besser gesagt ", ", vielmehr ", ", Entschuldigung, ", ", doch lieber ", ", oder nein, ", ", falsch, ",
           ", tut mir leid, ", " nee "),
    "es": ("... perdón, ", ", no, ", ", digo ", ", quiero decir ", ", mejor dicho, ", ", espera, ", ", lo siento, ",
           ", ay no, ", ", no, mejor ", ", perdona, ", ", en realidad ", ", me equivoqué, ", ", o mejor ",
           ", más bien ",
           ", disculpa, "),
}  # fmt: skip
GOES_ON = {
    "en": (
        " and ",
        ", ",
        " or ",
        " to ",
        " - ",
        " via ",
        ", then ",
        " as well as ",
        " or maybe ",
        " plus ",
        " instead of ",
    ),
    "de": (" und ", ", ", " oder ", " bis ", " - ", " über ", ", dann ", " sowie ", " oder vielleicht ", " plus "),
    "es": (" y ", ", ", " o ", " a ", " - ", " hasta ", ", luego ", " así como ", " o quizás ", " más ", " en vez de "),
}


def _cases(texts: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(language, text) for language, listed in texts.items() for text in listed]


@pytest.mark.parametrize(
    ("language", "between", "joint"),
    [
        (*case, joint)
        for joint, texts in (
            (Joint.ALTERNATIVE, ALTERNATIVES), (Joint.ADDITION, ADDITIONS), (Joint.RANGE, RANGES),
                   (Joint.NONE, NEITHER),
        )
        for case in _cases(texts)
    ],
)  # fmt: skip
def test_joint_of_two_values(language: str, between: str, joint: Joint) -> None:
    assert answer_reader(language).joint(between, "from ") is joint


@pytest.mark.parametrize(("language", "before"), _cases(BETWEEN))
def test_and_joins_a_range_after_between(language: str, before: str) -> None:
    reader = answer_reader(language)
    assert reader.joint(AND[language], before) is Joint.RANGE
    assert reader.joint(AND[language], f"{before} Montag 3. ") is Joint.ADDITION


@pytest.mark.parametrize(("language", "between"), _cases(TAKES_BACK))
def test_a_value_is_taken_back_in_the_same_breath(language: str, between: str) -> None:
    assert answer_reader(language).correction(between) is not Correction.NONE


@pytest.mark.parametrize(("language", "between"), _cases(GOES_ON))
def test_what_joins_values_takes_none_back(language: str, between: str) -> None:
    assert answer_reader(language).correction(between) is Correction.NONE
