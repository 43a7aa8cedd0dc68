"""Freezing a release and registering it, on a real MLflow server over HTTP."""

from dataclasses import replace
from pathlib import Path

import mlflow
import pytest

from pipelines.errors import ModelNotLoaded, NotFound, ReleaseRefused, RunGivenUp
from pipelines.nlu.model import NluModel
from pipelines.registry.client import CANDIDATE, Registry, model_name
from pipelines.registry.fetch import load_answering, load_newest_passed, open_release
from pipelines.registry.origin import git_commit
from pipelines.registry.release import load_release
from pipelines.registry.runs import Runs
from pipelines.registry.verdict import load_judged
from pipelines.schemas.examples import Example
from pipelines.schemas.training import TrainParams
from pipelines.schemas.verdict import Check
from pipelines.steps.data.frame import to_frame
from pipelines.steps.data.snapshot import Snapshot
from pipelines.steps.evaluation.compare import seen_by
from pipelines.steps.evaluation.evaluate import Evaluation, evaluate_model
from pipelines.steps.registration import log
from pipelines.steps.registration.publish import finish_registration
from pipelines.steps.registration.register import GOLDEN_SIZE, freeze, register_release
from tests.support.bots import TINY_BOT
from tests.support.promotion import promote
from tests.support.releases import examples_of

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)
TEXTS = [example.text for example in examples_of(TINY_BOT)]
PASSED, FAILED = Check(), Check(reasons=("accuracy 10.0% is below the floor 60.0%",))


def evaluation(tiny_model: NluModel, accuracy: float | None) -> Evaluation:
    measured = evaluate_model(tiny_model, [])
    figures = {} if accuracy is None else dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high"), accuracy)
    return replace(measured, metrics=figures)


def frozen(model: NluModel, home: Path, *, bot: str = "shop", run_id: str = "run", texts: list[str] = TEXTS) -> Path:
    params = TrainParams(bot=bot, home=home, seed=3)
    return freeze(model, TINY_BOT, params, Snapshot(home / "x.parquet", "d" * 64, 41), texts, run_id)


def test_freeze_writes_a_release_that_loads(tiny_model: NluModel, tmp_path: Path) -> None:
    folder = frozen(tiny_model, tmp_path)
    assert folder == tmp_path / "builds" / "shop" / "run" / "release"
    release = load_release(folder, version="1")
    assert (release.manifest.bot, release.manifest.seed, release.manifest.data_hash) == ("shop", 3, "d" * 64)
    assert release.manifest.git_commit == git_commit()


def test_freeze_again_replaces_what_the_same_run_built(tiny_model: NluModel, tmp_path: Path) -> None:
    frozen(tiny_model, tmp_path)
    load_release(frozen(tiny_model, tmp_path), version="1")


