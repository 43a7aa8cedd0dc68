"""`intentloop label` as it is used: from the log to the next training, at a terminal and without one."""

import asyncio
import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipelines.registry.release import Release
from pipelines.schemas.examples import OUT_OF_SCOPE
from pipelines.schemas.keys import mining_key
from pipelines.schemas.labels import Decision
from pipelines.schemas.llm import LlmConfig
from serving.cli.labelling.session import LabelSession, read_decisions
from serving.cli.tables.labels import print_open
from serving.replay.traffic import SimulatedMessage, answer_traffic, scripted_reading
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.labelling.labels import Labels
from serving.store.threads.turns import TurnLog
from serving.store.work.leases import Leases
from tests.support.bots import TINY_BOT_WIRE
from tests.support.command_line import intentloop
from tests.support.labels import label_item
from tests.support.records import NOW, now
from tests.support.servers import free_port

pytestmark = pytest.mark.parametrize("mongo_uri", ["nx-27017"], indirect=True)
BOT = "shop"  # the same in each run: which side of the wall a text falls on hangs on it


class Terminal:
    """A person who types what is written down, and what they are shown."""

    def __init__(self, runner: asyncio.Runner, mongo_uri: str, database: str) -> None:
        self.runner, self.shown = runner, io.StringIO()
        self.database = Database(mongo_uri, name=database, timeout_seconds=5.0)
        self.labels, self.leases = Labels(self.database), Leases(self.database, ttl=timedelta(seconds=60))
        runner.run(import_bot(self.database, TINY_BOT_WIRE, bot=BOT, source="test"))

    def type(self, *lines: str, limit: int = 50) -> str:
        typed = iter(lines)

        def ask(_prompt: str) -> str:
            try:
                return next(typed)
            except StopIteration:
                raise EOFError from None

        console = Console(file=self.shown, width=100)
        session = LabelSession(self.labels, self.runner.run, bot=BOT, by="ada@desk", console=console, ask=ask)
        return str(session.run(limit=limit))


@pytest.fixture
def terminal(mongo_uri: str, new_name: str) -> Iterator[Terminal]:
    with asyncio.Runner() as runner:
        terminal = Terminal(runner, mongo_uri, new_name)
        yield terminal
        terminal.database.close()


def test_keys_decide_and_texts_that_are_alike_go_together(terminal: Terminal) -> None:
    texts = ("hey there", "hey there you", "who \x1b[2Jwon", "hm what", "rubbish", "buy it")
    items = [label_item(BOT, text, value=9.0 - place) for place, text in enumerate(texts)]
    items[1] = items[1].model_copy(update={"cluster": items[0].cluster, "personal_data": ("an e-mail address",)})
    terminal.runner.run(terminal.labels.store(items))
    assert terminal.type("7", "1", "r", "s", "x", "order_produkt", "order_product", "q") == (
        "4 accepted, 1 rejected, 1 skipped"
    )
    decided = {item.text: terminal.runner.run(terminal.labels.get(BOT, item.key)) for item in items}
    assert [(decided[text].status, decided[text].intent_id) for text in texts] == [
        *[("accepted", "greet")] * 2, ("accepted", OUT_OF_SCOPE), ("skipped", None), ("rejected", None),
        ("accepted", "order_product"),
    ]  # fmt: skip
    shown = terminal.shown.getvalue()
    assert "also: hey there you" in shown
    assert "one of them seems to contain personal data (an e-mail address)" in shown
    assert "who  [2Jwon" in shown
    assert "2  cancel" in shown
    assert "classifier 40%" in shown
    assert "type 1 to 2, an intent's id" in shown
    assert "there is no intent 'order_produkt'" in shown
    assert shown.rstrip().endswith("nothing left to label")


def test_what_means_nothing_is_asked_again(terminal: Terminal) -> None:
    silent = label_item(BOT, "hm what", proposals=())
    terminal.runner.run(terminal.labels.store([silent]))
    assert terminal.type("", "a" * 201, "\udcff\udcfe", "s") == "0 accepted, 0 rejected, 1 skipped"
    assert terminal.shown.getvalue().count("type an intent's id, r, s, x or q") == 3


def test_filed_decisions_that_cannot_be_made_do_not_stop_the_others(
    terminal: Terminal, mongo_uri: str, new_name: str, tmp_path: Path
) -> None:
    items = [label_item(BOT, text) for text in ("hey there", "hm what")]
    terminal.runner.run(terminal.labels.store(items))
    file, keys = tmp_path / "decisions.jsonl", ["0" * 24, *(item.key for item in items)]
    intents = ("greet", "gret", "greet")
    lines = [
        json.dumps({"key": key, "status": "accepted", "intent_id": intent_id})
        for key, intent_id in zip(keys, intents, strict=True)
    ]
    file.write_text("\ufeff" + "\r\n".join(lines), encoding="utf-8")  # as an editor on Windows saves it
    environment = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": new_name}
    environment |= {"INTENTLOOP_HOME": str(tmp_path), "INTENTLOOP_DEFAULT_BOT": BOT}
    done = intentloop("label", "--decide", str(file), **environment)
    assert (done.returncode, done.stdout) == (1, "1 accepted, 0 rejected, 0 skipped\n")
    assert f"intentloop: 2 of 3 decisions in {file} could not be applied:" in done.stderr
    assert f"  - label {keys[1]}: there is no intent 'gret'" in done.stderr


