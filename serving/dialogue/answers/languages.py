"""The word tables by language. To add a language, add its table to `words/` and name it here.

A language without one is read as English.
"""

from collections.abc import Mapping

from serving.dialogue.answers.words.arabic_hindi import ARABIC, HINDI
from serving.dialogue.answers.words.asian import CHINESE, JAPANESE, KOREAN
from serving.dialogue.answers.words.dutch import DUTCH
from serving.dialogue.answers.words.english import ENGLISH
from serving.dialogue.answers.words.french import FRENCH
from serving.dialogue.answers.words.german import GERMAN
from serving.dialogue.answers.words.italian import ITALIAN
from serving.dialogue.answers.words.portuguese import PORTUGUESE
from serving.dialogue.answers.words.spanish import SPANISH
from serving.dialogue.answers.words.tables import AnswerWords

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