@pytest.mark.parametrize(("n_texts", "n_golden"), [(0, 0), (1, 1), (60, 60), (61, 60), (150, 60), (1000, 60)])
def test_freeze_takes_golden_rows_from_all_over(
    tiny_model: NluModel, tmp_path: Path, n_texts: int, n_golden: int
) -> None:
    folder = frozen(tiny_model, tmp_path, texts=[f"hello number {n}" for n in range(n_texts)])
    rows = (folder / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == n_golden <= GOLDEN_SIZE


def test_git_commit_is_a_commit_or_nothing() -> None:
    commit = git_commit()
    assert commit is None or len(commit) == 40


def version_of(server: str, bot: str, alias: str) -> str | None:
    found = Registry(server, is_patient=True).version_behind(bot, alias=alias)
    return found.version if found is not None else None


def registered(server: str, model: NluModel, home: Path, bot: str, gate: Check, *, promoted: bool = False) -> str:
    """Register one more version of a bot, and perhaps promote it; gives its number."""
    registry, run_id = Registry(server, is_patient=True), Runs(server).begin(bot)
    params = TrainParams(bot=bot, home=home)
    folder = frozen(model, home, bot=bot, run_id=run_id)
    version = register_release(
        folder, params, registry=registry, run_id=run_id, gate=gate, evaluation=evaluation(model, 0.9)
    )
    assert (version.name, version.run_id) == (f"intentloop-{bot}", run_id)
    assert version.gate_passed == gate.passed
    assert version.tags.get("gate_reasons", "") == "; ".join(gate.reasons)
    if gate.passed:
        assert version_of(server, bot, CANDIDATE) == version.version
    if promoted:
        promote(server, bot, version.version, home=home)
    return version.version


@pytest.mark.integration
def test_register_promote_and_roll_back(mlflow_in_use: str, tiny_model: NluModel, tmp_path: Path) -> None:
    client = mlflow.MlflowClient()
    name = model_name("walk")
    first = registered(mlflow_in_use, tiny_model, tmp_path, "walk", PASSED, promoted=True)
    assert version_of(mlflow_in_use, "walk", "production") == first
    tags = client.get_model_version(name, first).tags
    assert (tags["gate"], tags.get("gate_reasons"), tags["stage"]) == ("passed", None, "Production")
    description = client.get_model_version(name, first).description
    assert description.startswith(
        "PASSED the gate: nothing speaks against it (there was no version to compare it with)."
    )
    assert "snapshot dddddddddddd" in description
    assert "under *Aliases*, enter `production`" in client.get_registered_model(name).description
    assert tags["data_hash"] == "d" * 64
    assert len(tags["bot_hash"]) == 64

    second = registered(mlflow_in_use, tiny_model, tmp_path, "walk", PASSED)
    assert version_of(mlflow_in_use, "walk", "production") == first
    assert str(client.get_model_version_by_alias(name, CANDIDATE).version) == second
    promote(mlflow_in_use, "walk", second, home=tmp_path)
    assert str(client.get_model_version_by_alias(name, "production").version) == second
    stages = [client.get_model_version(name, version).tags["stage"] for version in (first, second)]
    assert stages == ["Archived", "Production"]
    promote(mlflow_in_use, "walk", first, home=tmp_path)
    assert version_of(mlflow_in_use, "walk", "production") == first


@pytest.mark.integration
def test_register_binds_the_verdict_to_the_release(mlflow_in_use: str, tiny_model: NluModel, tmp_path: Path) -> None:
    first = registered(mlflow_in_use, tiny_model, tmp_path, "bound", PASSED, promoted=True)
    second = registered(mlflow_in_use, tiny_model, tmp_path, "bound", FAILED)
    client, name = mlflow.MlflowClient(), model_name("bound")
    for version, passed, compared_with in ((first, True, None), (second, False, first)):
        folder = tmp_path / f"version-{version}"
        mlflow.artifacts.download_artifacts(f"models:/{name}/{version}", dst_path=str(folder))
        (file,) = folder.rglob("verdict.json")
        assert (file.parent / "release" / "manifest.json").is_file()
        tags = client.get_model_version(name, version).tags
        judged = load_judged(
            file.parent / "release", bot="bound", version=version, tags=tags, key=None, must_pass=passed
        )
        verdict = judged.verdict
        assert (verdict.passed, verdict.compared_with, verdict.data_hash) == (passed, compared_with, "d" * 64)
        assert verdict.figures["accuracy"] == 0.9
        assert tags["accuracy"] == "0.9000"
    client.set_model_version_tag(name, second, "gate", "passed")
    with pytest.raises(ReleaseRefused, match="below the floor"):
        promote(mlflow_in_use, "bound", second, home=tmp_path)
    with pytest.raises(ReleaseRefused, match="not signed"):
        promote(mlflow_in_use, "bound", first, home=tmp_path, verdict_key="k" * 16)
    client.set_model_version_tag(name, first, "verdict", "0" * 64)
    with pytest.raises(ReleaseRefused, match=r"hash of verdict\.json"):
        promote(mlflow_in_use, "bound", first, home=tmp_path)


@pytest.mark.integration
def test_register_failed_gate_is_never_promoted(mlflow_in_use: str, tiny_model: NluModel, tmp_path: Path) -> None:
    first = registered(mlflow_in_use, tiny_model, tmp_path, "gated", PASSED, promoted=True)
    second = registered(mlflow_in_use, tiny_model, tmp_path, "gated", FAILED)
    assert version_of(mlflow_in_use, "gated", "production") == version_of(mlflow_in_use, "gated", CANDIDATE) == first
    with pytest.raises(ReleaseRefused, match="below the floor"):
        promote(mlflow_in_use, "gated", second, home=tmp_path)
    assert version_of(mlflow_in_use, "gated", "production") == first


@pytest.mark.integration
def test_load_answering_gives_what_answers_or_says_why_not(
    mlflow_in_use: str, tiny_model: NluModel, tmp_path: Path
) -> None:
    registry = Registry(mlflow_in_use, is_patient=True)
    release, check = load_answering(registry, "loaded", alias="production")
    assert (release, check.notes) == (
        None,
        ("no version carries the alias 'production', so there is none to compare with",),
    )
    first = registered(mlflow_in_use, tiny_model, tmp_path, "loaded", PASSED, promoted=True)
    release, check = load_answering(registry, "loaded", alias="production")
    assert release is not None
    assert (release.version, release.definition.name, check) == (first, "loaded", Check())
    # an alias that somebody set by hand does not make a refused version what answers
    second = registered(mlflow_in_use, tiny_model, tmp_path, "loaded", FAILED)
    mlflow.MlflowClient().set_registered_model_alias(model_name("loaded"), "production", second)
    release, check = load_answering(registry, "loaded", alias="production")
    assert release is not None
    assert release.version == first
    assert check.notes[0].startswith(f"version {second} carries the alias 'production' but must not answer, since it")
    assert check.notes[0].endswith(f"compared with version {first}, which was promoted before it")


@pytest.mark.integration
def test_newest_that_passed_is_read_whatever_the_alias_candidate_says(
    mlflow_in_use: str, tiny_model: NluModel, tmp_path: Path
) -> None:
    registry = Registry(mlflow_in_use, is_patient=True)
    with pytest.raises(NotFound, match="no model 'intentloop-newest' is registered"):
        load_newest_passed(registry, "newest")
    failed = registered(mlflow_in_use, tiny_model, tmp_path, "newest", FAILED)
    assert version_of(mlflow_in_use, "newest", CANDIDATE) is None
    with pytest.raises(ModelNotLoaded, match=f"its newest version, {failed}, is refused, since it has not passed"):
        load_newest_passed(registry, "newest")
    first = registered(mlflow_in_use, tiny_model, tmp_path, "newest", PASSED)
    second = registered(mlflow_in_use, tiny_model, tmp_path, "newest", PASSED)
    later = registered(mlflow_in_use, tiny_model, tmp_path, "newest", FAILED)
    assert load_newest_passed(registry, "newest").version == second
    assert open_release("newest", bot="newest", tracking_uri=mlflow_in_use).version == second
    # as an earlier program left it, and as somebody may leave it
    registry.set_alias("newest", CANDIDATE, later)
    assert load_newest_passed(registry, "newest").version == second
    registry.set_tag(registry.find_version("newest", later), "gate", "passed")
    registry.set_tag(registry.find_version("newest", second), "verdict", "0" * 64)
    assert load_newest_passed(registry, "newest").version == first
    registry.set_tag(registry.find_version("newest", first), "verdict", "0" * 64)
    with pytest.raises(ReleaseRefused, match="its verdict is that it must not answer"):
        load_newest_passed(registry, "newest")


@pytest.mark.integration
def test_finish_registration_of_a_version_that_failed_makes_it_no_candidate(
    mlflow_in_use: str, tiny_model: NluModel, tmp_path: Path
) -> None:
    registry, client, name = Registry(mlflow_in_use, is_patient=True), mlflow.MlflowClient(), model_name("cut-failed")
    version = registered(mlflow_in_use, tiny_model, tmp_path, "cut-failed", FAILED)
    client.delete_model_version_tag(name, version, "gate")
    found = registry.find_version("cut-failed", version)
    assert finish_registration(registry, "cut-failed", found, verdict_key=None) is True
    finished = registry.find_version("cut-failed", version)
    assert finished.tags["gate"] == "failed"
    assert finish_registration(registry, "cut-failed", finished, verdict_key=None) is False
    assert version_of(mlflow_in_use, "cut-failed", CANDIDATE) is None


@pytest.mark.integration
def test_seen_by_knows_the_wordings_that_a_version_has_learnt_from(
    mlflow_in_use: str, tiny_model: NluModel, tmp_path: Path
) -> None:
    first = registered(mlflow_in_use, tiny_model, tmp_path, "seen", PASSED)
    rows = [Example(id=str(n), text=text, intent="a") for n, text in enumerate(("order 17!", "Hello", "bye"))]
    frame = to_frame(rows)
    runs, run_id = Runs(mlflow_in_use), Registry(mlflow_in_use).find_version("seen", first).run_id
    assert seen_by(runs, run_id, frame) is None
    assert seen_by(runs, "0" * 32, frame) is None  # somebody has deleted the run
    log.log_learnt(run_id, to_frame([rows[1], rows[0].model_copy(update={"text": "Order 2"})]))
    assert seen_by(runs, run_id, frame) == [True, True, False]


@pytest.mark.integration
def test_register_logs_nothing_to_unpickle(mlflow_in_use: str, tiny_model: NluModel, tmp_path: Path) -> None:
    registered(mlflow_in_use, tiny_model, tmp_path, "plain", PASSED, promoted=True)
    folder = Path(
        mlflow.artifacts.download_artifacts(f"models:/{model_name('plain')}@production", dst_path=str(tmp_path))
    )
    names = [file.name for file in folder.rglob("*") if file.is_file()]
    assert "manifest.json" in names
    assert [name for name in names if name.endswith((".pkl", ".pickle", ".joblib", ".skops", ".bin"))] == []


@pytest.mark.integration
def test_finish_registration_does_what_a_crash_has_cut_off(
    mlflow_in_use: str, tiny_model: NluModel, tmp_path: Path
) -> None:
    client, name = mlflow.MlflowClient(), model_name("cut")
    version = registered(mlflow_in_use, tiny_model, tmp_path, "cut", PASSED)

    def finish(*, verdict_key: str | None) -> bool:
        registry = Registry(mlflow_in_use, is_patient=True)
        return finish_registration(registry, "cut", registry.find_version("cut", version), verdict_key=verdict_key)

    assert finish(verdict_key=None) is False
    whole = client.get_model_version(name, version)

    client.delete_registered_model_alias(name, CANDIDATE)  # killed before the alias was set
    assert finish(verdict_key=None) is True
    assert version_of(mlflow_in_use, "cut", CANDIDATE) == version

    client.delete_registered_model_alias(name, CANDIDATE)
    for tag in list(whole.tags)[1:]:  # killed after the first tag
        client.delete_model_version_tag(name, version, tag)
    assert finish(verdict_key=None) is True
    finished = client.get_model_version(name, version)
    assert (finished.tags, finished.description) == (whole.tags, whole.description)
    assert version_of(mlflow_in_use, "cut", CANDIDATE) == version

    client.delete_model_version_tag(name, version, "verdict")
    with pytest.raises(ReleaseRefused, match="not signed"):
        finish(verdict_key="a-key-of-the-operator")
    client.delete_tag(whole.run_id, "publication")
    with pytest.raises(ReleaseRefused, match="interrupted before its verdict was noted"):
        finish(verdict_key=None)


@pytest.mark.integration
def test_register_refuses_a_run_that_was_given_up(mlflow_in_use: str, tiny_model: NluModel, tmp_path: Path) -> None:
    runs = Runs(mlflow_in_use)
    run_id = runs.begin("ghost")
    folder = frozen(tiny_model, tmp_path, bot="ghost", run_id=run_id)
    runs.give_up(run_id, "no sign of life")
    params = TrainParams(bot="ghost", home=tmp_path)
    with pytest.raises(RunGivenUp, match=r"was given up meanwhile \(no sign of life\), so it registers nothing"):
        register_release(
            folder,
            params,
            registry=Registry(mlflow_in_use, is_patient=True),
            run_id=run_id,
            gate=PASSED,
            evaluation=evaluation(tiny_model, 0.9),
        )
    assert mlflow.get_run(run_id).info.status == "FAILED"
    assert mlflow.MlflowClient().search_model_versions("name = 'intentloop-ghost'") == []
