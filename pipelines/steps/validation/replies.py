"""Checks of a bot's replies: each is rendered with sample values and sample answers of its tool."""

from collections.abc import Iterator
from typing import Any

from jinja2 import TemplateError

from pipelines.schemas.bot import BotFile, Intent
from pipelines.schemas.training import Finding
from pipelines.steps.validation.checks import error, warning
from pipelines.steps.validation.samples import AnyAnswer, Samples, depends_on_values
from pipelines.templates.filters import LANGUAGE
from pipelines.templates.sandbox import Rendered, render_contained

_ANSWERS: tuple[tuple[str, Any], ...] = (
    ("", AnyAnswer()),
    ("if the tool's answer is null", None),
    ("if the tool's answer is an empty object", {}),
    ("if the tool's answer is an empty list", []),
)


class ReplyCheck:
    """Renders the replies of one bot."""

    def __init__(self, bot_file: BotFile) -> None:
        self._samples = Samples(bot_file)
        self._language = bot_file.language

    def check(self, intent: Intent, place: str, template: str) -> Iterator[Finding]:
        """Find a reply that fails or stays empty whatever the values are (an error), or for some (a warning)."""
        if "{" not in template:
            return
        cases = self._rendered(intent, template)
        failed = [(case, rendered) for case, rendered in cases if rendered.failures]
        if failed:
            case, rendered = failed[0]
            reason = rendered.failures[0]
            if len(failed) == len(cases):
                yield error("reply_says_something", place, f"{reason}; it can never be said.", "correct the template.")
            else:
                effect = "the customer is told that it is done, but no details" if intent.tool else "it is not said"
                explanation = f"{reason}{case and ' ' + case}; {effect}."
                yield warning("reply_says_something", place, explanation, "check for a value before using it.")
        elif not (any(rendered.text.strip(" #\n") for _, rendered in cases) or depends_on_values(template)):
            explanation = "it is empty with every sample value and sample answer."
            yield warning("reply_says_something", place, explanation, "correct the names in it, or write a text.")

    def _rendered(self, intent: Intent, template: str) -> list[tuple[str, Rendered]]:
        """Render with every sample answer and all parameters, then with each set of parameters."""
        scenarios = self._samples.scenarios(intent, [template])
        cases = [(case, scenarios[0], answer) for case, answer in (_ANSWERS if intent.tool else _ANSWERS[:1])]
        cases += [(scenario.description, scenario, _ANSWERS[0][1]) for scenario in scenarios[1:]]
        rendered = []
        for case, scenario, answer in cases:
            values = {
                "parameters": scenario.parameters,
                "context": AnyAnswer() if not case else scenario.context,
                "result": answer,
                "cancelled": "sample",
                "prompt": "sample?",
                LANGUAGE: self._language,
            }
            try:
                rendered.append((case, render_contained(template, values)))
            except TemplateError as fault:
                rendered.append((case, Rendered("", (str(fault),))))
        return rendered
