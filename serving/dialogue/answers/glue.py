"""Words that say nothing by themselves: what may stand between values, or link a parameter's name to its value."""


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


GLUE = _words(
    "a and at on in for to by with it is are we us our i my so then please thanks also too plus more another add ok",
    "okay yes around about",
    "und um am an im in f\u00fcr zu zum zur mit es ist sind wir uns ich bitte danke dann also ab auch noch dazu mehr",
    "ja gegen etwa",
    "y e a al la las en por para con es son somos nos yo favor gracias entonces tambi\u00e9n m\u00e1s s\u00ed hacia",
    "et \u00e0 au pour avec est nous sommes oui il o per con siamo os as para com \u00e9 somos sim het en om",
    "voor met is zijn wij ja ' \u2019",
    "people persons person guests adults personen leute g\u00e4ste erwachsene personas gente invitados adultos",
)
"""Prepositions, forms of to be, courtesies, people: a message of nothing but these and values states its values.

Articles are left out, because they begin descriptions: `the one with the 50 euros`.
"""

ANNOUNCING = _words(
    "to into from in on at for by with via near",
    "nach von ab aus in bei zu zum zur f\u00fcr auf am im an mit",
    "a al de del desde en para por con hacia",
    "\u00e0 au de depuis en pour avec da di per con os as para com naar van voor met",
)
"""Prepositions that say what the value behind them is."""

ARTICLES = _words("the a an der die das den dem el la los las un una le les il lo o os as het de")

NAME_LINKS = _words(
    "to is are was be should as into = : the a an my our",
    "auf zu zum zur ist sind soll sein in der die das den dem mein meine unser",
    "a al es son sea en como por el la mi",
    "est sont en \u00e0 au le la il un une o de het naar is",
)
"""Words between a parameter's name and its value: `change the origin to Paris`."""

VALUE_LINKS = _words(
    "as for the my als f\u00fcr der die das den mein meine como para el la mi comme pour come per voor"
)
"""Words between a value and its parameter's name: `Paris as the origin`."""
