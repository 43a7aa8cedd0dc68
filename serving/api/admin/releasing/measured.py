"""What the training of a release has measured, table by table, and the last look for drift."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Path, Request, Response
from pydantic import BaseModel, Field

from serving.access.roles import Role
from serving.api.access import Caller, allow
from serving.api.admin.known_bots import KNOWN_BOT
from serving.api.admin.releasing.releases import ERRORS, Bot, Version, manager_of
from serving.api.admin.route import AdminRouter
from serving.api.admin.tasks import ACCEPTED, Task, begin_task
from serving.channels.incoming import BotName
from serving.jobs.kinds import LookForDrift

router = AdminRouter(prefix="/api/v1/bots/{bot}", tags=["releases"], responses=ERRORS)

Row = Mapping[str, str]
_MOST_RELABELLED = 500
_ONLY = "only version "
"""Begins the column of a table of paired tests that names the other version."""


class MeasuredName(BaseModel):
    """How well utterances of an intent, or values of an entity, are recognised, with the 95 % interval of `f1`."""

    name: str
    precision: float
    recall: float
    f1: float
    low: float | None
    high: float | None
    support: int = Field(description="Held-out utterances or values of it.")


class Confusion(BaseModel):
    """How many held-out utterances of an intent were taken for another one."""

    intent_id: str
    taken_for: str
    count: int


class PairedTest(BaseModel):
    """How many of the same utterances only one of two releases gets right."""

    subject: str = Field(description="`intents`, or a type of entity.")
    utterances: int
    only_other: int
    only_this: int
    chance: float = Field(description="Probability of so uneven a split if neither were better.")


class ChangedTurns(BaseModel):
    """Turns of stored conversations that this release handles otherwise, and in which way."""

    intent_id: str
    intent_id_now: str
    changes: str = Field(description="What differs: `intent`, `reply`, `values` and others.")
    turns: int
    losing: int = Field(description="Of these, turns of conversations that no longer reach their goal.")


class Relabelled(BaseModel):
    """A text whose intent or annotation is another than when the release that answered was trained."""

    text: str = Field(description="Not that of a customer's message, which is only named as one.")
    before: str = Field(description="`intent 'order'`, `entity 'size'` or `no entity`.")
    now: str


class Measured(BaseModel):
    """The tables of a training; empty where its run does not have them."""

    measured_on: str = Field(description="`holdout`: utterances that it has not learnt from.")
    intents: list[MeasuredName]
    entities: list[MeasuredName]
    confusions: list[Confusion] = Field(description="The most frequent first.")
    compared_with: str | None = Field(description="The version that answered then.")
    tests: list[PairedTest]
    changed: list[ChangedTurns] = Field(description="The most frequent first. They quote nobody.")
    relabelled: list[Relabelled] = Field(description="At most 500.")


class DriftWeek(BaseModel):
    """A week beside what the release was measured on. Indices below 0.1 mean no change, above 0.25 a large one."""

    week: str
    messages: int
    psi_intents: float
    psi_confidence: float
    unknown_words: float = Field(description="Share of the words that no training example has.")
    reading: str


class Drift(BaseModel):
    """The last look for drift: whether customers now write otherwise than the release was trained for."""

    looked_at: datetime | None = Field(description="Null: nobody has looked yet.")
    version: str | None
    reading: str | None = Field(description="`stable`, `shifted`, `changed` or `too few` messages to tell.")
    weeks: list[DriftWeek]
    run_page: str


@router.get("/releases/{version}/measured", summary="Show what was measured", dependencies=[allow(Role.VIEWER)])
async def show_measured(bot: Bot, version: Version, request: Request) -> Measured:
    """Return a release's figures by intent and entity, its confusions, and what it changes beside the one before."""
    manager = manager_of(request)
    overview = await manager.find(bot, version)
    tables = await manager.tables(overview.versions[0])
    tests = tables["gate/comparison.csv"]
    return Measured(
        measured_on="holdout",
        intents=_names(tables["holdout/intents.csv"], "intent"),
        entities=_names(tables["holdout/entities.csv"], "type"),
        confusions=[
            Confusion(intent_id=row["gold"], taken_for=row["predicted"], count=int(float(row["count"])))
            for row in tables["holdout/confusions.csv"]
        ],
        compared_with=_other(tests[0]) if tests else None,
        tests=[
            PairedTest(
                subject=row["subject"],
                utterances=int(float(row["utterances"])),
                only_other=int(float(row[f"{_ONLY}{_other(row)} right"])),
                only_this=int(float(row["only this one right"])),
                chance=float(row["chance"]),
            )
            for row in tests
        ],
        changed=_changed(tables["gate/replay.csv"]),
        relabelled=[
            Relabelled(text=row["text"], before=row["was"], now=row["is"])
            for row in tables["gate/relabelled.csv"][:_MOST_RELABELLED]
        ],
    )


def _names(rows: Sequence[Row], column: str) -> list[MeasuredName]:
    return [
        MeasuredName(
            name=row[column],
            precision=_number(row["precision"]) or 0.0,
            recall=_number(row["recall"]) or 0.0,
            f1=_number(row["f1"]) or 0.0,
            low=_number(row.get("low", "")),
            high=_number(row.get("high", "")),
            support=int(float(row["support"])),
        )
        for row in rows
    ]


def _number(text: str) -> float | None:
    value = float(text) if text else None
    return value if value is not None and value - value == 0 else None


def _other(row: Row) -> str:
    found = next(name for name in row if name.startswith(_ONLY))
    return found.removeprefix(_ONLY).removesuffix(" right")


def _changed(rows: Sequence[Row]) -> list[ChangedTurns]:
    counted: dict[tuple[str, str, str], list[int]] = {}
    for row in rows:
        counts = counted.setdefault((row["intent"], row["intent_now"], row["changes"]), [0, 0])
        counts[0] += 1
        counts[1] += bool(row["lost"])
    found = [
        ChangedTurns(intent_id=intent, intent_id_now=now, changes=changes, turns=turns, losing=losing)
        for (intent, now, changes), (turns, losing) in counted.items()
    ]
    return sorted(found, key=lambda each: (-each.losing, -each.turns, each.intent_id))


@router.get("/drift", summary="Show the last look for drift", dependencies=[allow(Role.VIEWER), KNOWN_BOT])
async def show_drift(bot: Annotated[BotName, Path()], request: Request) -> Drift:
    """Return what the last look for drift has found; `POST` looks again."""
    found = await manager_of(request).drift(bot)
    if found is None:
        return Drift(looked_at=None, version=None, reading=None, weeks=[], run_page="")
    weeks = [
        DriftWeek(
            week=row["week"],
            messages=int(float(row["messages"])),
            psi_intents=float(row["psi_intents"]),
            psi_confidence=float(row["psi_confidence"]),
            unknown_words=float(row["unknown_words"]),
            reading=row["reading"],
        )
        for row in found.weeks
    ]
    return Drift(
        looked_at=found.run.began_at,
        version=found.run.tags.get("version"),
        reading=found.run.tags.get("reading"),
        weeks=weeks,
        run_page=found.page,
    )


@router.post(
    "/drift",
    summary="Look for drift",
    status_code=202,
    dependencies=[allow(Role.AUTHOR), KNOWN_BOT],
    responses=ACCEPTED,
)
async def look_for_drift(bot: Annotated[BotName, Path()], request: Request, response: Response, caller: Caller) -> Task:
    """Compare what customers wrote in four weeks with what the release was measured on, week by week, as a task."""
    return await begin_task(request, response, bot, LookForDrift(), by=caller)
