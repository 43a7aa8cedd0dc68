"""A whole training run: the notebook in a kernel process of its own, recorded on a real MLflow server."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import nbformat
import pytest
from mlflow.exceptions import MlflowException

from pipelines.errors import DataRejected, NotFound, RegistryUnavailable, SetupProblem, TrainingFailed
from pipelines.registry.release import load_release
from pipelines.registry.runs import Runs
from pipelines.run import TrainingOutcome, run_training
from pipelines.schemas.labels import Destination
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from serving.store.client import Database
from serving.store.drafts.bots import import_bot
from serving.store.labelling.labels import Labels
from tests.support.bots import TINY_BOT_WIRE, example
from tests.support.labels import accepted_item
from tests.support.mlflow_store import tracked_at
from tests.support.servers import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]


@dataclass(frozen=True)
class Run:
    """A finished training run and what was heard of it."""

    outcome: TrainingOutcome
    progress: list[tuple[float, str]]
    home: Path


def write_bot(folder: Path, wire: dict[str, Any]) -> Path:
    file = folder / "bot.json"
    file.write_text(json.dumps(wire), encoding="utf-8")
    return file


def settings_at(home: Path) -> Settings:
    return Settings(_env_file=None, home=home)


@pytest.fixture(scope="session")  # the tests of a module with a database do not all run in a row
def run(mlflow_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("training")
    home = folder / "home"
    out_of_scope = folder / "oos.jsonl"
    rows = [{"id": f"o{n}", "text": f"{word} a song", "intent": "__oos__"} for n, word in enumerate(("sing", "hum"))]
    out_of_scope.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    test_rows = folder / "test.jsonl"
    test_rows.write_text(json.dumps({"id": "t", "text": "hello you", "intent": "greet"}), encoding="utf-8")
    params = TrainParams(
        bot="tiny",
        source=str(write_bot(folder, TINY_BOT_WIRE)),
        home=home,
        tracking_uri=mlflow_uri,
        out_of_scope_file=out_of_scope,
        test_file=test_rows,
        min_accuracy=0.0,
        promote=True,
    )
    progress: list[tuple[float, str]] = []
    outcome = run_training(params, settings_at(home), progress=lambda share, what: progress.append((share, what)))
    return Run(outcome, progress, home)


def paths_of(client: mlflow.MlflowClient, run_id: str, folder: str = "") -> set[str]:
    found: set[str] = set()
    for entry in client.list_artifacts(run_id, folder):
        found |= paths_of(client, run_id, entry.path) if entry.is_dir else {entry.path}
    return found


@pytest.mark.integration
def test_run_training_registers_and_promotes(run: Run, mlflow_uri: str) -> None:
    outcome = run.outcome
    assert (outcome.name, outcome.version, outcome.is_promoted) == ("intentloop-tiny", "1", True)
    assert outcome.gate_reasons == ""
    assert {"holdout_accuracy", "test_accuracy", "n_examples", "validation_errors"} <= set(outcome.metrics)
    client = mlflow.MlflowClient(mlflow_uri)
    finished = client.get_run(outcome.run_id)
    assert finished.info.status == "FINISHED"
    run_page, gate_page = (line.partition(": ")[2] for line in outcome.pages())
    assert run_page == Runs(mlflow_uri).url(outcome.run_id)
    assert "/artifacts/gate/report.html?" in gate_page
    n_examples = f"{outcome.metrics['n_examples']:.0f}"
    assert finished.info.run_name == f"tiny v1 · {n_examples} examples · gate passed"
    assert (finished.data.tags["gate"], finished.data.tags["version"]) == ("passed", "1")
    assert finished.data.tags["mlflow.source.name"] == "intentloop train"
    assert {"train", "holdout", "test"} == {each.dataset.name for each in finished.inputs.dataset_inputs}
    assert str(client.get_model_version_by_alias("intentloop-tiny", "production").version) == "1"


@pytest.mark.integration
def test_run_training_records_everything(run: Run, mlflow_uri: str) -> None:
    client = mlflow.MlflowClient(mlflow_uri)
    recorded = client.get_run(run.outcome.run_id).data
    paths = paths_of(client, run.outcome.run_id)
    data_hash = recorded.params["data_hash"]
    assert f"notebook/{run.outcome.notebook.name}" in paths
    assert f"data/{data_hash[:16]}.parquet" in paths
    assert {"validation/report.html", "validation/findings.csv", "choices.json"} <= paths
    assert "validation/doubtful_labels.csv" in paths
    for part in ("holdout", "test"):
        plots = {f"{part}/{name}.png" for name in ("confusion", "confidence", "calibration")}
        assert plots | {f"{part}/intents.csv", f"{part}/confusions.csv"} <= paths
    assert (recorded.params["bot"], recorded.params["seed"]) == ("tiny", "0")
    assert str(run.home) not in json.dumps(recorded.params)
    version = client.get_model_version("intentloop-tiny", "1")
    assert version.tags["data_hash"] == data_hash


TEST_SET = [
    {**example("my parcel is not here, it is [ORD-4711](order_id)"), "intent": "track_order"},
    {**example("a very good evening to you"), "intent": "greet"},
    {**example("Where is my order ORD-1042?"), "intent": "track_order"},
    {**example("of an intent that is gone"), "intent": "former"},
]


async def write_drafts(mongo_uri: str, *, bot: str = "tiny", labels: dict[str, Destination]) -> None:
    """Put the tiny bot with a test set into the database, and labels: texts, each with where it goes."""
    database = Database(mongo_uri, name="intentloop_gate", timeout_seconds=5.0)
    await import_bot(database, {**TINY_BOT_WIRE, "testSet": TEST_SET}, bot=bot, source="test")
    items = [accepted_item(bot, text, "track_order", bound_for=side) for text, side in labels.items()]
    await Labels(database).store([item.model_copy(update={"revision": 0}) for item in items])
    database.close()


@pytest.mark.integration
def test_run_training_compares_with_production_and_replays(
    run: Run, mlflow_uri: str, mongo_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTENTLOOP_MONGO_URI", mongo_uri)
    monkeypatch.setenv("INTENTLOOP_MONGO_DATABASE", "intentloop_gate")
    asyncio.run(write_drafts(mongo_uri, labels={"any idea where my parcel is": "holdout"}))
    params = TrainParams(bot="tiny", home=tmp_path / "home", tracking_uri=mlflow_uri, min_accuracy=0.0)
    client = mlflow.MlflowClient(mlflow_uri)
    production = client.get_model_version_by_alias(run.outcome.name, "production").version
    outcome = run_training(params, settings_at(tmp_path / "home"), progress=lambda share, what: None)
    assert outcome.gate_reasons == ""
    assert {"gate_compared_rows", "gate_replayed_conversations"} <= set(outcome.metrics)
    assert outcome.metrics["gate_relabelled_texts"] == 0  # beside the snapshot that production's run has logged
    assert outcome.metrics["production_n_examples"] == 1  # the label that is held out
    assert {"gate/gate.json", "gate/replay.csv", "gate/relabelled.csv", "data/learnt.txt"} <= paths_of(
        client, outcome.run_id
    )
    assert outcome.metrics["test_set_n_examples"] == 3, "one is of an unknown intent"
    assert outcome.metrics["gate_test_set_compared_rows"] == 2, "production has learnt from one of them"
    tags = client.get_run(outcome.run_id).data.tags
    assert tags["test_set"].isdigit()
    gate = json.loads(Path(client.download_artifacts(outcome.run_id, "gate/gate.json", str(tmp_path))).read_text())
    # the same examples are held out again, so the version in production has learnt from none of them
    (compared,) = [note for note in gate["notes"] if f"version {production} on " in note and "held-out" in note]
    assert "; 0 more were left out" in compared
    (named,) = [note for note in gate["notes"] if note.startswith(f"judged on test set {tags['test_set']} too: 3 rows")]
    assert named.endswith(tags["test_set_sha256"])
    assert "1 examples are not learnt from: they nearly equal a row of test set 1" in gate["notes"]
    assert any("the bot has no out-of-scope utterances" in note for note in gate["notes"])
    names = [measure["name"] for measure in gate["measures"]]
    for part in ("texts with another intent since version", "accuracy on utterances of test set", "CPU time that 95 %"):
        assert any(name.startswith(part) for name in names), names


@pytest.mark.integration
def test_run_training_refuses_a_leak_into_the_holdout_before_anything_is_fitted(
    mlflow_uri: str, mongo_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTENTLOOP_MONGO_URI", mongo_uri)
    monkeypatch.setenv("INTENTLOOP_MONGO_DATABASE", "intentloop_gate")
    alike: dict[str, Destination] = {"has my kite left you": "train", "has my kite left you yet": "holdout"}
    asyncio.run(write_drafts(mongo_uri, bot="leaky", labels=alike))
    params = TrainParams(bot="leaky", home=tmp_path / "home", tracking_uri=mlflow_uri)
    done: list[str] = []
    with pytest.raises(TrainingFailed, match=r"is for training and nearly equals .* reject one of the two with"):
        run_training(params, settings_at(tmp_path / "home"), progress=lambda share, what: done.append(what))
    assert done == ["opening the run", "reading the bot and its examples"]


@pytest.mark.integration
def test_run_training_of_changed_labels_and_without_the_conversations_is_not_passed(
    run: Run, mlflow_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTENTLOOP_MONGO_URI", f"mongodb://127.0.0.1:{free_port()}")
    wire = json.loads(json.dumps(TINY_BOT_WIRE))
    by_id = {intent["intentId"]: intent["trainingData"] for intent in wire["intents"]}
    by_id["order_product"] += [by_id["track_order"].pop() for _ in range(6)]
    source = str(write_bot(tmp_path, wire))
    params = TrainParams(bot="tiny", source=source, home=tmp_path / "home", tracking_uri=mlflow_uri, min_accuracy=0.0)
    outcome = run_training(params, settings_at(tmp_path / "home"), progress=lambda share, what: None)
    assert outcome.gate_reasons.startswith(
        "6 of 13 texts of 'track_order' are now labelled 'order_product'; if that is meant, train again and accept "
    )
    assert "the stored conversations could not be replayed" in outcome.gate_reasons


@pytest.mark.integration
def test_run_training_release_answers(run: Run, mlflow_uri: str, tmp_path: Path) -> None:
    client = mlflow.MlflowClient(mlflow_uri)
    source = client.get_model_version_download_uri("intentloop-tiny", "1")
    with tracked_at(mlflow_uri):
        folder = Path(mlflow.artifacts.download_artifacts(source, dst_path=str(tmp_path)))
    manifest = next(folder.rglob("manifest.json"))
    release = load_release(manifest.parent, version="1")
    assert release.model.parse("where is order ORD-77").ranking[0].intent_id == "track_order"
    assert release.definition.name == "tiny"


@pytest.mark.integration
def test_run_training_tells_its_progress(run: Run) -> None:
    shares = [share for share, _ in run.progress]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert any("tagger" in what for _, what in run.progress)


@pytest.mark.integration
def test_run_training_leaves_the_executed_notebook(run: Run) -> None:
    notebook = json.loads(run.outcome.notebook.read_bytes())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    assert run.outcome.notebook == run.home / "runs" / f"{run.outcome.run_id}.ipynb"


def broken_bot() -> dict[str, Any]:
    wire = json.loads(json.dumps(TINY_BOT_WIRE))
    wire["intents"][2]["trainingData"].append({"text": "   ", "entities": []})
    span = {"value": "Oslo", "begin": 90, "end": 94, "name": "order_id"}
    wire["intents"][2]["trainingData"].append({"text": "to Oslo", "entities": [span]})
    wire["intents"][2]["speechResponse"] = "Hello {{ context.name"
    return dict(wire)


@pytest.mark.integration
def test_run_training_stops_at_bad_rows_and_names_them(mlflow_uri: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    source = str(write_bot(tmp_path, broken_bot()))
    params = TrainParams(bot="broken", source=source, home=home, tracking_uri=mlflow_uri, promote=True)
    with pytest.raises(TrainingFailed) as caught:
        run_training(params, settings_at(home), progress=lambda share, what: None)
    message = str(caught.value)
    assert "greet/9: the text is empty. Repair: write an utterance or delete the row." in message
    assert "greet.speechResponse: it is not a valid template" in message
    assert "greet/10" not in message, "an offset that does not fit is corrected, as by an import"
    assert "Traceback" not in message
    client = mlflow.MlflowClient(mlflow_uri)
    experiment = client.get_experiment_by_name("intentloop-broken")
    assert experiment is not None
    [failed] = client.search_runs([experiment.experiment_id])
    assert failed.info.status == "FAILED"
    told = failed.data.tags["failed_reason"]
    assert told == "bot.json cannot be used, 2 problem(s) to repair; validation/report.html names them"
    assert failed.info.run_name.endswith("examples · failed")
    paths = paths_of(client, failed.info.run_id)
    assert {"validation/report.html", f"notebook/{failed.info.run_id}.ipynb"} <= paths
    with pytest.raises(MlflowException, match="not found"):
        client.get_registered_model("intentloop-broken")


@pytest.mark.integration
def test_run_training_below_the_gate_is_registered_but_not_promoted(mlflow_uri: str, tmp_path: Path) -> None:
    words = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")
    intents = [  # the same words in other pairs: nothing to tell the intents apart by
        {
            "name": name,
            "intentId": name,
            "trainingData": [{"text": f"{w} {words[i - shift]}"} for i, w in enumerate(words)],
        }
        for shift, name in enumerate(("a", "b", "c"), start=1)
    ]
    source = str(write_bot(tmp_path, {"intents": intents, "entities": []}))
    params = TrainParams(
        bot="weak", source=source, home=tmp_path / "home", tracking_uri=mlflow_uri, promote=True, min_accuracy=1.0
    )
    outcome = run_training(params, settings_at(tmp_path / "home"), progress=lambda share, what: None)
    assert not outcome.is_promoted
    assert "below the floor 100.0%" in outcome.gate_reasons
    refused = mlflow.MlflowClient(mlflow_uri).get_run(outcome.run_id)
    assert (refused.info.status, refused.data.tags["gate"]) == ("FINISHED", "failed")
    assert "below the floor 100.0%" in refused.data.tags["failed_reason"]
    assert refused.info.run_name.endswith("gate failed")


@pytest.mark.integration
def test_run_training_small_bot_and_relative_paths(
    mlflow_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two intents of two examples leave nothing to hold out; paths are those of the caller, not of the notebook."""
    intents = [
        {"name": n, "intentId": n, "trainingData": [{"text": f"{n} one"}, {"text": f"{n} two"}]} for n in ("up", "down")
    ]
    write_bot(tmp_path, {"intents": intents})
    monkeypatch.chdir(tmp_path)
    params = TrainParams(bot="small", source="bot.json", home=Path("home"), tracking_uri=mlflow_uri, promote=True)
    outcome = run_training(params, settings_at(Path("home")), progress=lambda share, what: None)
    assert outcome.is_promoted
    assert "holdout_accuracy" not in outcome.metrics
    assert outcome.notebook.is_relative_to(tmp_path / "home")


