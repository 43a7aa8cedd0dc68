"""The training notebook as it lies in the repository: on the sample bot, with its own parameters."""

import json
from pathlib import Path

import mlflow
import pytest

from tests.support.bots import TINY_BOT_WIRE
from tests.support.mlflow_store import tracked_at
from tests.support.notebooks import kinds_of, run_notebook
from tests.support.servers import free_port


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_notebook_runs_top_to_bottom_on_the_sample_bot(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    executed = tmp_path / "executed.ipynb"
    outputs = run_notebook("20_train_nlu.ipynb", executed, home=str(tmp_path / "home"), tracking_uri=store)
    assert "image/png" in kinds_of(outputs)
    with tracked_at(store):
        client = mlflow.MlflowClient()
        version = client.get_model_version_by_alias("intentloop-default", "candidate")
        metrics = client.get_run(version.run_id).data.metrics
    assert version.tags["gate"] == "passed"
    assert metrics["test_accuracy"] > 0.9
    assert metrics["test_entity_f1"] > 0.9


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # of the notebook libraries
def test_notebook_promotes_as_the_commands_do_where_no_database_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It moves the alias, tags the version, and says which journal has it: this machine's."""
    monkeypatch.setenv("INTENTLOOP_MONGO_URI", f"mongodb://127.0.0.1:{free_port()}")
    monkeypatch.setenv("INTENTLOOP_MONGO_TIMEOUT_SECONDS", "0.3")
    file, home, store = tmp_path / "bot.json", tmp_path / "home", f"sqlite:///{tmp_path / 'mlflow.db'}"
    file.write_text(json.dumps(TINY_BOT_WIRE), encoding="utf-8")
    outputs = run_notebook(
        "20_train_nlu.ipynb", tmp_path / "executed.ipynb", bot="tiny", source=str(file), home=str(home),
        tracking_uri=store, out_of_scope_file="", test_file="", encoder="none", min_accuracy=0.0, promote=True,
    )  # fmt: skip
    journal = home / "releases" / "tiny" / "journal.jsonl"
    printed = "".join("".join(output.get("text", ())) for output in outputs)
    assert "version 1 of bot 'tiny' carries the alias production" in printed
    assert f"the database did not answer; this is noted in {journal} instead" in printed
    with tracked_at(store):
        version = mlflow.MlflowClient().get_model_version_by_alias("intentloop-tiny", "production")
    assert (str(version.version), version.tags["stage"], "promoted_at" in version.tags) == ("1", "Production", True)
    (move,) = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    assert (move["version"], move["source"]) == ("1", "promotion")
    assert move["by"].startswith("intentloop notebook by ")
