"""The files that a training is given are found and read before anything is trained."""

import json
from pathlib import Path

import pytest

from pipelines.errors import DataRejected
from pipelines.schemas.training import TrainParams
from pipelines.settings import Settings
from pipelines.steps.data.files import place_files, read_test_file
from tests.support.command_line import ROOT

SAMPLE = ROOT / "data" / "sample"


def settings_at(home: Path) -> Settings:
    return Settings(_env_file=None, home=home)


def placed(home: Path, **params: object) -> TrainParams:
    return place_files(TrainParams.model_validate({"home": home, **params}), settings_at(home))


def test_auto_means_the_samples_files_for_the_sample_bot_only(tmp_path: Path) -> None:
    auto = {"out_of_scope_file": "auto", "test_file": "auto"}
    sample = placed(tmp_path, source=str(SAMPLE / ".." / "sample" / "bot.json"), **auto)
    assert (sample.out_of_scope_file, sample.test_file) == (SAMPLE / "oos.jsonl", SAMPLE / "test.jsonl")
    assert len(read_test_file(sample)) == 564
    other = tmp_path / "bot.json"
    other.write_text("{}")
    for source in ("mongo", str(other)):
        found = placed(tmp_path, source=source, **auto)
        assert (found.out_of_scope_file, found.test_file) == (None, None)
        assert read_test_file(found) == []


def test_auto_means_the_out_of_scope_file_in_the_home_folder_for_another_bot(tmp_path: Path) -> None:
    file = tmp_path / "out-of-scope" / "lib.jsonl"
    file.parent.mkdir()
    file.write_text(json.dumps({"id": "o", "text": "sing", "intent": "__oos__"}))
    assert placed(tmp_path, bot="lib", out_of_scope_file="auto").out_of_scope_file == file
    assert placed(tmp_path, bot="lib", out_of_scope_file="").out_of_scope_file is None


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"test_file": "missing.jsonl"}, "test_file: there is no file missing.jsonl; check the path"),
        ({"out_of_scope_file": "gone/x.jsonl"}, "out_of_scope_file: there is no file gone/x.jsonl"),
        ({"cases": "casez"}, "cases: there is no folder casez; check the path"),
        ({"source": "bot.jsn"}, "source: there is no bot file bot.jsn; check the path, or write `mongo`"),
        ({"test_file": str(SAMPLE / "README.md")}, "test_file: "),
        ({"test_file": "/dev/null"}, "test_file: "),
    ],
)
def test_faults_of_files_are_named_with_their_parameter(
    params: dict[str, str], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataRejected) as caught:
        placed(tmp_path, **params)
    (found,) = caught.value.problems
    assert found.startswith(problem)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="3 problem"):
        placed(tmp_path, test_file="a", out_of_scope_file="b", cases="c")


def test_empty_file_and_missing_default_cases_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(DataRejected, match="has no row; write at least one labelled utterance, or name no file"):
        placed(tmp_path, test_file=str(tmp_path / "empty.jsonl"))
    placed(tmp_path)  # `data/cases` is only there once a case was saved
