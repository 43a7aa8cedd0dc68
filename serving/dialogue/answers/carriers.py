"""Words around a value in the answer to a question, which are no part of it: `deliver it to ... please`."""


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


CARRIERS = _words(
    "i we it its this that you me us",
    "am is are be was would could can may will shall like love want need have has get give take make let go going",
    "live living lives stay staying reside located based deliver send ship bring prefer",
    "delivered sent shipped brought rent buy choose pick travel say says name named called",
    "book order parcel package delivery yes yep yeah ok okay sure hi hello pls plz",
    "ich wir er sie es das ist sind wäre lautet heißt liegt wohne wohnen lebe leben bin hätte hätten gern",
    "gerne möchte möchten will wollen nehme nehmen brauche brauchen können könnten liefern liefere liefert",
    "schicken schicke schickt senden sende bringen bringe haben einen einem einer eine ein mein meine meiner unser",
    "mir uns unsere unserer bestellung paket lieferung hallo ja",
    "yo nosotros vivo vivimos estoy estamos quiero queremos quisiera necesito me gusta gustaría dame es sería está",
    "envíelo envíalo mándelo mándalo entréguelo entrégalo tráigalo enviar mandar entregar llevar pedido paquete",
    "mi mis nuestra nuestro lo hola",
    "je habite aimerais voudrais veux habitons est mon ma notre livrez envoyez bonjour",
    "adresse anschrift name heiße dirección domicilio nombre llamo indirizzo endereço morada adres nom appelle address",
    "vorrei voglio abito abitiamo vivo mio mia eu quero queria gostaria moro moramos meu minha",
    "ik wil woon wij wonen mijn",
)
"""Words that may lead to a value in the sentence that answers a question: `deliver it to`, `ich wohne in`."""

NEVER_FIRST = _words("will may can could would go book order name like love")
"""Those of them that lead to a value only behind another word: `Will Smith` is a name."""

TAILS = _words(
    "please pls plz thanks thx ty thank you cheers ok okay bitte danke",
    "schön liefern schicken senden bringen nehmen haben",
    "por favor gracias merci svp grazie obrigado obrigada alstublieft alsjeblieft bedankt",
)
"""Words that end such a sentence, and no value."""

UNSPACED_LEADS = ("我住在", "我的地址是", "地址是", "送到", "我要", "请", "住所は", "私は")
UNSPACED_TAILS = ("谢谢", "です", "に住んでいます", "お願いします")
"""The same in scripts without blanks, where they are written against the value."""

# the words of `is my address`, behind a value
COPULAS = _words("is are was be ist sind es son est sont è é")
DETERMINERS = _words(
    "my our the a an mein meine unser unsere die der das mi mis nuestra nuestro la el mon ma notre il mijn"
)

NAME_ARTICLES = _words("la las los el le les il os as van")
"""Capitalised before another capital letter, they begin a name: `Los Angeles`."""
PEOPLE = _words(
    "name person people surname firstname lastname fullname customer contact guest",
    "nachname vorname kunde kundin nombre apellido apellidos nom cliente client nome cognome naam achternaam",
)
"""In the name or type of a parameter, they say that its values are people: `de Vries`."""
STREET_WORDS = _words("am im an in auf unter hinter vor zum zur der die das dem den")
"""Capitalised in an answer with a house number, they begin a German street's name: `Zur Linde 4`."""

QUESTIONS = _words(
    "do does did can could is are will would should what where when how why which who may",
    "können kann könnt ist sind was wo wie wann warum wer liefern liefert gibt haben",
    "puede puedo pueden cuál dónde qué cómo cuándo hay",
)
"""Words that begin a question."""
