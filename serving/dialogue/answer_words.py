"""How customers answer a question, by language: yes, neither, the second one, no I meant.

To add a language, add an entry to `WORDS`; a language without one is read as English. Case, accents and punctuation are
ignored, so each phrase appears once.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class AnswerWords:
    """Words and phrases of one language.

    Attributes
    ----------
    yes, no, unsure
        How an answer to a yes-or-no question begins. The longest phrase wins: `no problem` is a yes, `no idea` is
        neither.
    fillers
        Words without meaning, before or after an answer.
    but
        Words that qualify a yes or no, or turn it into a question.
    none
        Whole answers that decline every option.
    ordinals
        Words for one of several options, by position; -1 is the last one.
    option_words
        Words allowed around the position of an option.
    corrections
        How a correction begins.
    afterthoughts
        How a correction may begin, and a plain answer as well.
    correction_marks
        What makes a message a correction anywhere in it.
    negations
        Words directly before a value that is *not* meant.
    swaps
        Whole messages that ask to swap two values.
    """

    yes: tuple[str, ...]
    no: tuple[str, ...]
    unsure: tuple[str, ...]
    fillers: tuple[str, ...]
    but: tuple[str, ...]
    none: tuple[str, ...]
    ordinals: Mapping[str, int]
    option_words: tuple[str, ...]
    corrections: tuple[str, ...]
    afterthoughts: tuple[str, ...]
    correction_marks: tuple[str, ...]
    negations: tuple[str, ...]
    swaps: tuple[str, ...]


WORDS: Mapping[str, AnswerWords] = {
    "en": AnswerWords(
        yes=(
            "yes", "yeah", "yep", "yup", "ya", "yea", "y", "aye", "ok", "okay", "k", "sure", "of course", "certainly",
            "absolutely", "definitely", "correct", "right", "that's right", "that is right", "that's correct",
            "that is correct", "that's fine", "exactly", "indeed", "true", "fine", "perfect", "great", "sounds good",
            "looks good", "all good", "go ahead", "do it", "let's do it", "please do", "confirm", "confirmed",
            "I confirm", "I do", "I am", "I have", "it is", "no problem", "why not", "yes please",
        ),
        no=(
            "no", "nope", "nah", "n", "no way", "no thanks", "no thank you", "not", "don't", "do not", "not really",
            "not now", "not yet", "never", "wrong", "that's wrong", "that is wrong", "that's not right", "incorrect",
            "false", "stop", "I don't", "I do not", "I'm not", "I am not", "I haven't", "it isn't", "it is not",
            "rather not", "negative",
        ),
        unsure=("no idea", "not sure", "no clue", "don't know", "do not know", "I don't know", "I do not know",
                "I'm not sure", "I am not sure", "yes and no", "I do have a question", "I have a question"),
        fillers=("please", "thanks", "thank", "you", "oh", "um", "uh", "hm", "hmm", "well", "so", "just", "then"),
        but=(
            "but", "except", "however", "only", "instead", "change", "make", "what", "how", "when", "who", "where",
            "which", "why", "hold", "later",
        ),
        none=(
            "no", "nope", "none", "neither", "none of them", "none of these", "none of those", "neither of them",
            "neither of those", "neither of these", "neither one", "not those", "something else", "no something else",
            "nothing", "other", "another thing", "no neither",
        ),
        ordinals={
            "1": 1, "2": 2, "3": 3, "one": 1, "two": 2, "three": 3, "first": 1, "second": 2, "third": 3, "a": 1,
            "b": 2, "c": 3, "last": -1, "latter": -1, "former": 1,
        },
        option_words=(
            "the", "option", "number", "no", "choice", "one", "I", "mean", "meant", "it's", "it", "is", "st", "nd",
            "rd",
        ),
        corrections=(
            "no", "nope", "I mean", "I meant", "correction", "make it", "make that", "change", "not", "yes but",
        ),
        afterthoughts=("sorry", "actually", "wait", "rather", "oops", "but"),
        correction_marks=("I meant", "I mean", "instead", "should be", "should have been"),
        negations=("not", "isn't", "not the", "not to", "not from", "not a"),
        swaps=(
            "swap", "swap them", "swap those", "swap these", "swap the two", "switch them", "switch", "reverse",
            "reverse them", "the other way round", "other way round", "the other way around", "other way around",
            "vice versa", "the opposite", "it's the other way round", "it's the other way around",
        ),
    ),
    "de": AnswerWords(
        yes=(
            "ja", "jo", "jep", "jawohl", "jap", "ja bitte", "klar", "na klar", "sicher", "natürlich", "gern", "gerne",
            "sehr gern", "ok", "okay", "genau", "richtig", "stimmt", "das stimmt", "das ist richtig", "passt",
            "das passt", "in Ordnung", "einverstanden", "korrekt", "auf jeden Fall", "unbedingt", "bestätigt",
            "ich bestätige", "mach das", "machen Sie das", "kein Problem", "warum nicht", "doch", "wahr", "perfekt",
            "super", "alles klar", "so ist es", "yes",
        ),
        no=(
            "nein", "nee", "nö", "ne", "nein danke", "auf keinen Fall", "keinesfalls", "nicht", "lieber nicht",
            "noch nicht", "jetzt nicht", "falsch", "das ist falsch", "stimmt nicht", "das stimmt nicht",
            "das passt nicht", "nicht richtig", "das ist nicht richtig", "niemals", "halt", "stopp", "stop", "no",
        ),
        unsure=("keine Ahnung", "weiß nicht", "weiß ich nicht", "ich weiß nicht", "nicht sicher", "jein",
                "bin nicht sicher", "ich bin nicht sicher", "ja und nein"),
        fillers=("bitte", "danke", "ach", "äh", "ähm", "hm", "hmm", "na", "also", "gut", "dann", "doch", "mal"),
        but=(
            "aber", "außer", "allerdings", "nur", "sondern", "statt", "ändern", "ändere", "was", "wie", "wann", "wer",
            "wo", "welche", "warum", "warte", "warten", "später",
        ),
        none=(
            "nein", "nee", "nö", "keins", "keines", "keine", "keiner", "keins von beiden", "keine von beiden",
            "keines von beiden", "weder noch", "etwas anderes", "was anderes", "nein etwas anderes", "nichts davon",
            "keins davon", "keines davon", "beides nicht",
        ),
        ordinals={
            "1": 1, "2": 2, "3": 3, "eins": 1, "zwei": 2, "drei": 3, "erste": 1, "ersten": 1, "erstes": 1,
            "erster": 1, "ersteres": 1, "zweite": 2, "zweiten": 2, "zweites": 2, "zweiter": 2, "dritte": 3,
            "dritten": 3, "drittes": 3, "letzte": -1, "letztes": -1, "letzteres": -1, "a": 1, "b": 2, "c": 3,
        },
        option_words=("das", "die", "der", "den", "nummer", "nr", "option", "punkt", "ich", "meine", "meinte"),
        corrections=("nein", "nee", "nö", "ich meine", "ich meinte", "Korrektur", "ändere", "nicht", "ja aber"),
        afterthoughts=("doch", "sorry", "Entschuldigung", "Moment", "halt", "eigentlich", "lieber", "ups", "aber"),
        correction_marks=("ich meine", "ich meinte", "stattdessen", "sondern", "doch lieber"),
        negations=("nicht", "kein", "keine", "nicht nach", "nicht von", "nicht in", "nicht der", "nicht die"),
        swaps=(
            "tauschen", "tausch", "vertauschen", "andersrum", "andersherum", "umgekehrt", "genau umgekehrt",
            "anders herum", "anders rum", "tausch die beiden", "vertauscht", "das ist vertauscht",
        ),
    ),
    "es": AnswerWords(
        yes=(
            "sí", "si por favor", "claro", "claro que sí", "por supuesto", "vale", "ok", "okay", "de acuerdo",
            "correcto", "exacto", "exactamente", "así es", "eso es", "está bien", "bien", "perfecto", "adelante",
            "confirmo", "confirmado", "hazlo", "desde luego", "cierto", "es correcto", "seguro", "sin problema",
            "por qué no", "verdadero", "yes",
        ),
        no=(
            "no", "no gracias", "que no", "para nada", "todavía no", "aún no", "ahora no", "mejor no", "nunca",
            "jamás", "falso", "incorrecto", "está mal", "no es correcto", "no está bien", "de ninguna manera", "nop",
        ),
        unsure=("no sé", "no lo sé", "ni idea", "no estoy seguro", "no estoy segura", "no tengo idea", "sí y no"),
        fillers=("por", "favor", "gracias", "ah", "eh", "bueno", "pues", "hm", "hmm", "entonces", "muchas"),
        but=(
            "pero", "excepto", "salvo", "sino", "solo", "cambia", "cambiar", "cómo", "cuándo", "cuánto", "quién",
            "dónde", "cuál", "luego",
        ),
        none=(
            "no", "ninguno", "ninguna", "ninguno de los dos", "ninguna de las dos", "ni uno ni otro", "otra cosa",
            "algo distinto", "no otra cosa", "ninguno de ellos", "ninguna de ellas", "nada de eso",
        ),
        ordinals={
            "1": 1, "2": 2, "3": 3, "uno": 1, "una": 1, "dos": 2, "tres": 3, "primero": 1, "primera": 1, "primer": 1,
            "segundo": 2, "segunda": 2, "tercero": 3, "tercera": 3, "último": -1, "última": -1, "a": 1, "b": 2, "c": 3,
        },
        option_words=("el", "la", "lo", "opción", "número", "quiero", "decir", "es"),
        corrections=("no", "quise decir", "quería decir", "quiero decir", "digo", "corrección", "cambia", "sí pero"),
        afterthoughts=("perdón", "perdona", "en realidad", "espera", "mejor", "pero"),
        correction_marks=("quise decir", "quería decir", "quiero decir", "en vez de", "sino"),
        negations=("no", "no a", "no de", "no el", "no la"),
        swaps=(
            "al revés", "es al revés", "intercambia", "intercámbialos", "cámbialos", "viceversa", "lo contrario",
            "justo al revés",
        ),
    ),
}  # fmt: skip
