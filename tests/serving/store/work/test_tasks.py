from datetime import timedelta
from typing import Any

from serving.store.client import Database
from serving.store.work.tasks import Task, Tasks, new_task_id
from tests.support.records import now


def new_task(bot: str, **fields: Any) -> Task:
    moment = now()
    given = {"kind": "validate", "request": {}, "by": "test", "created_at": moment, **fields}
    return Task(id=new_task_id(moment), bot=bot, expires_at=moment + timedelta(days=1), **given)


async def test_task_is_read_as_it_was_written_whatever_its_result_holds(database: Database, new_name: str) -> None:
    tasks, task = Tasks(database), new_task(f"{new_name}:odd", request={"thread": "fb:7"})
    await tasks.add(task)
    assert await tasks.find(task.bot, task.id) == task
    done = await tasks.change(task, state="done", result={"$set": {"a.b": None}, "": ["\u2028"]}, ended_at=now())
    assert done is not None
    assert await tasks.find(task.bot, task.id) == done
    assert await tasks.find(new_name, task.id) is None


async def test_change_of_a_task_that_somebody_else_has_changed_is_refused(database: Database, new_name: str) -> None:
    tasks, task = Tasks(database), new_task(new_name)
    await tasks.add(task)
    assert await tasks.change(task, state="running") is not None
    assert await tasks.change(task, state="cancelled") is None


async def test_page_gives_tasks_of_one_bot_the_newest_first_without_results(database: Database, new_name: str) -> None:
    tasks = Tasks(database)
    made = [new_task(new_name, kind=kind) for kind in ("validate", "replay", "validate")]
    made = [task.model_copy(update={"id": f"{place:020x}"}) for place, task in enumerate(made, start=1)]
    for task in (*made, new_task(f"{new_name}x"), new_task(f"{new_name}:")):
        await tasks.add(task)
    await tasks.change(made[0], state="done", result={"long": "text"})

    async def ids(**chosen: Any) -> list[str]:
        page = await tasks.page(new_name, **{"before": None, "kinds": (), "limit": 10, **chosen})
        assert all(task.result is None for task in page)
        return [task.id for task in page]

    oldest, middle, newest = (task.id for task in made)
    assert await ids() == [newest, middle, oldest]
    assert await ids(limit=2) == [newest, middle]
    assert await ids(before=middle) == [oldest]
    assert await ids(kinds=("validate",)) == [newest, oldest]


async def test_unfinished_are_those_that_wait_or_run(database: Database, new_name: str) -> None:
    tasks = Tasks(database)
    made = [new_task(new_name) for _ in range(3)]
    for task in made:
        await tasks.add(task)
    await tasks.change(made[0], state="failed")
    await tasks.change(made[1], state="running")
    left = {task.id for task in await tasks.unfinished() if task.bot == new_name}
    assert left == {made[1].id, made[2].id}


async def test_erase_deletes_finished_tasks_of_the_kinds_and_cancels_the_others(
    database: Database, new_name: str
) -> None:
    tasks = Tasks(database)
    made = [new_task(new_name, kind=kind) for kind in ("replay", "replay", "validate")]
    for task in made:
        await tasks.add(task)
    for task in (made[0], made[2]):
        await tasks.change(task, state="done")
    await tasks.erase(new_name, ["replay"])
    left = await tasks.page(new_name, before=None, kinds=(), limit=10)
    assert {task.id: task.is_cancelled for task in left} == {made[1].id: True, made[2].id: False}
