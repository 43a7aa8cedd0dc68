"""What strangers wrote and commands print: it must not control the terminal of whoever reads it."""

import ast
import asyncio
import io
import json
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from pipelines.registry.client import RegisteredVersion
from pipelines.registry.verdict import REASONS_TAG
from pipelines.schemas.examples import Example
from pipelines.schemas.keys import thread_key
from pipelines.schemas.labels import Decision
from pipelines.schemas.training import Finding
from serving.cli.main import app
from serving.cli.tables.findings import print_findings
from serving.cli.tables.releases import Overview, print_releases, releases_as_json
from serving.console import Console
from serving.dialogue.messages import TurnResponse, UserMessage
from serving.local.doctor import Check
from serving.logs import EventFormatter
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.drafts.test_sets import TestSets
from serving.store.labelling.labels import Labels
from serving.store.threads.turns import TurnLog
from serving.terminal import one_line, printable
from tests.support.bots import TINY_BOT_WIRE
from tests.support.labels import MONDAY, label_item
from tests.support.records import turn_record

FORGED = "turn 99 forged"
HOSTILE = f"a\x1b]0;owned\x07\x1b[2J\rb\x9b31m\u202ec\u2066\u2028\x85{FORGED}\nd\n{FORGED}"
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
ECHOES = ("typer.echo", "typer.secho", "click.echo")
SERVING = Path(__file__).parents[2] / "serving"


def check_output(shown: str, *, is_styled: bool = False) -> None:
    """Fail if something in an output controls the terminal or forges a line."""
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown) if is_styled else shown
    assert UNSAFE.search(plain) is None, repr(plain)
    assert not any(line.startswith(FORGED) for line in plain.splitlines()), plain


@pytest.mark.parametrize(
    ("text", "shown", "line"),
    [
        ("plain é 漢 😀 👩\u200d👧", "plain é 漢 😀 👩\u200d👧", "plain é 漢 😀 👩\u200d👧"),
        ("a\tb\nc", "a\tb\nc", r"a\tb\nc"),
        ("\x1b[2J", r"\u001b[2J", r"\u001b[2J"),
        ("a\r\nb", "a\\r\nb", r"a\r\nb"),
        ("\x9b1m\x7f\x00", r"\u009b1m\u007f\u0000", r"\u009b1m\u007f\u0000"),
        ("\u202egnp.exe\u2069", r"\u202egnp.exe\u2069", r"\u202egnp.exe\u2069"),
        ("a\u2028b\u2029c\x85d", r"a\u2028b\u2029c\u0085d", r"a\u2028b\u2029c\u0085d"),
        ("\ud800", r"\ud800", r"\ud800"),
        ("a\u200cb \u200fc", "a\u200cb \u200fc", "a\u200cb \u200fc"),
    ],
)
def test_printable_shows_what_would_control_the_terminal(text: str, shown: str, line: str) -> None:
    assert (printable(text), one_line(text)) == (shown, line)


def test_printable_keeps_json_the_same_json() -> None:
    written = json.dumps({"text": HOSTILE}, ensure_ascii=False)
    check_output(printable(written))
    assert json.loads(printable(written)) == {"text": HOSTILE}


