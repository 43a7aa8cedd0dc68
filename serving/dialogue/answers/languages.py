"""The word tables by language. To add a language, add it to `serving/dialogue/words/` and name it here.

A language without one is read as English.
"""

from collections.abc import Mapping

from serving.dialogue.words.arabic_hindi import ARABIC, HINDI
from serving.dialogue.words.asian import CHINESE, JAPANESE, KOREAN
from serving.dialogue.words.dutch import DUTCH
from serving.dialogue.words.english import ENGLISH
from serving.dialogue.words.french import FRENCH
from serving.dialogue.words.german import GERMAN
from serving.dialogue.words.italian import ITALIAN
from serving.dialogue.words.portuguese import PORTUGUESE
from serving.dialogue.words.spanish import SPANISH
from serving.dialogue.words.tables import AnswerWords

WORDS: Mapping[str, AnswerWords] = {
    "en": ENGLISH,
    "de": GERMAN,
    "es": SPANISH,
    "fr": FRENCH,
    "it": ITALIAN,
    "pt": PORTUGUESE,
    "nl": DUTCH,
    "zh": CHINESE,
    "ja": JAPANESE,
    "ko": KOREAN,
    "ar": ARABIC,
    "hi": HINDI,
}
