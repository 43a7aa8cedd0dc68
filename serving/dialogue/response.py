"""The reply to a decision: responses, prompts, clarifications, and the return to a form."""

import re

from pydantic import JsonValue

from pipelines.schemas.bot import CANCEL_INTENT, FALLBACK_INTENT, HANDOVER_INTENT, Intent
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.release import BotDefinition
from pipelines.templates.sandbox import noting_gaps
from serving.dialogue.decide import Decision
from serving.dialogue.messages import QuickReply
from serving.dialogue.phrases import Phrases, phrases_of
from serving.dialogue.reply import Reply, ReplyValues, render_reply, respond, say
from serving.dialogue.slots.constraints import Problem
from serving.dialogue.slots.values import ValueReader
from serving.dialogue.state import Doubt, Form, Question
from serving.telemetry.spans import traced


@traced("reply")
def build_reply(
    decision: Decision,
    definition: BotDefinition,
    *,
    result: JsonValue,
    has_failed: bool,
    seed: str,
    is_done_anyway: bool = False,
    is_uncertain: bool = False,
) -> Reply:
    """Build the reply to a decision: at least one message.

    Parameters
    ----------
    result
        The tool's result; None without a tool.
    has_failed
        Whether a tool was due and gave no usable result.
    seed
        Selects among reply variants.
    is_done_anyway
        Whether a tool that gave no usable result did what was asked.
    is_uncertain
        Whether nobody knows if it did.
    """
    has_acted = decision.tool_intent is not None and not has_failed
    builder = _ReplyBuilder(decision, definition, result=result, has_acted=has_acted, seed=seed)
    phrases = builder.phrases
    apology = phrases.done_but if is_done_anyway else phrases.service_unavailable
    reply = say(phrases.outcome_unknown if is_uncertain else apology) if has_failed else builder.build()
    resumed = decision.resumed_form
    return reply if resumed is None else reply.then(builder.resume(resumed))


