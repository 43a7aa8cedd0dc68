"""Where a text went, over a real MLflow server: what is theirs, what is not, and what is left afterwards."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from pipelines.forget.lineage import RETIRE_TAG, Lineage, LineageSearch
from pipelines.forget.purge import TOMBSTONE_FILE
from pipelines.forget.redact import Redaction, cleaned, holds
from pipelines.forget.retire import retire_versions
from pipelines.nlu.model import NluModel
from pipelines.registry.client import Registry, model_name
from pipelines.registry.fetch import fetch_release
from pipelines.registry.run_record import FAILED_REASON_TAG
from pipelines.registry.runs import Runs
from pipelines.schemas.examples import Example
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check
from pipelines.scoring.log import Part
from pipelines.scoring.parts import Plan
from pipelines.steps.data.frame import to_frame
from pipelines.steps.data.snapshot import write_snapshot
from pipelines.steps.evaluation.evaluate import evaluate_model
from pipelines.steps.registration import log
from pipelines.steps.registration.artifacts import ArtifactFolder
from pipelines.steps.registration.register import freeze, register_release
from tests.support.bots import TINY_BOT
from tests.support.mlflow_server import copy_version

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"),
]
SAID, COMMON = "take it to quimbly lane", "hello"
NOW = datetime.now(UTC)


def trained(bot: str, model: NluModel, home: Path, uri: str, texts: list[str]) -> str:
    """Leave what a training on some texts leaves; gives the version."""
    rows = [Example(id=f"greet/{number}", intent="greet", text=text) for number, text in enumerate(texts)]
    frame = pd.concat([to_frame(rows[:1], origin="author"), to_frame(rows[1:], origin="label")], ignore_index=True)
    params = TrainParams(bot=bot, home=home)
    run_id = Runs(uri).begin(bot)
    snapshot = write_snapshot(frame, home / "snapshots")
    log.log_snapshot(run_id, snapshot)
    client = mlflow.MlflowClient(uri)
    client.log_text(run_id, f"<td>{texts[-1]}</td>", "validation/report.html")
    client.log_text(run_id, "thread,turn\nvisitor-7,1\nvisitor-77,1\n", "gate/replay.csv")
    log.log_evaluation(run_id, evaluate_model(model, [*rows, rows[0]]), prefix="holdout", model=model)
    client.set_tag(run_id, FAILED_REASON_TAG, f"ValueError: no such text: {texts[-1]!r}")
    folder = freeze(model, TINY_BOT, params, snapshot, texts, run_id)
    registry, evaluation = Registry(uri, is_patient=True), evaluate_model(model, [])
    return register_release(
        folder, params, registry=registry, run_id=run_id, gate=Check(), evaluation=evaluation
    ).version


def search(bot: str, home: Path, uri: str, *, said_at: datetime) -> Lineage:
    looking = LineageSearch(bot, home=home, cases=home / "cases", tracking_uri=uri, now=NOW)
    said = {SAID.upper(): said_at, COMMON: said_at}
    return looking.find(said, shared=(), thread_ids=["visitor-7"], progress=lambda share, what: None)


def test_purge_that_was_ended_half_way_finds_everything_again(
    mlflow_in_use: str, tiny_model: NluModel, new_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(new_name, tiny_model, tmp_path, mlflow_in_use, [COMMON])
    said_at = datetime.now(UTC)
    trained(new_name, tiny_model, tmp_path, mlflow_in_use, [COMMON, SAID])

    def found() -> list[tuple[str, str]]:
        lineage = search(new_name, tmp_path, mlflow_in_use, said_at=said_at)
        return [(each.kind, each.name) for each in lineage.occurrences if each.kind != "snapshot"]

    before, written = found(), []
    write = ArtifactFolder.write

    def write_and_end(folder: ArtifactFolder, path: str, content: bytes) -> None:
        written.append(path)
        if path.endswith(".parquet"):
            raise KeyboardInterrupt
        write(folder, path, content)

    monkeypatch.setattr(ArtifactFolder, "write", write_and_end)
    (run,) = search(new_name, tmp_path, mlflow_in_use, said_at=said_at).of("run")
    assert run.purge is not None
    with pytest.raises(KeyboardInterrupt):
        run.purge()
    assert len(written) > 1
    assert [kind for kind, _ in found()] == [kind for kind, _ in before]


def test_lineage_over_a_server_is_found_purged_and_retired(
    mlflow_in_use: str, tiny_model: NluModel, new_name: str, tmp_path: Path
) -> None:
    uri, client = mlflow_in_use, mlflow.MlflowClient(mlflow_in_use)
    first = trained(new_name, tiny_model, tmp_path, uri, [COMMON])
    said_at = datetime.now(UTC)
    second = trained(new_name, tiny_model, tmp_path, uri, [COMMON, SAID])

    lineage = search(new_name, tmp_path, uri, said_at=said_at)
    assert lineage.redaction.texts == {SAID}
    assert lineage.n_spared == 1  # the author had written it before they said it
    assert [(each.kind, each.count) for each in lineage.occurrences] == [("snapshot", 1), ("run", 5), ("version", 1)]
    assert lineage.of("version")[0].name.startswith(f"{second} (has learnt from it")

    for occurrence in lineage.occurrences:
        assert occurrence.purge is not None
        occurrence.purge()
    run_id = client.get_model_version(model_name(new_name), second).run_id
    folder = ArtifactFolder(client.get_run(run_id).info.artifact_uri, uri)
    contents = {path: folder.read(path) for path, _ in folder.files()}
    assert "validation/report.html" not in contents
    compared = client.load_table(client.get_run(run_id).info.experiment_id, "holdout/predictions.json", [run_id])
    assert compared["text"].tolist() == [COMMON, COMMON], "MLflow still shows the rows of others"
    assert all(SAID not in content.decode(errors="replace") for content in contents.values())
    assert client.get_run(run_id).data.tags[FAILED_REASON_TAG].startswith("removed on ")
    assert contents["gate/replay.csv"] == b"thread,turn\nvisitor-77,1\n"
    (table,) = (pd.read_parquet(io.BytesIO(content)) for path, content in contents.items() if "parquet" in path)
    assert table["text"].tolist() == [COMMON]
    stones = json.loads(contents[TOMBSTONE_FILE])
    assert {stone["file"]: stone["rows_removed"] for stone in stones}["gate/replay.csv"] == 1
    (stone,) = (json.loads(file.read_text()) for file in (tmp_path / "snapshots").glob("*.forgotten.json"))
    assert (stone["rows_removed"], stone["data_hash_before"] != stone["data_hash_after"]) == (1, True)
    assert RETIRE_TAG in client.get_model_version(model_name(new_name), second).tags
    assert not (tmp_path / "builds" / new_name / run_id).exists()

    assert retire_versions(new_name, home=tmp_path, tracking_uri=uri).in_use == ((second, "has the alias candidate"),)
    client.set_registered_model_alias(model_name(new_name), "candidate", first)
    copy = copy_version(uri, (model_name(new_name), second), name=model_name(new_name))
    client.set_registered_model_alias(model_name(new_name), "production", copy)
    client.delete_model_version_tag(model_name(new_name), copy, RETIRE_TAG)
    shared = retire_versions(new_name, home=tmp_path, tracking_uri=uri)
    assert (shared.deleted, shared.in_use) == ((), ((second, f"version {copy}, which has an alias, is a copy of it"),))
    client.set_model_version_tag(model_name(new_name), copy, RETIRE_TAG, "true")
    client.delete_registered_model_alias(model_name(new_name), "production")
    foreign = copy_version(uri, (model_name(new_name), first), name=model_name(f"{new_name}-other"))
    client.set_model_version_tag(model_name(f"{new_name}-other"), foreign, RETIRE_TAG, "true")
    assert retire_versions(f"{new_name}-other", home=tmp_path, tracking_uri=uri).deleted == (foreign,)
    kept = Registry(uri).find_version(new_name, first)
    assert fetch_release(Registry(uri), kept, bot=new_name).version == first  # its files are not the copy's to delete
    assert retire_versions(new_name, home=tmp_path, tracking_uri=uri).deleted == (second, copy)
    assert search(new_name, tmp_path, uri, said_at=said_at).occurrences == ()


def test_text_that_was_an_example_before_it_was_said_is_not_theirs(
    mlflow_in_use: str, tiny_model: NluModel, new_name: str, tmp_path: Path
) -> None:
    trained(new_name, tiny_model, tmp_path, mlflow_in_use, [SAID])
    lineage = search(new_name, tmp_path, mlflow_in_use, said_at=datetime.now(UTC) + timedelta(seconds=1))
    assert (lineage.redaction.texts, lineage.n_spared, lineage.occurrences) == ({COMMON}, 1, ())


def scored(file: Path, *threads: str) -> Path:
    """Leave a table of scores."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"thread_id": list(threads), "turn": 1}).to_parquet(file, index=False)
    return file


