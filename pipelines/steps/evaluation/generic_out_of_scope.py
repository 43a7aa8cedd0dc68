"""What hardly any bot is for, as a stand-in where a bot has no out-of-scope utterances of its own.

`out_of_scope/LANGUAGE.txt` has utterances by topic; they were written for this project. A line `## topic: word word`
begins a topic. Its words, and those that begin with one of five letters or more, tell that a bot knows about the topic.
All other lines are utterances.
They are measured on, and never learnt from: whether a bot refuses questions about the weather says something, but not
how it takes what its own customers ask for in vain.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from pipelines.nlu.model import NluModel
from pipelines.schemas.bot import BotFile, Intent
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.verdict import Check, Measure
from pipelines.shares import wilson_interval
from pipelines.steps.data.extract import Extract
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model
from pipelines.steps.evaluation.floors import MIN_ROWS
from pipelines.steps.validation.similar import NearDuplicateIndex, words_only

_FOLDER = Path(__file__).with_name("out_of_scope")
_HEADING = "## "
_KNOWN_SHARE = 0.1
"""Share of an intent's examples that use a topic's words, from which on the bot may well know about the topic."""
_KNOWN_ROWS = 3
_STEM = 5
"""Letters from which on a word stands for all that begin with it: `star` is not `start`."""
_ALIKE = 0.5
"""Jaccard similarity of character 4-grams to an example, from which on an utterance may be meant for that intent."""
MANY_ANSWERED = 0.3
"""Share of what a bot is not for that it may answer without a warning."""
_COLLECT = (
    "collect what customers ask for in vain, one JSON row a line, in out-of-scope/BOT.jsonl of the home folder or with "
    "--out-of-scope"
)


@dataclass(frozen=True)
class Topic:
    """A topic: words that belong to it, and utterances about it."""

    name: str
    words: tuple[str, ...]
    utterances: tuple[str, ...]


def check_out_of_scope(
    model: NluModel, extract: Extract, evaluation: Evaluation, *, intent_by_id: Mapping[str, Intent]
) -> Check:
    """Warn if there are too few out-of-scope utterances to measure with, and measure on the built-in ones.

    `evaluation` is that of the held-out rows. Nothing is held against a release for it.
    """
    n_own = sum(each.example.intent == OUT_OF_SCOPE for each in evaluation.predictions)
    if extract.frame.empty:
        return Check()
    if n_own >= MIN_ROWS:
        return Check(warnings=_warn_of_answers(evaluation.metrics))
    n_rows = int(extract.frame["intent"].eq(OUT_OF_SCOPE).sum())
    warning = _describe_lack(n_rows, n_own)
    language = extract.bot_file.language
    topics = topics_of(language)
    rows, left_out = rows_for(extract.bot_file, extract.frame, topics)
    if len(rows) < MIN_ROWS:
        why = f"there are none for the language {language!r}" if not topics else "the bot knows about most topics"
        return Check(notes=(f"{warning}; the built-in utterances cannot stand in for them, since {why}; {_COLLECT}",))
    measured = evaluate_model(model, rows, intent_by_id=intent_by_id)
    recall = measured.metrics["out_of_scope_recall"]
    low, high = wilson_interval(recall * len(rows), len(rows))
    without = f" (without {', '.join(left_out)}, which the bot seems to know about)" if left_out else ""
    note = (
        f"{warning}; of {len(rows)} built-in utterances that hardly any bot is for{without}, {recall:.0%} are sent to "
        f"fallback and {measured.metrics['out_of_scope_answered']:.0%} are answered; customers' own will be harder to "
        f"tell: {_COLLECT}"
    )
    measure = Measure(
        name="out-of-scope utterances sent to fallback, of the built-in ones",
        value=recall,
        low=low,
        high=high,
        n=len(rows),
    )
    figures = {
        f"built_in_{name}": measured.metrics[name]
        for name in ("out_of_scope_recall", "out_of_scope_asked", "out_of_scope_answered")
    }
    return Check(figures=figures, notes=(note,), warnings=_warn_of_answers(measured.metrics), measures=(measure,))


def _warn_of_answers(metrics: Mapping[str, float]) -> tuple[str, ...]:
    answered = metrics.get("out_of_scope_answered", 0.0)
    if answered < MANY_ANSWERED:
        return ()
    return (
        f"it answers {answered:.0%} of the questions that it is not made for, as if it knew: teach more intents, give "
        "it examples of what it should not answer, or raise its threshold",
    )


def rows_for(bot_file: BotFile, frame: pd.DataFrame, topics: Iterable[Topic]) -> tuple[list[Example], list[str]]:
    """Return the utterances that the bot is certainly not for, and the topics that were left out.

    A topic is left out if several examples of an intent, or its name, use words of the topic: what the model makes of
    them proves nothing, it is what is measured. So is a single utterance that resembles an example.
    """
    known = _words_by_intent(bot_file, frame)
    sizes = Counter(frame["intent"].tolist())
    left_out, texts = list[str](), list[str]()
    for topic in topics:
        if any(_knows(counts, sizes[intent], topic.words) for intent, counts in known.items()):
            left_out.append(topic.name)
        else:
            texts += topic.utterances
    alike = _resembling(texts, frame)
    kept = [text for text in texts if text not in alike]
    return [Example(id=f"built-in/{n}", text=text, intent=OUT_OF_SCOPE) for n, text in enumerate(kept, 1)], left_out


@lru_cache(maxsize=16)
def topics_of(language: str) -> tuple[Topic, ...]:
    """Return the topics of a language, named by a tag such as `pt-BR`; none if it has no file."""
    file = _FOLDER / f"{language.replace('_', '-').split('-')[0].lower()}.txt"
    if not file.is_file():
        return ()
    topics: list[Topic] = []
    for line in filter(None, map(str.strip, file.read_text(encoding="utf-8").splitlines())):
        if line.startswith(_HEADING):
            name, _, words = line.removeprefix(_HEADING).partition(":")
            topics.append(Topic(name, tuple(words.split()), ()))
        else:
            last = topics[-1]
            topics[-1] = Topic(last.name, last.words, (*last.utterances, line))
    return tuple(topics)


def _describe_lack(n_rows: int, n_held_out: int) -> str:
    if not n_rows:
        return (
            "the bot has no out-of-scope utterances, so what it does not understand is told by its own examples alone, "
            "and how often it answers what it should refuse is not known"
        )
    return (
        f"of the bot's {n_rows} out-of-scope utterances {n_held_out} are held out, too few to measure how often it "
        "answers what it should refuse"
    )


def _words_by_intent(bot_file: BotFile, frame: pd.DataFrame) -> dict[str, Counter[str]]:
    """Count in how many examples of each intent a word occurs; the words of its name count as in every example."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for intent, text in zip(frame["intent"].tolist(), frame["text"].tolist(), strict=True):
        if intent != OUT_OF_SCOPE:
            counts[intent].update(set(words_only(text).split()))
    for each in bot_file.intents:
        for word in words_only(f"{each.intent_id} {each.name}").split():
            counts[each.intent_id][word] += max(_KNOWN_ROWS, len(each.training_data))
    return counts


def _knows(counts: Counter[str], n_examples: int, stems: tuple[str, ...]) -> bool:
    long = tuple(stem for stem in stems if len(stem) >= _STEM)
    whole = {form for stem in stems for form in (stem, f"{stem}s")}
    used = sum(count for word, count in counts.items() if word in whole or word.startswith(long))
    return used >= max(_KNOWN_ROWS, _KNOWN_SHARE * n_examples)


def _resembling(texts: list[str], frame: pd.DataFrame) -> set[str]:
    own = frame.loc[frame["intent"].ne(OUT_OF_SCOPE), "text"].tolist()
    index = NearDuplicateIndex([words_only(text) for text in (*own, *texts)], at_least=_ALIKE)
    for row in range(len(own)):
        index.add(row)
    return {text for number, text in enumerate(texts, len(own)) if next(index.find(number), None) is not None}
