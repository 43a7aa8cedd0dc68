from datetime import timedelta

from serving.store.access.audit import LONGEST_VALUE, AuditEntry, AuditLog
from serving.store.client import Database
from tests.support.records import now


async def test_entries_are_paged_newest_first_by_bot_and_person(database: Database, new_name: str) -> None:
    log, start = AuditLog(database), now()
    for number in range(5):
        await log.append(
            AuditEntry(
                at=start + timedelta(seconds=number), by=f"key:{number % 2}", by_name="Ada", action="replace intent",
                bot=new_name, target=f"intent-{number}", before={"name": number}, after=None,
            )
        )  # fmt: skip
    first, place = await log.search(bots=[new_name], limit=2)
    assert [entry.target for entry in first] == ["intent-4", "intent-3"]
    rest, _ = await log.search(bots=[new_name], before=place)
    assert [entry.target for entry in rest] == ["intent-2", "intent-1", "intent-0"]
    assert rest[0].before == {"name": 2}
    assert [entry.target for entry in (await log.search(bots=[new_name], by="key:1"))[0]] == ["intent-3", "intent-1"]
    assert await log.search(bots=[f"{new_name}-other"]) == ([], None)


async def test_a_value_too_long_is_left_out_of_the_entry(database: Database, new_name: str) -> None:
    log = AuditLog(database)
    entry = AuditEntry(
        at=now(), by="key:1", by_name="Ada", action="import bot", bot=new_name, after="x" * LONGEST_VALUE
    )
    await log.append(entry)
    [found], _ = await log.search(bots=[new_name])
    assert found.after == "too long for the audit log"
