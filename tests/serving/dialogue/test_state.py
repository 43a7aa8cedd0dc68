from datetime import datetime
from typing import Any

import pytest

from pipelines.errors import UserInputError
from serving.dialogue.state import MAX_CONTEXT_CHARS, DialogueState, Form, Slot


def test_state_survives_its_json() -> None:
    slot = Slot(name="a.b", type="$x", value=["é", None, 1.5], text="e")
    state = DialogueState(
        forms=(Form(intent_id="a", slots=(slot,), asking="c", reprompts=2),), context={"$k": {"x.y": 1}}
    )
    assert DialogueState.model_validate_json(state.model_dump_json()) == state


def test_state_of_an_older_program_is_read() -> None:
    stored = '{"forms":[{"intent_id":"a","slots":[{"name":"b","type":"c","value":"d"}],"asking":"e"}],"context":{}}'
    assert DialogueState.model_validate_json(stored).active_form == Form(
        intent_id="a", slots=(Slot(name="b", type="c", value="d"),), asking="e"
    )


@pytest.mark.parametrize(
    "said_at", [0, "2026-11-29T16:00:00Z", "2026-11-29T16:00:00+02:00", "2026-11-29T16:00:00", None]
)
def test_a_call_of_unknown_outcome_may_be_dated_in_any_way(said_at: Any) -> None:
    call = {"intent_id": "a", "values": {}, "key": "k", "message_id": "m", "said_at": said_at}
    state = DialogueState.model_validate({"uncertain": [call]})
    left = state.recent_uncertain(datetime(2026, 11, 29, 16, 1)).uncertain  # noqa: DTZ001  the bot's own clock
    assert len(left) == (said_at != 0)


def test_with_context_merges_and_new_values_win() -> None:
    state = DialogueState(context={"a": 1, "b": 1}).with_context({"b": 2})
    assert state.context == {"a": 1, "b": 2}


def test_with_context_refuses_to_grow_without_end() -> None:
    state = DialogueState().with_context({"a": "x" * (MAX_CONTEXT_CHARS - 100)})
    with pytest.raises(UserInputError, match="send fewer"):
        state.with_context({"b": "x" * 200})


def test_only_known_intents_drops_the_others() -> None:
    state = DialogueState(forms=(Form(intent_id="a"), Form(intent_id="b")))
    assert state.only_known_intents(frozenset("a")).forms == (Form(intent_id="a"),)
