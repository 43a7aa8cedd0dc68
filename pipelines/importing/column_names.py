"""What people call the columns of a table of labelled texts, best first, in several languages."""

import re
import unicodedata
from typing import Literal

Role = Literal["text", "intent", "spans", "reply", "split", "language", "number"]

_NAMES_BY_ROLE: dict[Role, str] = {
    "text": "text utterance utt utterances message msg query sentence question phrase example examples input "
    "instruction prompt content sample usertext usermessage request transcript "
    "nachricht frage anfrage satz ausserung aeusserung eingabe beispiel kundentext "
    "texto mensaje pregunta frase consulta texte requete enonce phrase exemple testo messaggio domanda frase "
    "mensagem pergunta tekst bericht vraag zin",
    "intent": "intent intents intentname intentid intentlabel intention labeltext labelname label labels category "
    "categoryname class classname tag topic target scenario "
    "absicht anliegen kategorie klasse thema intencion etiqueta categoria tema categorie etiquette classe sujet "
    "intento categoria intencao etichetta intentie onderwerp",
    "spans": "entities spans entity annotations annotation slots slotlabels nertags biotags entitaten entidades "
    "entites",
    "reply": "reply response answer answers responses antwort respuesta reponse risposta resposta antwoord",
    "split": "split set partition subset dataset part",
    "language": "language lang locale sprache idioma langue lingua taal",
    "number": "id index uid uuid rowid exampleid",
}
_RANK_BY_NAME: dict[Role, dict[str, int]] = {
    role: {name: rank for rank, name in reversed(list(enumerate(names.split())))}
    for role, names in _NAMES_BY_ROLE.items()
}
_MARKED = ("annotutt", "annotatedtext", "annotatedutterance", "markedtext", "answerannotation")
"""Columns whose texts hold marks of entities, so that they say more than the plain ones."""
_PART_OF_A_NAME = 1000


def rank_of(name: str, role: Role) -> int | None:
    """Return how well a column's name says what it holds, 0 best; None if it does not."""
    plain = _plain(name)
    if role == "text" and plain in _MARKED:
        return -1
    ranks = _RANK_BY_NAME[role]
    if plain in ranks:
        return ranks[plain]
    words = [ranks[word] for word in map(_plain, re.split(r"[^\w]+|_|(?<=[a-z])(?=[A-Z])", name)) if word in ranks]
    return _PART_OF_A_NAME + min(words) if words and role in ("text", "intent") else None


def is_known_name(name: str) -> bool:
    """Whether a cell is the name of a column, and not one of its values."""
    plain = _plain(name)
    return plain in _MARKED or any(plain in ranks for ranks in _RANK_BY_NAME.values())


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss"))
    return "".join(letter for letter in letters if letter.isalnum())
