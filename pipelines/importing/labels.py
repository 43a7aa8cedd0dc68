"""From a table's labels to intents: ids that can be used, names that can be read, and what is out of scope."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.schemas.bot import FALLBACK_INTENT

_OUT_OF_SCOPE = frozenset(
    ("oos", "outofscope", "outofdomain", "ood", "none", "noneoftheabove", "nointent", "fallback", "nlufallback",
     "defaultfallback", "defaultfallbackintent", "outofscopeintent", "outofdomainintent", "noneintent", "nota")
)  # fmt: skip
"""Labels of texts that no intent should take, without the signs between their words."""
_VALID_ID = re.compile(r"[^\W\d_][\w.-]*")
_SPELT_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "å": "a", "œ": "oe", "ł": "l", "đ": "d"}
    | {"\u0131": "i", "&": " and ", "+": " plus ", "#": " sharp ", "%": " percent ", "@": " at "}
)
_LONGEST_ID = 64


@dataclass(frozen=True)
class IntentNames:
    """The intents that labels stand for.

    Attributes
    ----------
    id_by_label
        An intent's id by each label as written; None for one that means out of scope.
    name_by_id
        What an intent is called where people read it.
    notes
        Which labels were not taken as they are, a sentence each.
    """

    id_by_label: Mapping[str, str | None]
    name_by_id: Mapping[str, str]
    notes: tuple[str, ...] = ()


def name_intents(labels: Iterable[str]) -> IntentNames:
    """Choose an id for each label: the label itself if it can be one, else its words, `Order status?`: `order_status`.

    Labels that differ in case, blanks and signs only are one intent, unless the signs are all that tells them apart.
    """
    counts = Counter(label for label in labels if label)
    ids: dict[str, str | None] = {}
    usual_by_words: dict[str, str] = {}
    notes: list[str] = []
    taken: dict[str, str] = {}
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        if is_out_of_scope(label):
            ids[label] = None
            continue
        words = _words(label)
        usual = usual_by_words.setdefault(words, label)
        if usual != label:
            ids[label] = ids[usual]
            notes.append(f'the labels "{usual}" and "{label}" are one intent, `{ids[usual]}`')
            continue
        ids[label] = _free(_id_of(label), taken)
        taken[ids[label] or ""] = label
    renamed = [f'"{label}" as `{one}`' for label, one in ids.items() if one not in (None, label)
               and usual_by_words[_words(label)] == label]  # fmt: skip
    if renamed:
        notes.append(f"labels that cannot be ids were made ids, and stay as names: {_some(renamed)}")
    out_of_scope = [f'"{label}"' for label, one in ids.items() if one is None]
    if out_of_scope:
        notes.append(f"rows labelled {_some(out_of_scope)} are out of scope: no intent should take them")
    return IntentNames(ids, {one: label for one, label in taken.items() if one}, tuple(notes))


def is_out_of_scope(label: str) -> bool:
    """Whether a label says that no intent should take the text."""
    return re.sub(r"[\W_]+", "", label.casefold()) in _OUT_OF_SCOPE


def readable(label: str) -> str:
    """Return a label as words: `order_status` as `Order status`; one that is written for people as it is."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_./]+", " ", label).strip()
    if " " in label.strip() or not words:
        return label.strip()
    words = words.replace("-", " ") if words.islower() else words
    return words[:1].upper() + words[1:]


def identifier(name: str) -> str:
    """Return a name in letters, digits and underscores, as ids of intents and entities are written."""
    spelt = unicodedata.normalize("NFKC", name).casefold().translate(_SPELT_OUT)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", spelt) if not _is_accent(sign))
    signs = (sign if _is_of_a_word(sign) else " " for sign in unicodedata.normalize("NFC", plain))
    return "_".join("".join(signs).replace("_", " ").split())[:_LONGEST_ID].rstrip("_")


def _id_of(label: str) -> str:
    if _VALID_ID.fullmatch(label) and len(label) <= _LONGEST_ID and label.isascii():
        return label
    found = identifier(label)
    if not found:
        return "intent"
    return found if not found[0].isdigit() else f"intent_{found}"


def _is_of_a_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_" or unicodedata.category(sign).startswith("M")


def _is_accent(sign: str) -> bool:
    """Whether a sign is an accent of Latin, Greek or Cyrillic; the vowel signs of other scripts are letters."""
    return "\u0300" <= sign <= "\u036f"


def _words(label: str) -> str:
    """Return what two spellings of one label share: letters, digits, and signs that may be all that differs."""
    spelt = unicodedata.normalize("NFKC", label).casefold()
    return re.sub(r"[\s_.,;:!?\"'()\[\]/-]+", " ", spelt).strip() or spelt


def _free(wanted: str, taken: Mapping[str, str]) -> str:
    """Return an id that no other label has; `fallback` is the platform's own."""
    number, free = 2, wanted
    while free in taken or free == FALLBACK_INTENT:
        free, number = f"{wanted}_{number}", number + 1
    return free


def _some(items: list[str]) -> str:
    return ", ".join(items[:5]) + (f" and {len(items) - 5} more" if len(items) > 5 else "")