def unfinished(home: Path, bot: str, *threads: str, name: str) -> Path:
    """Leave a scoring that was ended when its first part was done, at the thread that it was planned up to."""
    folder = home / "scores" / f"{name}.parquet.parts"
    scored(folder / "part-000000.parquet", *threads[:-1])
    part = Part(first=f"{bot}:{threads[0]}:0000000001", last=f"{bot}:{threads[-1]}:0000000001", n_messages=9)
    plan = Plan(bot=bot, release_sha256="", since=NOW, until=NOW, parts=(part,))
    (folder / "plan.json").write_text(plan.model_dump_json())
    return folder


def test_scores_in_the_home_folder_lose_the_person(mlflow_in_use: str, new_name: str, tmp_path: Path) -> None:
    whole = scored(tmp_path / "scores" / "whole.parquet", "visitor-7", "x")
    named = scored(tmp_path / "mine.parquet", "visitor-7", "x")
    begun = {
        "rows": unfinished(tmp_path, new_name, "a", "visitor-7", "z", name="rows"),
        "plan": unfinished(tmp_path, new_name, "a", "visitor-7", name="plan"),
        "cut off": unfinished(tmp_path, new_name, "a", "z", name="cut off"),
        "others": unfinished(tmp_path, new_name, "a", "z", name="others"),
        "another bot's": unfinished(tmp_path, "other", "a", "visitor-7", "z", name="other"),
    }
    (begun["cut off"] / "part-000001.parquet.77.tmp").write_bytes(whole.read_bytes()[:100])
    damaged = tmp_path / "scores" / "damaged.parquet"
    damaged.write_bytes(whole.read_bytes()[:100])
    found = search(new_name, tmp_path, mlflow_in_use, said_at=NOW).of("file")
    held = [begun[name] for name in ("cut off", "plan", "rows")]
    assert {occurrence.name: occurrence.count for occurrence in found} == {
        str(place): 1 for place in (named, damaged, whole, *(f"{folder} (an unfinished scoring)" for folder in held))
    }
    assert [occurrence.name for occurrence in found if occurrence.purge is None] == [str(named)]
    for occurrence in found:
        if occurrence.purge is not None:
            occurrence.purge()
    assert pd.read_parquet(whole)["thread_id"].tolist() == ["x"]
    assert {name for name, folder in begun.items() if folder.exists()} == {"others", "another bot's"}
    assert not damaged.exists()
    left = search(new_name, tmp_path, mlflow_in_use, said_at=NOW).of("file")
    assert [occurrence.name for occurrence in left] == [str(named)]