class _ReplyBuilder:
    """Builds the parts of one reply."""

    def __init__(
        self, decision: Decision, definition: BotDefinition, *, result: JsonValue, has_acted: bool, seed: str
    ) -> None:
        self.decision = decision
        self.phrases: Phrases = phrases_of(definition.language, definition.phrases)
        self.reader = ValueReader(definition)
        self.intent_by_id = definition.intent_by_id()
        self.values = ReplyValues(
            context=decision.state.context,
            parameters=decision.parameters,
            result=result,
            cancelled=_title(decision.cancelled) if decision.cancelled else "",
            seed=seed,
            has_acted=has_acted,
            language=definition.language,
        )

    def build(self) -> Reply:
        """Build the reply to the message itself."""
        decision = self.decision
        notice = say(self.phrases.no_longer_offered) if decision.has_lost_form else Reply()
        if decision.state.question is not None:
            return notice.then(self._ask_which(decision.state.question))
        if decision.has_lost_form and decision.route.kind == "fallback":
            return notice
        intent, filling = decision.intent, decision.filling
        if intent is not None and filling is not None and filling.is_open:
            return notice.then(self._ask(intent, filling.form, self.values, problem=filling.problem))
        return notice.then(self._respond(intent))

    def _respond(self, intent: Intent | None) -> Reply:
        """Answer with the intent's response; if its tool answered with no document, do not leave holes in it."""
        values, otherwise = self.values, self._plain_response()
        if intent is None or intent.tool is None or not values.has_acted:
            return respond(intent, values, otherwise=otherwise, phrases=self.phrases)
        is_question = intent.tool.request_type == "GET"
        otherwise = self.phrases.nothing_found if is_question else otherwise
        if isinstance(values.result, dict | list):
            return respond(intent, values, otherwise=otherwise, phrases=self.phrases)
        with noting_gaps():
            reply = respond(intent, values, otherwise=otherwise, phrases=self.phrases)
        texts = "\n".join((intent.speech_response, *intent.speech_responses))
        missing = next((gap.name for gap in reply.gaps if gap.name and is_part_of(gap.name, "result", texts)), None)
        if missing is None:
            return reply
        problem = f"response of {intent.intent_id!r}: its tool answered with plain text, which has no {missing!r}"
        plainly = say(self.phrases.nothing_found if is_question else self.phrases.done_but)
        fields = {"gaps": reply.gaps, "problem": None if values.result is None else problem}
        return plainly.model_copy(update=fields).with_buttons(reply.messages[-1].quick_replies)

    def _plain_response(self) -> str:
        """Return the sentence for an intent without a response."""
        intent_id, cancelled = self.decision.route.intent_id, self.values.cancelled
        if cancelled:
            return self.phrases.cancelled_intent.format(name=cancelled)
        plain = {
            CANCEL_INTENT: self.phrases.cancelled,
            FALLBACK_INTENT: self.phrases.not_understood,
            HANDOVER_INTENT: self.phrases.handed_over,
        }
        return plain.get(intent_id, self.phrases.done)

    def resume(self, form: Form) -> Reply:
        """Return to a form after something else; after small talk with its question alone."""
        intent = self.intent_by_id[form.intent_id]
        values = self.values.model_copy(update={"parameters": form.value_by_name(), "has_acted": False})
        question = self._ask(intent, form, values, problem=None)
        if self._was_small_talk() or question.problem:
            return question
        values = values.model_copy(update={"prompt": "\n".join(question.texts)})
        if intent.resume_prompt.strip():
            what = f"resume prompt of {intent.intent_id!r}"
            back = render_reply(intent.resume_prompt, values, otherwise="", what=what, phrases=self.phrases)
        else:
            first, *others = question.texts
            back = say(self.phrases.resume.format(name=_title(intent), prompt=first), *others)
        return back.with_buttons(question.messages[-1].quick_replies)

    def _was_small_talk(self) -> bool:
        intent = self.decision.intent
        is_plain = intent is not None and not (intent.parameters or intent.tool or intent.confirm)
        return is_plain and self.decision.route.kind == "intent"

    def _ask(self, intent: Intent, form: Form, values: ReplyValues, *, problem: Problem | None) -> Reply:
        """Ask a form's question, after explaining why a value was rejected."""
        parameter_by_name = {parameter.name: parameter for parameter in intent.parameters}
        asked = parameter_by_name.get(form.asking or "")
        explanation = Reply()
        if problem is not None and form.doubt is not None and problem.kind == "several":
            return self._ask_which_value(form.doubt)
        if problem is not None and problem.parameter in parameter_by_name:
            explanation = self._explain(parameter_by_name[problem.parameter], problem, values)
            if asked is not None and asked.name == problem.parameter and asked.invalid_prompt.strip():
                return explanation.with_buttons(self._choices(asked))
        if asked is None:
            return explanation.then(self._ask_to_confirm(intent, form, values))
        plainly = self.phrases.ask.format(label=_label(asked))
        what = f"prompt of {asked.name!r}"
        prompt = render_reply(asked.prompt, values, otherwise=plainly, what=what, phrases=self.phrases)
        return explanation.then(prompt.with_buttons(self._choices(asked)))

    def _ask_which_value(self, doubt: Doubt) -> Reply:
        """Ask which of several values is meant."""
        options = [self._shown(value) for value in doubt.options]
        listed = f"{', '.join(options[:-1])} {self.phrases.either} {options[-1]}"
        label = doubt.parameter.replace("_", " ")
        question = say(self.phrases.problems["several"].format(label=label, limit=listed))
        return question.with_buttons(QuickReply(title=option, payload=option) for option in options)

    def _explain(self, parameter: Parameter, problem: Problem, values: ReplyValues) -> Reply:
        sentence = self.phrases.problems.get(problem.kind, "")
        plainly = sentence.format(label=_label(parameter), limit=problem.limit)
        what = f"invalid prompt of {parameter.name!r}"
        return render_reply(parameter.invalid_prompt, values, otherwise=plainly, what=what, phrases=self.phrases)

    def _choices(self, parameter: Parameter) -> list[QuickReply]:
        choices = list(parameter.choices)
        if not choices and self.reader.is_boolean(parameter):
            choices = [self.phrases.yes, self.phrases.no]
        return [QuickReply(title=choice, payload=choice) for choice in choices]

    def _ask_to_confirm(self, intent: Intent, form: Form, values: ReplyValues) -> Reply:
        words = (self.phrases.yes, self.phrases.no)
        buttons = [QuickReply(title=word, payload=word) for word in words]
        if form.is_repeating:
            return say(self.phrases.do_again.format(name=_title(intent))).with_buttons(buttons)
        listed = "; ".join(f"{slot.name.replace('_', ' ')}: {self._shown(slot.value)}" for slot in form.slots)
        sentence = self.phrases.confirm_values if listed else self.phrases.confirm
        plainly = sentence.format(name=_title(intent), values=listed)
        what = f"confirm prompt of {intent.intent_id!r}"
        question = render_reply(intent.confirm_prompt, values, otherwise=plainly, what=what, phrases=self.phrases)
        return question.with_buttons(buttons)

    def _shown(self, value: JsonValue) -> str:
        if isinstance(value, bool):
            return (self.phrases.yes if value else self.phrases.no).lower()
        if isinstance(value, list):
            return ", ".join(map(self._shown, value))
        return str(value)

    def _ask_which(self, question: Question) -> Reply:
        titles = [_title(self.intent_by_id[intent_id]) for intent_id in question.options]
        named = [f"\u201c{title}\u201d" for title in titles]
        options = f"{', '.join(named[:-1])} {self.phrases.either} {named[-1]}"
        buttons = [
            QuickReply(title=title, payload=f"/{intent_id}")
            for title, intent_id in zip(titles, question.options, strict=True)
        ]
        none = self.phrases.none_of_these
        return say(self.phrases.clarify.format(options=options)).with_buttons(
            [*buttons, QuickReply(title=none, payload=none)]
        )


def is_part_of(name: str, owner: str, template: str) -> bool:
    """Whether a template reads a name from its owner, as `result.name` or `result["a"].name`."""
    return re.search(rf"\b{owner}\s*[.\[][^{{}}%]*\b{re.escape(name)}\b", template) is not None


def _title(intent: Intent) -> str:
    return intent.name.strip() or intent.intent_id


def _label(parameter: Parameter) -> str:
    return parameter.name.replace("_", " ")