def test_run_training_without_a_server_is_told_in_seconds(tmp_path: Path) -> None:
    source = str(write_bot(tmp_path, TINY_BOT_WIRE))
    params = TrainParams(source=source, home=tmp_path, tracking_uri=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(RegistryUnavailable, match="check MLFLOW_TRACKING_URI"):
        run_training(params, settings_at(tmp_path), progress=lambda share, what: None)


def test_run_training_whose_server_goes_silent_in_the_end_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall_silent(*_: object, **__: object) -> None:
        raise MlflowException("API request to http://mlflow failed with exception: connection refused")

    monkeypatch.setattr("pipelines.run._execute", lambda *_: None)
    monkeypatch.setattr("mlflow.MlflowClient.set_terminated", fall_silent)
    store = f"sqlite:///{tmp_path}/mlflow.db"
    params = TrainParams(source=str(write_bot(tmp_path, TINY_BOT_WIRE)), home=tmp_path, tracking_uri=store)
    with tracked_at(store), pytest.raises(RegistryUnavailable, match="connection refused"):
        run_training(params, settings_at(tmp_path), progress=lambda share, what: None)


@pytest.mark.integration
def test_run_training_of_nothing_leaves_nothing_in_mlflow(mlflow_uri: str, mongo_uri: str, tmp_path: Path) -> None:
    settings = settings_at(tmp_path).model_copy(update={"mongo_uri": mongo_uri})
    params = TrainParams(bot="unknown", home=tmp_path / "home", tracking_uri=mlflow_uri)
    missing = params.model_copy(update={"source": str(tmp_path / "unwritten.json")})
    source = str(write_bot(tmp_path, TINY_BOT_WIRE))
    wrong_file = params.model_copy(update={"source": source, "test_file": tmp_path / "tset.jsonl"})
    for each, problem in ((params, NotFound), (missing, DataRejected), (wrong_file, DataRejected)):
        with pytest.raises(problem):
            run_training(each, settings, progress=lambda share, what: None)
    assert mlflow.MlflowClient(mlflow_uri).get_experiment_by_name("intentloop-unknown") is None
    assert not (tmp_path / "home").exists()


def test_run_training_shows_nothing_that_the_kernel_says_of_itself(
    mlflow_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # as when a kernel is ended in the middle of a message: its own log then has the traceback of a socket
    cells = ["get_ipython().kernel.log.error('broken off', exc_info=KeyError())", "raise ValueError('told')"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "probe.ipynb")
    monkeypatch.setattr("pipelines.run.NOTEBOOK", tmp_path / "probe.ipynb")
    source = str(write_bot(tmp_path, TINY_BOT_WIRE))
    params = TrainParams(bot="tiny", source=source, home=tmp_path / "home", tracking_uri=mlflow_uri)
    with pytest.raises(TrainingFailed, match="told"):
        run_training(params, settings_at(tmp_path), progress=lambda share, what: None)
    said = capfd.readouterr()
    assert "broken off" not in said.out + said.err
    assert "Traceback" not in said.out + said.err


def test_training_on_a_full_disk_is_refused_before_anything_is_started(tmp_path: Path, full_disk: None) -> None:
    with pytest.raises(SetupProblem, match="has only 3 MB left, too little for a training; make room on it"):
        run_training(
            TrainParams(home=tmp_path, tracking_uri="http://127.0.0.1:1"), settings_at(tmp_path), progress=print
        )
    assert list(tmp_path.iterdir()) == []
