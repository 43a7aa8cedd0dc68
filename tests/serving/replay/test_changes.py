"""What changes for customers, in words: counted, with the commands that show it, and quoting nobody."""

import json

from pipelines.registry.release import Release
from serving.replay.changes import Change
from tests.support.replays import Threads, replayed, with_intent


async def changes(threads: Threads, production: Release, candidate: Release) -> list[Change]:
    return list((await replayed(threads, production, candidate)).changes())


async def test_changes_of_an_equal_release_are_none(threads: Threads, tiny_release: Release) -> None:
    assert await changes(threads, tiny_release, tiny_release) == []


async def test_changes_tell_another_wording_with_the_commands_to_see_it(
    threads: Threads, tiny_release: Release
) -> None:
    (change,) = await changes(threads, tiny_release, with_intent(tiny_release, "greet", speech_response="Moin!"))
    assert (change.kind, change.intent, change.count) == ("reply", "greet", 2)
    assert change.sentence == "in 2 conversations of 'greet' the reply is worded differently"
    assert change.commands("7", bot="b") == [
        f"intentloop replay {thread} --release 7 --bot b" for thread in ("t0", "t3")
    ]


async def test_changes_tell_what_customers_are_asked_and_what_tools_get(
    threads: Threads, tiny_release: Release
) -> None:
    track = tiny_release.definition.intent_by_id()["track_order"]
    assert track.api_details is not None
    elsewhere = track.api_details.model_copy(update={"url": "{{ endpoints.shop }}/order/{{ parameters.order_id }}"})
    size = track.parameters[0].model_copy(update={"name": "size", "type": "size", "prompt": "Which size?"})
    buy = tiny_release.definition.intent_by_id()["order_product"]
    candidate = with_intent(tiny_release, "track_order", api_details=elsewhere)
    candidate = with_intent(candidate, "order_product", parameters=(*buy.parameters, size))
    found = await changes(threads, tiny_release, candidate)
    assert {change.sentence for change in found} == {
        "in 2 conversations of 'track_order' the tool is called at another address",
        "in 1 conversation of 'order_product' the customer is now asked for 'size'",
    }
    assert "ORD-2001" not in json.dumps([change.sentence for change in found])
