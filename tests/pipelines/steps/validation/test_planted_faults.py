"""Faults planted in a copy of the sample bot: each is caught by the check that should, and the clean bot has none.

All are planted at once, each in a place of its own, because reading and checking the bot takes seconds.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import DataRejected
from pipelines.schemas.training import Finding, Severity
from pipelines.steps.data.extract import extract_from_wire
from pipelines.steps.validation.repair import repair_bot
from pipelines.steps.validation.validate import ValidationReport, check_bot, validate_examples

pytestmark = [pytest.mark.data, pytest.mark.slow]

SAMPLE = Path(__file__).parents[4] / "data" / "sample" / "bot.json"
SHORTCUTS = ("init_conversation", "cancel")
Wire = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """Something an author may get wrong, and what must be said about it.

    `row` is empty where `plant` adds an example: it gives that example's id.
    """

    name: str
    plant: Callable[[Wire], object]
    severity: Severity
    check: str
    row: str = ""
    is_repaired: bool = False


def intent(wire: Wire, intent_id: str) -> Wire:
    return next(row for row in wire["intents"] if row["intentId"] == intent_id)


def rows(wire: Wire, intent_id: str) -> list[Wire]:
    examples: list[Wire] = intent(wire, intent_id)["trainingData"]
    return examples


def span(wire: Wire, row: str) -> Wire:
    """Give the first annotation of an example, named `intent/position`."""
    intent_id, _, position = row.partition("/")
    found: Wire = rows(wire, intent_id)[int(position) - 1]["entities"][0]
    return found


def added(wire: Wire, intent_id: str, example: Wire) -> str:
    rows(wire, intent_id).append(example)
    return f"{intent_id}/{len(rows(wire, intent_id))}"


def say(intent_id: str, text: str, *spans: tuple[str, str]) -> Callable[[Wire], str]:
    """Add an example at the end of an intent, with the given words marked."""

    def plant(wire: Wire) -> str:
        marks = [
            {"value": value, "begin": text.index(value), "end": text.index(value) + len(value), "name": name}
            for value, name in spans
        ]
        return added(wire, intent_id, {"text": text, "entities": marks})

    return plant


def change(intent_id: str, **fields: Any) -> Callable[[Wire], None]:
    return lambda wire: intent(wire, intent_id).update(fields)


def tool(intent_id: str, **fields: Any) -> Callable[[Wire], None]:
    return lambda wire: intent(wire, intent_id)["apiDetails"].update(fields)


def uniform(wire: Wire) -> None:
    rows(wire, "job_openings")[:] = [{"text": f"got any jobs for me {n}", "entities": []} for n in range(12)]


def overlap(wire: Wire) -> None:
    first = span(wire, "track_order/3")
    rows(wire, "track_order")[2]["entities"].append({**first, "begin": first["begin"] + 4, "value": first["value"][4:]})


def cut_word(wire: Wire) -> None:
    mark = span(wire, "find_store/2")
    mark.update(begin=mark["begin"] + 1, value=mark["value"][1:])


def copied(wire: Wire, source: str, target: str) -> str:
    intent_id, _, position = source.partition("/")
    return added(wire, target, copy.deepcopy(rows(wire, intent_id)[int(position) - 1]))


KEY = [{"headerKey": "Authorization", "headerValue": "Bearer 8f2b6c0d9e1a4f73"}]
FAULTS = (
    # annotations
    Fault("span outside its text", lambda wire: span(wire, "track_order/2").update(begin=500, end=504), "error",
          "span_in_text", "track_order/2", is_repaired=True),
    Fault("span a few characters off", lambda wire: span(wire, "track_parcel/1").update(begin=0, end=13), "warning",
          "span_holds_value", "track_parcel/1", is_repaired=True),
    Fault("span that overlaps another", overlap, "error", "spans_do_not_overlap", "track_order/3", is_repaired=True),
    Fault("span that cuts a word", cut_word,
          "warning", "span_keeps_words_whole", "find_store/2", is_repaired=True),
    Fault("span of an unknown type", lambda wire: span(wire, "find_store/3").update(name="town"), "warning",
          "entity_type_is_known", "find_store/3"),
    Fault("span type in other spelling", lambda wire: span(wire, "cancel_order/2").update(name="Order ID"), "warning",
          "entity_type_is_known", "cancel_order/2", is_repaired=True),
    Fault("value not marked", say("find_store", "is there anything for me in Leeds at all"), "warning",
          "values_are_marked"),
    Fault("value marked as another type", say("store_hours", "open in Leeds on boxing day?", ("Leeds", "country")),
          "warning", "one_type_a_value"),
    # texts
    Fault("empty text", say("warranty_info", " "), "error", "text_is_there",
          is_repaired=True),
    Fault("text far too long", say("complaint", "so bad " * 300), "error",
          "text_is_short_enough"),
    Fault("text of signs only", say("goodbye", "?!"), "warning", "text_has_content"),
    Fault("text in a wrong encoding", say("thank_you", "that\u00e2\u20ac\u2122s kind of you"), "warning",
          "text_is_decoded_right"),
    Fault("text with markup", say("ask_capabilities", "what <b>can</b> you do for people"), "warning",
          "text_has_no_markup"),
    Fault("same text in two intents", lambda wire: copied(wire, "delete_account/7", "goodbye"), "warning",
          "one_intent_a_text"),
    Fault("near-duplicate in two intents", say("refund_status", "I'd rather try stuff on in person, is there a shop "
          "anywhere round Norwich way?!", ("Norwich", "city")), "warning", "one_intent_a_wording", "find_store/5"),
    Fault("text repeated in its intent", lambda wire: copied(wire, "greet/2", "greet"), "note",
          "text_is_not_repeated", is_repaired=True),
    # personal data
    Fault("phone number", say("missed_delivery", "the courier should ring (415) 867-5309 next time"), "warning",
          "no_phone_number", is_repaired=True),
    Fault("e-mail address", say("student_discount", "can jane.roe@uni-bonn.de get the discount",
          ("jane.roe@uni-bonn.de", "email")), "warning", "no_email_address", is_repaired=True),
    Fault("card number", say("payment_failed", "it will not take 5500 0055 5555 5559"), "warning", "no_card_number",
          is_repaired=True),
    Fault("bank account", say("payment_methods", "can you collect from DE44 5001 0517 5407 3249 31 instead"),
          "warning", "no_bank_account", is_repaired=True),
    # intents
    Fault("too few examples", lambda wire: rows(wire, "gift_cards").__delitem__(slice(3, None)), "warning",
          "enough_examples", "gift_cards"),
    Fault("examples all alike", uniform, "warning", "examples_differ", "job_openings"),
    Fault("intent that nobody can reach", lambda wire: wire["intents"].append({"name": "x", "intentId": "orphan"}),
          "warning", "intent_can_be_reached", "orphan"),
    Fault("button to nowhere", change("warranty_info", quickReplies=[{"title": "More", "payload": "/more_info"}]),
          "warning", "button_leads_somewhere", "warranty_info"),
    Fault("intent without a reply", change("payment_methods", speechResponse=""), "warning", "intent_says_something",
          "payment_methods"),
    Fault("misspelt field", change("product_care", speechRespons="Yes."), "warning", "field_is_known",
          "product_care"),
    # parameters and entities
    Fault("required parameter without a prompt",
          lambda wire: intent(wire, "invoice_request")["parameters"][0].update(prompt=" "), "warning",
          "prompt_is_there", "invoice_request.order_id"),
    Fault("parameter of an unknown type",
          lambda wire: intent(wire, "product_price")["parameters"][0].update(type="article"), "warning",
          "parameter_type_is_known", "product_price.product"),
    Fault("parameter whose type is never marked", lambda wire: (
          wire["entities"].append({"name": "voucher"}),
          intent(wire, "apply_discount")["parameters"].append({"name": "voucher", "type": "voucher"})), "warning",
          "parameter_can_be_filled", "apply_discount.voucher"),
    Fault("pattern that cannot be compiled",
          lambda wire: wire["entities"].append({"name": "code", "pattern": "(ab"}), "error", "pattern_can_be_used",
          "code"),
    # templates and tools
    Fault("malformed reply", change("loyalty_points", speechResponse="You have {{ result.points points"), "error",
          "template_can_be_rendered", "loyalty_points.speechResponse"),
    Fault("reply with an unknown variable", change("reset_password", speechResponse="Sent to {{ customer.email }}."),
          "warning", "template_names_are_known", "reset_password.speechResponse"),
    Fault("reply with a parameter that is not declared",
          change("size_guide", speechResponse="The {{ parameters.produkt }} runs true to size."), "warning",
          "template_names_are_known", "size_guide.speechResponse"),
    Fault("tool with a parameter that is not declared",
          tool("refund_status", url="{{ endpoints.shop }}/refunds/{{ parameters.order }}"), "error",
          "template_names_are_known", "refund_status.apiDetails.url"),
    Fault("tool with its key written out", tool("store_hours", headers=KEY), "error", "secret_is_a_reference",
          "store_hours.apiDetails.headers.Authorization"),
    Fault("mapping that is no expression", tool("track_parcel", responseMapping={"result": "data["}), "error",
          "mapping_can_be_applied", "track_parcel.apiDetails.responseMapping.result"),
)  # fmt: skip
Key = tuple[str, str, str]


def keys(report: ValidationReport) -> set[Key]:
    return {(finding.severity, finding.check, finding.row) for finding in report.findings}


def checked(wire: Wire) -> ValidationReport:
    return validate_examples(
        extract_from_wire(wire, source="the copy"), endpoints=("shop",), public_shortcuts=SHORTCUTS
    )


@pytest.fixture(scope="module")
def clean_wire() -> Wire:
    wire: Wire = json.loads(SAMPLE.read_text(encoding="utf-8"))
    return wire


@pytest.fixture(scope="module")
def clean(clean_wire: Wire, great_expectations: None) -> ValidationReport:
    return checked(clean_wire)


@pytest.fixture(scope="module")
def planted(clean_wire: Wire) -> tuple[Wire, dict[str, Key]]:
    """Give the copy, and what must be found in it by the fault's name."""
    wire = copy.deepcopy(clean_wire)
    return wire, {
        fault.name: (fault.severity, fault.check, str(fault.plant(wire)) if not fault.row else _planted(fault, wire))
        for fault in FAULTS
    }


