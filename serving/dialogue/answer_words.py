"""The word tables by language. To add a language, add a module to `serving/dialogue/words/` and name it here.

A language without one is read as English.
"""

from collections.abc import Mapping

from serving.dialogue.words.english import ENGLISH
from serving.dialogue.words.german import GERMAN
from serving.dialogue.words.spanish import SPANISH
from serving.dialogue.words.tables import AnswerWords

WORDS: Mapping[str, AnswerWords] = {"en": ENGLISH, "de": GERMAN, "es": SPANISH}
