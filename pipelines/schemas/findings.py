"""Headings for the findings of each check, as reports show them."""

_TITLE_BY_CHECK = {
    "has_examples": "nothing to learn from",
    "row_has_an_id_of_its_own": "duplicate ids",
    "intent_is_named": "examples without an intent",
    "text_is_there": "empty examples",
    "text_is_short_enough": "examples that are too long",
    "text_is_decoded_right": "text in the wrong character encoding",
    "text_can_be_typed": "control characters in text",
    "text_has_no_markup": "HTML in text",
    "text_has_content": "examples without a word",
    "text_is_not_repeated": "repeated examples",
    "one_intent_a_text": "the same text in two intents",
    "one_intent_a_wording": "nearly the same text in two intents",
    "span_in_text": "annotations outside their text",
    "spans_do_not_overlap": "annotations that overlap",
    "span_holds_value": "annotations that miss their value",
    "span_keeps_words_whole": "annotations that cut words",
    "entity_type_is_known": "annotations of an unknown type",
    "values_are_marked": "values annotated elsewhere, but not here",
    "one_type_a_value": "values with a different type elsewhere",
    "no_email_address": "personal data: e-mail addresses",
    "no_phone_number": "personal data: phone numbers",
    "no_card_number": "personal data: card numbers",
    "no_bank_account": "personal data: bank accounts",
    "enough_examples": "intents with few examples",
    "examples_differ": "intents whose examples repeat one wording",
    "intent_can_be_reached": "intents that nobody can reach",
    "button_leads_somewhere": "buttons that lead nowhere",
    "parameter_type_is_known": "parameters of an unknown type",
    "parameter_can_be_filled": "parameters that nothing fills",
    "prompt_is_there": "required parameters without a prompt",
    "pattern_can_be_used": "patterns that cannot be used",
    "entity_name_is_free": "entity names that are taken",
    "template_can_be_rendered": "templates that cannot be rendered",
    "template_names_are_known": "templates with unknown names",
    "tool_can_be_called": "tools that cannot be called",
    "reply_says_something": "replies that fail or stay empty",
    "mapping_can_be_applied": "response mappings that fail",
    "secret_is_a_reference": "keys written in plain text",
    "secret_goes_to_an_endpoint": "secrets sent to a host that is not configured",
    "labels_fit_the_drafts": "accepted labels that do not fit the drafts",
}


def title_of(check: str) -> str:
    """Return the heading of a check's findings, by default the check's name as words."""
    return _TITLE_BY_CHECK.get(check, check.replace("_", " "))