def _planted(fault: Fault, wire: Wire) -> str:
    fault.plant(wire)
    return fault.row


@pytest.fixture(scope="module")
def faulty(planted: tuple[Wire, dict[str, Key]], great_expectations: None) -> ValidationReport:
    return checked(planted[0])


def test_clean_sample_bot_has_no_error_and_little_else(clean: ValidationReport) -> None:
    assert clean.errors == ()
    others = [finding for finding in clean.findings if finding.check != "no_email_address"]  # invented, and valid
    assert {finding.check for finding in others} <= {"values_are_marked"}  # "to express my dissatisfaction"
    assert len(others) <= 5


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_planted_fault_is_caught(
    fault: Fault, planted: tuple[Wire, dict[str, Key]], clean: ValidationReport, faulty: ValidationReport
) -> None:
    key = planted[1][fault.name]
    assert key not in keys(clean)
    assert key in keys(faulty)
    found = next(each for each in faulty.findings if (each.severity, each.check, each.row) == key)
    assert found.explanation.endswith(".")
    assert found.repair.endswith(".")
    assert (found.edit is not None) == fault.is_repaired


def test_nothing_else_is_said_than_what_was_planted(
    planted: tuple[Wire, dict[str, Key]], clean: ValidationReport, faulty: ValidationReport
) -> None:
    assert keys(faulty) - keys(clean) - set(planted[1].values()) == set()


def test_errors_stop_the_training_and_name_their_rows(
    planted: tuple[Wire, dict[str, Key]], faulty: ValidationReport
) -> None:
    with pytest.raises(DataRejected) as caught:
        faulty.require_valid()
    named = {problem.partition(":")[0] for problem in caught.value.problems}
    assert {row for severity, _, row in planted[1].values() if severity == "error"} == named


def test_repair_takes_away_what_it_promises_and_brings_nothing(
    planted: tuple[Wire, dict[str, Key]], clean: ValidationReport, faulty: ValidationReport
) -> None:
    def again(wire: Wire) -> list[Finding]:
        return check_bot(extract_from_wire(wire, source="the copy"), endpoints=("shop",), public_shortcuts=SHORTCUTS)

    repaired = repair_bot(planted[0], faulty.findings, check=again)
    left = keys(checked(repaired.wire))
    promised = {planted[1][fault.name] for fault in FAULTS if fault.is_repaired}
    assert left & promised == set()
    assert left - keys(faulty) == set()
    assert not any(check.startswith("no_") for _, check, _ in left)
