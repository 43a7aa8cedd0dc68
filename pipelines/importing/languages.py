"""The language of some texts, by their script and their commonest words."""

import re
from collections import Counter
from collections.abc import Sequence

_COMMON_WORDS = {
    "en": "the to you my is are do can how what when where i it for of in have please your with want me this that not",
    "de": "der die das ich ist nicht ein eine und wie wann wo kann mein meine für mit auf zu von habe bitte haben sie",
    "es": "el la los las que de mi en un una para con puedo cómo cuándo dónde qué por quiero es hay cuál está favor",
    "fr": "le la les de des un une je est mon ma mes vous pour avec comment quand où puis que dans ce il ne pas quel",
    "it": "il lo la gli di un una che per con mio mia come quando dove posso sono vorrei ho del non è della quale",
    "pt": "o a os as de um uma que meu minha para com como quando onde posso não é do da em eu quero qual vocês",
    "nl": "de het een ik is niet en van mijn hoe wanneer waar kan voor met op te zijn heb graag wil jullie wat",
    "pl": "nie się jest na to w z jak kiedy gdzie mogę czy mój moja do co mam chcę proszę dla",
    "sv": "jag är det att en ett och inte hur när var kan min mitt för med på har vill vad",
    "da": "jeg er det at en et og ikke hvordan hvornår hvor kan min mit for med på har vil hvad",
    "tr": "bir ve bu ne nas\u0131l için m\u0131 mi ben benim var değil nerede zaman istiyorum kaç",
}
_WORDS_BY_LANGUAGE = {language: frozenset(words.split()) for language, words in _COMMON_WORDS.items()}
_SCRIPTS = (
    ("ja", "[\u3040-\u30ff]"), ("ko", "[\uac00-\ud7af\u1100-\u11ff]"), ("zh", "[\u4e00-\u9fff]"),
    ("uk", "[іїєґІЇЄҐ]"), ("ru", "[\u0400-\u04ff]"), ("el", "[\u0370-\u03ff]"), ("he", "[\u0590-\u05ff]"),
    ("ar", "[\u0600-\u06ff]"), ("hi", "[\u0900-\u097f]"), ("th", "[\u0e00-\u0e7f]"),
)  # fmt: skip
"""The first script that many texts hold; Japanese has Chinese signs too, so that it comes first."""
_TEXTS_READ = 2000
_SCRIPT_SHARE = 0.3
_LEAST_WORDS = 3
_CLEARLY = 1.5
"""How many times as often the best language's words must occur as the next one's."""


def guess_language(texts: Sequence[str]) -> str | None:
    """Return the language in which most of some texts are written; None if that is not plain."""
    read = texts[:: max(1, len(texts) // _TEXTS_READ)]
    for language, letters in _SCRIPTS:
        if sum(re.search(letters, text) is not None for text in read) > _SCRIPT_SHARE * len(read):
            return language
    counts: Counter[str] = Counter()
    for text in read:
        words = re.findall(r"\w+", text.casefold())
        for language, common in _WORDS_BY_LANGUAGE.items():
            counts[language] += sum(word in common for word in words)
    (best, n_best), (_, n_next) = counts.most_common(2)
    return best if n_best >= _LEAST_WORDS and n_best >= _CLEARLY * n_next else None
