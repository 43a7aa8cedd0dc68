"""The word tables that every language fills in.

Case, accents and punctuation are ignored, so each phrase appears once. In every table the longest phrase wins: `no
problem` is a yes although `no` is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SIGNS: Mapping[str, bool | None] = {
    **dict.fromkeys("\U0001f44d\U0001f44c\u2705\u2714\u2713\u2611\U0001f197\U0001f646\U0001f4af", True),
    **dict.fromkeys("\U0001f44e\u274c\u2716\u2717\u2718\u2715\U0001f645\U0001f6ab\u26d4", False),
    "\U0001f937": None,
}
"""Thumbs, OK hands, check marks, crosses, crossed arms: a yes or no in every language. A shrug is neither."""


def phrases(*lists: str) -> tuple[str, ...]:
    """Return the phrases of comma-separated lists."""
    return tuple(phrase for text in lists for phrase in " ".join(text.split()).split(", "))


@dataclass(frozen=True)
class Grammar:
    """Function words, which carry no value of their own.

    Attributes
    ----------
    spellings
        Another spelling, usually a short one, to the full one that the tables use: `don't` to `do not`.
    small
        Articles, prepositions, adverbs.
    verbs
        Auxiliary verbs, and verbs that any wish may use: `want`, `go`.
    subjects
        Pronouns.
    wishes
        Verbs whose negation rejects whatever follows: `want`.
    """

    spellings: Mapping[str, str] = field(default_factory=dict)
    small: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RefusalWords:
    """How a value is refused by the words around it.

    Attributes
    ----------
    negators
        Words for `not` before the value, or after it.
    determiners
        A word for `no` that stands before a noun, but also begins a correction: `no onions`, `no Rome`.
    denials
        Words for `no` that refuse only a value before them: `Monday? Nope`.
    facts
        Negated verbs that report rather than wish; they refuse only the very next value: `it was not Paris`.
    preferences, than_words
        `rather Rome than Paris` refuses Paris.
    rejections
        Phrases that reject what follows even at a distance: `do not want`.
    exceptions, substitutions
        Before the value: `except Paris`, `instead of Paris`.
    barring, any_words
        `but` makes an exception only after a word such as `any`.
    nothing_words
        After these, `but` singles the value out: `nothing but Paris`.
    harmless
        Phrases with a negator that refuse nothing: `why not`, `no more than`.
    verdicts
        After the value: `is out`, `excluded`.
    praise
        Words that complete a negated predicate, or state a positive one: `work`, `possible`.
    links
        Words that extend a refusal to the next value: `or`, `nor`.
    breaks
        Words that begin a clause of its own: `but`, `because`, `maybe`.
    owners
        Before the value they name a thing, not a choice: `my order 12 does not work`.
    """

    negators: tuple[str, ...] = ()
    determiners: tuple[str, ...] = ()
    denials: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    preferences: tuple[str, ...] = ()
    than_words: tuple[str, ...] = ()
    rejections: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    substitutions: tuple[str, ...] = ()
    barring: tuple[str, ...] = ()
    any_words: tuple[str, ...] = ()
    nothing_words: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    praise: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


@dataclass(frozen=True)
class JointWords:
    """What joins two values; `between` turns an addition into a range, and `small` words may stand beside the joint."""

    alternatives: tuple[str, ...] = ()
    additions: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    small: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswerWords:
    """Words and phrases of one language.

    Attributes
    ----------
    yes
        A yes that a `no` beside it contradicts.
    assent
        A weaker yes, which a `no` behind it overrides: `ok, no`.
    emphatic
        A word that a negator turns into its opposite: `of course not`.
    ellipses
        A yes only if nothing follows: `I do`, but not `I do have a question`.
    no, wrong
        How a no begins. A negated `wrong` is neither yes nor no.
    negators
        Words that turn a yes, or a sentence of function words, into a no.
    stops
        The ones among them that also end what is under way: `stop`, `never mind`.
    unsure
        Neither yes nor no, for the customer does not know: `no idea`.
    neither
        Other beginnings that are neither: `no more than`, `can you`.
    neutral
        Phrases that sound like a yes or no and are none, so that the rest decides: `not bad`.
    hedges
        Words that make an answer less certain: `maybe`.
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
    swaps
        Whole messages that ask to swap two values.
    """

    yes: tuple[str, ...]
    no: tuple[str, ...]
    assent: tuple[str, ...] = ()
    emphatic: tuple[str, ...] = ()
    ellipses: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    negators: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    neither: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()
    hedges: tuple[str, ...] = ()
    fillers: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    ordinals: Mapping[str, int] = field(default_factory=dict)
    option_words: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    afterthoughts: tuple[str, ...] = ()
    correction_marks: tuple[str, ...] = ()
    swaps: tuple[str, ...] = ()
    grammar: Grammar = field(default_factory=Grammar)
    refusals: RefusalWords = field(default_factory=RefusalWords)
    joints: JointWords = field(default_factory=JointWords)