WORDS = Redaction(frozenset((SAID, 'say "hi" & <wave>', "yes")), frozenset(("visitor-7",)))


@pytest.mark.parametrize(
    ("content", "is_found"),
    [
        ("he said: TAKE it to  Quimbly lane!", True),
        (json.dumps({"a": ['say "hi" & <wave>']}), True),
        (json.dumps({"html": "<td>say &quot;hi&quot; &amp; &lt;wave&gt;</td>"}), True),
        ("visitor-7 came", True),
        ("visitor-77 and yes", False),
        ('{"image/png": "iVBO+visitor-7/"}', False),
    ],
)
def test_words_are_found_however_a_file_writes_them(content: str, is_found: bool) -> None:
    assert bool(holds("x.json", content.encode(), WORDS)) is is_found


def test_masked_log_keeps_every_byte_in_its_place() -> None:
    log = "INFO thread visitor-7: took TAKE it to quimbly lane\nINFO thread visitor-77: fine ümläut\n".encode()
    masked = WORDS.mask(log)
    assert len(masked) == len(log)
    assert "INFO thread *********: took" in masked.decode()
    assert "quimbly" not in masked.decode()
    assert masked.decode().endswith("INFO thread visitor-77: fine ümläut\n")


def test_notebook_that_was_run_loses_what_it_has_shown() -> None:
    cells = [{"cell_type": "code", "source": ["train()"], "outputs": [{"text": SAID}]}]
    kept = cleaned("run.ipynb", json.dumps({"cells": cells}).encode(), WORDS)
    assert kept is not None
    assert json.loads(kept)["cells"][0] == {"cell_type": "code", "source": ["train()"], "outputs": []}
    assert (
        cleaned("run.ipynb", json.dumps({"cells": [{"cell_type": "markdown", "source": SAID}]}).encode(), WORDS) is None
    )
