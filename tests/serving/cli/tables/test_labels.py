"""What the lists of labels say."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.registry.client import RegisteredVersion
from pipelines.settings import Settings
from serving.cli.tables.labels import say_what_follows
from tests.support.labels import label_item
from tests.support.records import NOW

BOT = "shop"


def test_corrections_name_the_version_that_has_learnt_the_former_decisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    versions = [
        RegisteredVersion(name="intentloop-shop", version=number, run_id="r", created_at=NOW + timedelta(days=days))
        for number, days in (("9", 1), ("10", 2))
    ]
    monkeypatch.setattr("pipelines.registry.client.Registry.versions", lambda _self, _bot: versions)
    item = label_item(BOT, "hey there").model_copy(update={"status": "accepted", "intent_id": "greet"})
    corrected = [
        item.model_copy(update={"decided_at": NOW + timedelta(days=days), "destination": side})
        for days, side in ((0, "train"), (1, "train"), (0, "holdout"), (3, "train"))
    ]
    say_what_follows(Settings(home=tmp_path), BOT, corrected)
    assert capsys.readouterr().out.splitlines() == [
        "version 10 has learnt 2 of them as they were decided before",
        "version 10 was measured on 1 of them as they were decided before",
        "earlier decisions corrected: 4; the next training goes by them",
    ]