def test_filed_decisions_may_be_applied_again_completed_and_corrected(
    terminal: Terminal, mongo_uri: str, new_name: str, tmp_path: Path
) -> None:
    texts = ("hey there", "hm what", "book it", "the goods")
    items = {text: label_item(BOT, text) for text in texts}
    terminal.runner.run(terminal.labels.store(list(items.values())))
    file = tmp_path / "decisions.jsonl"
    environment = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": new_name}
    environment |= {"INTENTLOOP_HOME": str(tmp_path), "INTENTLOOP_DEFAULT_BOT": BOT, "COLUMNS": "200"}
    environment |= {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}"}

    def decide(**intent_by_text: str | None) -> str:
        lines = [
            {"key": items[text].key, "status": "accepted" if intent_id else "rejected", "intent_id": intent_id}
            for text, intent_id in intent_by_text.items()
        ]
        return apply(lines)

    def apply(lines: list[dict[str, Any]]) -> str:
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        session = LabelSession(terminal.labels, terminal.runner.run, bot=BOT, by="ada@desk", console=Console())
        problems = session.decide_filed(read_decisions(file))
        return " / ".join([str(session.tally), *problems])

    first: dict[str, str | None] = {"hey there": "greet", "hm what": None}
    assert decide(**first) == "1 accepted, 1 rejected, 0 skipped"
    assert decide(**first) == "0 accepted, 0 rejected, 0 skipped; already so: 2"
    longer = {**first, "book it": "order_product", "the goods": "track_order"}
    assert decide(**longer) == "2 accepted, 0 rejected, 0 skipped; already so: 2"
    refused = decide(**{"hey there": "cancel"})
    assert refused.startswith("0 accepted, 0 rejected, 0 skipped / label ")
    said = "'hey there' is accepted as 'greet' by ada@desk on 20"
    assert said in refused
    assert refused.endswith(' UTC, not open; to make it accepted as \'cancel\', write "was": "accepted"')

    listed = intentloop("label", "--decided", "--json", "--status", "accepted", "--intent", "greet", **environment)
    [line] = [json.loads(line) for line in listed.stdout.splitlines()]
    assert (line["text"], line["was"], line["decided_by"]) == ("hey there", "accepted", "ada@desk")
    assert apply([line]) == "0 accepted, 0 rejected, 0 skipped; already so: 1"
    span = {"start": 0, "end": 3, "type": "order_id", "value": "hey"}
    for change, told in [
        ({"intent_id": "cancel"}, "1 accepted, 0 rejected, 0 skipped"),
        ({"intent_id": "cancel", "entities": [span]}, "1 accepted, 0 rejected, 0 skipped"),
        ({"intent_id": "cancel", "entities": [span]}, "0 accepted, 0 rejected, 0 skipped; already so: 1"),
        ({"status": "rejected"}, "0 accepted, 1 rejected, 0 skipped"),
    ]:
        assert apply([{**line, **change}]) == told
    reopened = {"key": line["key"], "status": "open", "was": "rejected"}
    assert apply([reopened]) == "0 accepted, 0 rejected, 0 skipped, 1 reopened"

    rejected = {"key": items["book it"].key, "status": "rejected", "was": "accepted"}
    file.write_text(json.dumps(rejected), encoding="utf-8")
    corrected = intentloop("label", "--decide", str(file), "--decided", **environment)
    assert corrected.returncode == 0
    tally, what_follows, *table = corrected.stdout.splitlines()
    assert tally == "0 accepted, 1 rejected, 0 skipped"
    assert what_follows == "earlier decisions corrected: 1; the next training goes by them"
    [by_ada] = [row for row in table if "the goods" in row]
    assert "track_order" in by_ada
    assert "ada@desk" in by_ada
    assert [text for text in texts if any(text in row for row in table)] == ["hm what", "book it", "the goods"]


