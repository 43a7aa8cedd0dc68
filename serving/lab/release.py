"""One release of a bot, as notebooks use it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from pipelines.nlu.explain import explain_text
from pipelines.nlu.intents.refusal import outcome_of
from pipelines.progress import Progress
from pipelines.registry.release import Release
from pipelines.schemas import html
from pipelines.schemas.explanation import Explanation
from pipelines.schemas.understanding import NluResult
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model
from serving.lab.rows import Rows, to_examples, to_texts

PREDICTION_COLUMNS = ("text", "intent", "confidence", "decision", "options", "entities")
"""Columns of the predictions, one row per text.

text
    The text as it was given.
intent, confidence
    The likeliest intent and its probability; empty and NaN for a text without a letter or digit.
decision
    `answered`, `asked` ("did you mean") or `refused`: what a customer would get outside a form, without a language
    model.
options
    The intents that a customer would choose from, if asked.
entities
    The values found: a list of `{"start", "end", "type", "value"}`.
"""


@dataclass(frozen=True)
class BotRelease:
    """A release in this process: nothing that it does here reaches a customer.

    Attributes
    ----------
    version
        Its number, or the name of the release folder.
    gate
        `passed` or `failed`; empty if nobody has judged it.
    reasons
        Why the gate refused it.
    aliases
        The aliases it carries, such as `production`.
    release
        The loaded release, for everything that is not here.
    """

    bot: str
    version: str
    release: Release = field(repr=False)
    gate: str = ""
    reasons: str = ""
    aliases: tuple[str, ...] = ()

    @cached_property
    def intents(self) -> tuple[str, ...]:
        """The intents that it answers with."""
        return tuple(self.release.definition.intent_by_id())

    def predict(self, texts: str | Iterable[object]) -> pd.DataFrame:
        """Return how the release understands texts, with the columns `PREDICTION_COLUMNS`.

        `texts` is one text, a list, a Series, or a DataFrame with a column `text`; the index of the latter two is kept.
        Raises `UserInputError` that names a row without a text.
        """
        given = to_texts(texts)
        rows = [self._row(text, self.release.model.parse(text)) for text in given.tolist()]
        return pd.DataFrame(rows, columns=list(PREDICTION_COLUMNS), index=given.index)

    def explain(self, text: str) -> Explanation:
        """Explain how a text is understood: shares of the model's parts, features, nearest examples, thresholds."""
        return explain_text(self.release.model, text, intent_by_id=self.release.definition.intent_by_id())

    def evaluate(self, rows: Rows | Path | str, *, progress: Progress | None = None) -> Evaluation:
        """Evaluate the release on labelled rows: a DataFrame with `text` and `intent`, or a JSONL file."""
        definition = self.release.definition
        return evaluate_model(
            self.release.model,
            to_examples(rows),
            thresholds=definition.thresholds,
            intent_by_id=definition.intent_by_id(),
            progress=progress,
        )

    def _row(self, text: str, result: NluResult) -> tuple[object, ...]:
        definition = self.release.definition
        outcome = outcome_of(result, definition.thresholds, definition.intent_by_id())
        intent, confidence = "", float("nan")
        if result.ranking:
            intent, confidence = result.ranking[0].intent_id, result.ranking[0].confidence
        entities = [span.model_dump(include={"start", "end", "type", "value"}) for span in result.entities]
        return text, intent, confidence, outcome.kind, list(outcome.options), entities

    def __str__(self) -> str:
        """Return which release it is and whether it may answer."""
        which = f"version {self.version} of bot {self.bot!r}"
        parts = [f"gate {self.gate}: {self.reasons}" if self.reasons else f"gate {self.gate}"] if self.gate else []
        parts += [", ".join(self.aliases)] if self.aliases else []
        return "; ".join([which, *parts])

    def _repr_html_(self) -> str:
        created = f"{self.release.manifest.created_at:%Y-%m-%d %H:%M} UTC"
        return html.block(html.line(str(self)), html.line(f"{len(self.intents)} intents, trained {created}"))
