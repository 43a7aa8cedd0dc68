from pathlib import Path

import pytest

from pipelines.errors import DataRejected
from serving.bench.texts import FreshTexts, texts_of_file


def test_next_never_repeats_itself_or_what_it_varies() -> None:
    texts = FreshTexts(["where is order 1042?", "hello"], seed=0)
    given = [texts.next() for _ in range(500)]
    assert len(set(given)) == 500


def test_next_is_decided_by_the_seed() -> None:
    first, second, other = (FreshTexts(["track order ORD-1042"], seed=seed) for seed in (3, 3, 4))
    assert [first.next() for _ in range(20)] == [second.next() for _ in range(20)]
    assert first.next() != other.next()


def test_next_keeps_the_length_of_numbers() -> None:
    given = FreshTexts(["ORD-1042"], seed=1).next()
    assert sum(character.isdigit() for character in given) == 4


def test_texts_of_file_names_the_bad_line(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text('{"text": "hello"}\n\n{"no": 1}\n', encoding="utf-8")
    with pytest.raises(DataRejected, match="line 3"):
        texts_of_file(file)


def test_texts_of_file_without_any_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(DataRejected, match="no text"):
        texts_of_file(file)