def test_lists_go_beyond_a_page(
    terminal: Terminal, mongo_uri: str, new_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.store.labelling.labels.MAX_PAGE", 2)
    terminal.runner.run(terminal.labels.store([label_item(BOT, f"text {number}") for number in range(5)]))
    out = io.StringIO()
    with redirect_stdout(out):
        terminal.runner.run(print_open(terminal.labels, BOT, limit=4, as_json=True))
    assert len({json.loads(line)["key"] for line in out.getvalue().splitlines()}) == 4


def test_second_person_is_told_and_goes_on(terminal: Terminal) -> None:
    first, second = label_item(BOT, "hey there", value=2.0), label_item(BOT, "hm what")
    labels = terminal.labels
    terminal.runner.run(labels.store([first, second]))

    rejected = Decision(status="rejected")
    typed = iter(["1", "1"])

    def ask(_prompt: str) -> str:
        if terminal.runner.run(labels.get(BOT, first.key)).status == "open":
            terminal.runner.run(labels.decide(BOT, first.key, rejected, by="bob", now=now()))
        return next(typed)

    console = Console(file=terminal.shown, width=100)
    session = LabelSession(labels, terminal.runner.run, bot=BOT, by="ada", console=console, ask=ask)
    assert str(session.run(limit=2)) == "1 accepted, 0 rejected, 0 skipped; 1 already decided by others"
    assert "is rejected by bob meanwhile" in terminal.shown.getvalue().replace("\n", " ")


@pytest.mark.slow
def test_log_becomes_labels_without_a_terminal(
    terminal: Terminal, mongo_uri: str, new_name: str, tiny_release: Release, tiny_release_folder: Path, tmp_path: Path
) -> None:
    said = [
        SimulatedMessage("a", "has my stuff been sent off", NOW, llm=scripted_reading("track_order")),
        SimulatedMessage("b", "dispatch the goods mister", NOW, llm=scripted_reading("greet")),
    ]
    definition = tiny_release.definition
    thresholds = definition.thresholds.model_copy(update={"confidence": 1.0, "clarify": None})
    never_sure = definition.model_copy(
        update={"thresholds": thresholds, "llm": LlmConfig(mode="fallback", model="written down")}
    )
    old = replace(tiny_release, version="0", definition=never_sure)
    records = terminal.runner.run(answer_traffic(said, old, bot=BOT))
    terminal.runner.run(TurnLog(terminal.database, ttl=timedelta(days=9999)).append_all(records))
    environment = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": new_name}
    environment |= {"INTENTLOOP_HOME": str(tmp_path), "INTENTLOOP_DEFAULT_BOT": BOT}
    mining = ("label", "--mine", "--days", "9999", "--release-folder", str(tiny_release_folder), "--accept-agreed")
    done = intentloop(*mining, **environment)
    assert done.returncode == 0, done.stderr
    assert "2 turns read: 2 texts are new or have changed" in done.stdout
    assert "2 texts added to the queue, 0 updated" in done.stdout
    assert "1 accepted because everyone asked agrees" in done.stdout
    assert "0 texts added to the queue, 0 updated" in intentloop(*mining, **environment).stdout
    listed = intentloop("label", "--list", "--json", **environment)
    (line,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert (line["text"], line["status"]) == ("dispatch the goods mister", "open")
    file = tmp_path / "decisions.jsonl"
    file.write_text(json.dumps({**line, "status": "accepted", "intent_id": "track_order"}) + "\n", encoding="utf-8")
    assert intentloop("label", "--decide", str(file), **environment).stdout == "1 accepted, 0 rejected, 0 skipped\n"
    again = intentloop("label", "--decide", str(file), **environment)
    assert (again.returncode, again.stdout) == (0, "0 accepted, 0 rejected, 0 skipped; already so: 1\n")
    file.write_text('{"key": "x", "status": "accepted"}\n', encoding="utf-8")
    wrong = intentloop("label", "--decide", str(file), **environment)
    assert (wrong.returncode, "line 1: key: String should match" in wrong.stderr) == (1, True)
    holder = "ada@desk, process 7"
    lease, _ = terminal.runner.run(terminal.leases.take(mining_key(BOT), holder=holder, now=now()))
    second = intentloop(*mining, **environment)
    assert (second.returncode, second.stdout) == (3, "")
    assert f"the log of bot 'shop' is already being mined: {holder} has been at work since" in second.stderr
    terminal.runner.run(terminal.leases.give_back(lease, now=now()))
    nobody = intentloop("label", stdin="", **environment)
    assert (nobody.returncode, "there is no terminal to ask at" in nobody.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--json", "--decide", __file__), 2, "it is a format of --list; add --list or --decided"),
        (("--list", "--intent", "greet"), 2, "it selects decided texts; add --decided"),
        (
            ("--list", "--bot", "shopp"),
            1,
            "there is no bot 'shopp'; import one with `intentloop import FILE --bot NAME`",
        ),
        (
            ("--mine", "--bot", "shopp"),
            1,
            "there is no bot 'shopp'; import one with `intentloop import FILE --bot NAME`",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    mongo_uri: str, new_name: str, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    environment = {"INTENTLOOP_MONGO_URI": mongo_uri, "INTENTLOOP_MONGO_DATABASE": new_name, "COLUMNS": "200"}
    done = intentloop("label", *arguments, INTENTLOOP_HOME=str(tmp_path), **environment)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
