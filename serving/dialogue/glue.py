"""Words that say nothing by themselves: what may stand between values, or link a parameter's name to its value."""


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


GLUE = _words(
    "a an the and at on in of for from to by with it is its be we us our i me my so then please thanks that this will",
    "also too plus more another add ok okay yes",
    "der die das den dem des ein eine einen einem einer und um am an im in von vom f\u00fcr zu zum zur mit es ist wir",
    "uns ich unser bitte danke dann also ab bis so wird werden sind sein gerne auch noch dazu mehr ja",
    "el la los las un una unos unas y e a al de del en por para con es somos son me nos yo mi su favor gracias",
    "entonces tambi\u00e9n m\u00e1s s\u00ed",
    "le les des du au aux et \u00e0 pour dans avec est nous je il lo gli i uno di da e per con o os as um uma em na no",
    "het een en van voor met op om is wij ik d l ' \u2019",
)
"""Articles, prepositions, forms of to be, courtesies: with nothing else, a message is about its values."""

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