@pytest.mark.parametrize("as_table", [False, True])
def test_console_shows_control_characters_and_keeps_its_own_colours(as_table: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    console = Console(file=io.StringIO(), force_terminal=True, width=60, color_system="standard")
    table = Table("a", "b")
    table.add_row(Text(HOSTILE.replace("\n", " "), style="red"), HOSTILE.replace("\n", " "))
    console.print(table if as_table else Text(HOSTILE.replace("\n", " "), style="red"), soft_wrap=not as_table)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[31m" in shown
    check_output(shown, is_styled=True)


def test_nothing_prints_past_the_one_edge() -> None:
    edges = {SERVING / "terminal.py", SERVING / "console.py"}
    past = []
    for file in SERVING.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if file not in edges else ():
            is_echo = isinstance(node, ast.Attribute) and ast.unparse(node) in ECHOES
            is_print = isinstance(node, ast.Name) and node.id == "print"
            is_console = isinstance(node, ast.ImportFrom) and ast.unparse(node) == "from rich.console import Console"
            if is_echo or is_print or is_console:
                past.append(f"{file.relative_to(SERVING)}: {ast.unparse(node)}")
    assert past == []


# what the walk over the commands reads


@pytest.fixture(scope="module")
def bot(mongo_uri: str) -> str:
    """Store a bot of which every text is hostile, and give its name."""
    name = f"t{uuid4().hex[:12]}"

    async def store() -> None:
        database = Database(mongo_uri, name="intentloop_test", timeout_seconds=10)
        wire = json.loads(json.dumps(TINY_BOT_WIRE))
        wire["intents"][0]["trainingData"].append({"text": HOSTILE, "entities": []})
        wire["intents"][0]["speechResponse"] = "{{ " + HOSTILE
        await import_bot(database, wire, bot=name, source="x")
        labels = Labels(database)
        decided = label_item(name, f"{HOSTILE} 2")
        await labels.store([label_item(name, HOSTILE), decided])
        decision = Decision(status="accepted", intent_id="greet")
        await labels.decide(name, decided.key, decision, by=HOSTILE, now=MONDAY)
        await TestSets(database).add(name, [Example(id="e1", text=HOSTILE, intent="greet")], now=MONDAY)
        key, log = thread_key(name, "t"), TurnLog(database, ttl=timedelta(days=9))
        message = UserMessage(bot=name, thread_id="t", message_id="m1", text=HOSTILE, channel="rest")
        answer = TurnResponse(
            thread_id="t",
            message_id="m1",
            turn=1,
            replies=(),
            intent_id=HOSTILE,
            confidence=None,
            form=None,
            release="1",
        )
        record = turn_record(
            name, 1, "m1", thread=key, text=HOSTILE, message=message.model_dump_json(), answer=answer.model_dump_json()
        )
        assert await log.append(record)
        database.close()

    asyncio.run(store())
    return name


@pytest.fixture
def run(bot: str, mongo_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("INTENTLOOP_MONGO_URI", mongo_uri)
    monkeypatch.setenv("INTENTLOOP_MONGO_DATABASE", "intentloop_test")
    monkeypatch.setenv("INTENTLOOP_HOME", str(tmp_path / "home"))

    def call(*arguments: str) -> str:
        outcome = CliRunner().invoke(app, [*arguments, "--bot", bot])
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
        return outcome.output

    return call


@pytest.mark.parametrize(
    "arguments",
    [
        ["label", "--list"],
        ["label", "--list", "--json"],
        ["label", "--decided"],
        ["label", "--decided", "--json"],
        ["export", "-"],
        ["test-set", "list"],
        ["test-set", "export"],
        ["replay", "t", "--release-folder", "RELEASE"],
        ["replay", "t", "--release-folder", "RELEASE", "--json"],
    ],
    ids=" ".join,
)
def test_a_command_shows_hostile_texts_and_obeys_none(
    run: Callable[..., str], tiny_release_folder: Path, arguments: list[str]
) -> None:
    shown = run(*(str(tiny_release_folder) if each == "RELEASE" else each for each in arguments))
    assert shown
    check_output(shown)


@pytest.mark.slow
def test_validate_shows_hostile_texts_and_obeys_none(run: Callable[..., str]) -> None:
    shown = run("validate")
    assert "not a valid template" in shown
    check_output(shown)


def printed(show: Callable[[Console], Any]) -> str:
    console = Console(file=io.StringIO(), width=100)
    show(console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_findings_and_releases_show_hostile_texts_and_obey_none() -> None:
    finding = Finding(check="duplicates", severity="warning", row=HOSTILE, explanation=HOSTILE, repair=HOSTILE)
    check_output(printed(lambda console: print_findings([finding], source=HOSTILE, n_rows=1, console=console)))
    tags = {"gate": HOSTILE, REASONS_TAG: HOSTILE, "accuracy": HOSTILE}
    version = RegisteredVersion(
        name="b", version="1", run_id="r", tags=tags, created_at=datetime.now(UTC), stage=HOSTILE
    )
    overview = Overview([version], {HOSTILE: "1"}, None, None, problem=HOSTILE, link=HOSTILE.replace("\n", ""))
    check_output(printed(lambda console: print_releases(overview, console=console)))
    check_output(printable(releases_as_json(overview)))


def test_doctor_shows_hostile_texts_and_obeys_none(monkeypatch: pytest.MonkeyPatch, run: Callable[..., str]) -> None:
    check = Check("MLflow", "problem", HOSTILE, HOSTILE)
    monkeypatch.setattr("serving.local.doctor.run_checks", lambda _settings: [check])
    outcome = CliRunner().invoke(app, ["doctor"])
    check_output(outcome.output)


def test_a_log_line_shows_hostile_texts_and_obeys_none() -> None:
    try:
        int(HOSTILE)
    except ValueError as error:
        fault = (type(error), error, error.__traceback__)
    told = logging.LogRecord("serving.x", logging.ERROR, "f", 1, "said %s", (HOSTILE,), fault)
    told.field = HOSTILE
    forged = logging.LogRecord("serving.x", logging.ERROR, "f", 1, "x", (), (KeyError, SystemError(HOSTILE), None))
    for record in (told, forged):
        shown = EventFormatter().format(record)
        assert UNSAFE.search(shown) is None
        assert not any(line.startswith(FORGED) for line in shown.splitlines())


def test_import_names_what_is_suspicious_and_obeys_none(run: Callable[..., str], tmp_path: Path) -> None:
    details = {"url": "file:///etc/passwd", "headers": [{"headerKey": HOSTILE, "headerValue": "v"}]}
    planted = {"intentId": "planted", "name": HOSTILE, "apiTrigger": True, "apiDetails": details}
    file = tmp_path / "bot.json"
    file.write_text(json.dumps({"intents": [planted], "entities": []}), encoding="utf-8")
    shown = run("import", str(file))
    assert "warning: planted.apiDetails.url: no tool may call file:" in shown
    check_output(shown)
