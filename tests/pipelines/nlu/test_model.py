"""The whole model: any string in, the same result out, from memory or from disk."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipelines.nlu.model import RANKING_LENGTH, NluModel
from pipelines.nlu.text import JUDGED_CHARACTERS, MAX_CHARACTERS
from pipelines.schemas.bot import Intent
from pipelines.schemas.examples import OUT_OF_SCOPE, Example
from pipelines.schemas.parameter import Parameter
from pipelines.schemas.understanding import NluResult
from tests.support.bots import TINY_BOT
from tests.support.releases import examples_of
from tests.support.texts import odd_texts

EXAMPLES = examples_of(TINY_BOT)


def row(intent: str, text: str) -> Example:
    return Example(id=f"{intent}-{text}", intent=intent, text=text)


def files_of(model: NluModel, folder: Path) -> dict[str, bytes]:
    model.save(folder)
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def reloaded(tiny_model: NluModel, tmp_path_factory: pytest.TempPathFactory) -> NluModel:
    folder = tmp_path_factory.mktemp("model")
    tiny_model.save(folder)
    return NluModel.load(folder)


def test_parse_understands_intent_and_entities(tiny_model: NluModel) -> None:
    result = tiny_model.parse("please buy two tents")
    assert result.ranking[0].intent_id == "order_product"
    assert [(span.type, span.value) for span in result.entities] == [("quantity", "2"), ("product", "tent")]
    assert all(result.text[span.start : span.end] in ("two", "tents") for span in result.entities)


def test_parse_ranking_is_ordered_and_sums_to_one_at_most(tiny_model: NluModel) -> None:
    ranking = tiny_model.parse("where is my order").ranking
    confidences = [score.confidence for score in ranking]
    assert confidences == sorted(confidences, reverse=True)
    assert 0.5 < sum(confidences) < 1.0 + 1e-6
    assert len({score.intent_id for score in ranking}) == len(ranking) <= RANKING_LENGTH


def test_parse_ranking_holds_ten_at_most() -> None:
    model = NluModel().fit([row(f"i{n}", f"word{n} thing") for n in range(15)])
    assert len(model.parse("word3").ranking) == RANKING_LENGTH


@pytest.mark.parametrize("text", ["", "   ", "?!", "\ud800", "\U0001f600\U0001f600", "\x00", "___"])
def test_parse_text_without_letter_or_digit_ranks_nothing(tiny_model: NluModel, text: str) -> None:
    result = tiny_model.parse(text)
    assert result.ranking == ()
    assert result.entities == ()


@given(st.text(st.characters(), max_size=300))
def test_parse_never_raises_on_any_string(tiny_model: NluModel, text: str) -> None:
    result = tiny_model.parse(text)
    NluResult.model_validate(result.model_dump())  # what `model_construct` skipped holds all the same
    NluResult.model_validate_json(result.model_dump_json())
    assert all(0 <= span.start < span.end <= len(text) for span in result.entities)
    assert all(before.end <= after.start for before, after in zip(result.entities, result.entities[1:], strict=False))


@given(
    st.lists(st.sampled_from(["ORD-", "1042", " ", "two", "tents", "where", "\u0660", "\u00b2", "\u200d", "\ud83d"]))
)
def test_parse_never_raises_on_broken_values(tiny_model: NluModel, pieces: list[str]) -> None:
    tiny_model.parse("".join(pieces))


def test_parse_reads_no_more_than_the_first_characters(tiny_model: NluModel) -> None:
    """A megabyte costs what its beginning costs: nothing after it reaches any part of the model."""
    text = "where is order ORD-1042 " * 42_000
    assert len(text) > 1_000_000
    result = tiny_model.parse(text)
    assert result == tiny_model.parse(text[:MAX_CHARACTERS])
    assert len(result.text) == MAX_CHARACTERS
    assert tiny_model.parse("x" * 1_000_000).text == "x" * MAX_CHARACTERS


def test_parse_judges_by_the_beginning_and_reads_values_from_all_of_it() -> None:
    asks = Intent(name="mail", intent_id="mail", parameters=(Parameter(name="mail", type="email"),))
    model = NluModel().fit([row("mail", "my mail please"), row("stop", "stop it")], intents=[asks])
    beginning = "my mail please ".ljust(JUDGED_CHARACTERS, ".")
    result = model.parse(f"{beginning} stop it stop it, ann@example.org")
    assert result.ranking == model.parse(beginning).ranking
    assert [(span.value, result.text[span.start : span.end]) for span in result.entities] == [("ann@example.org",) * 2]


def test_parse_is_the_same_from_eight_threads(tiny_model: NluModel) -> None:
    texts = [example.text for example in EXAMPLES] * 8 + odd_texts(200, seed=5)
    random.Random(0).shuffle(texts)
    expected = [tiny_model.parse(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(tiny_model.parse, texts)) == expected


def test_load_gives_identical_results(tiny_model: NluModel, reloaded: NluModel) -> None:
    for text in [*(example.text for example in EXAMPLES), *odd_texts(300, seed=6)]:
        assert reloaded.parse(text) == tiny_model.parse(text)
    assert reloaded.thresholds_ == tiny_model.thresholds_


def test_save_of_a_loaded_model_writes_the_same_bytes(tiny_model: NluModel, reloaded: NluModel, tmp_path: Path) -> None:
    assert files_of(reloaded, tmp_path / "second") == files_of(tiny_model, tmp_path / "first")


def test_save_over_a_model_with_entities_leaves_nothing_of_it(tiny_model: NluModel, tmp_path: Path) -> None:
    tiny_model.save(tmp_path)
    NluModel().fit([row("greet", "hello"), row("cancel", "stop")]).save(tmp_path)
    assert NluModel.load(tmp_path).parse("track order ORD-1042").entities == ()


@pytest.mark.parametrize("algorithm", ["ap", "lbfgs"])
def test_fit_same_data_and_seed_give_the_same_bytes(tmp_path: Path, algorithm: str) -> None:
    files = [
        files_of(
            NluModel(seed=4, algorithm=algorithm).fit(EXAMPLES, TINY_BOT.entities),  # type: ignore[arg-type]
            tmp_path / str(run),
        )
        for run in range(2)
    ]
    assert files[0] == files[1]


def test_fit_rows_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    """The snapshot's hash does not depend on the order of the rows; nor may what is learnt from them."""
    shuffled = EXAMPLES.copy()
    random.Random(3).shuffle(shuffled)
    first = files_of(NluModel().fit(EXAMPLES, TINY_BOT.entities), tmp_path / "first")
    assert first == files_of(NluModel().fit(shuffled, TINY_BOT.entities), tmp_path / "second")


def test_load_refuses_a_newer_format(tiny_model: NluModel, tmp_path: Path) -> None:
    tiny_model.save(tmp_path)
    file = tmp_path / "nlu.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"format": 3', '"format": 999', 1), encoding="utf-8")
    with pytest.raises(ValueError, match="newer"):
        NluModel.load(tmp_path)


@pytest.mark.parametrize("examples", [[], [row("a", "?!")], [row(OUT_OF_SCOPE, "sing a song")]])
def test_fit_without_anything_to_learn_says_so(examples: list[Example]) -> None:
    with pytest.raises(ValueError, match="no example with a letter or digit"):
        NluModel().fit(examples)


def test_fit_content_beyond_what_is_read_is_not_content() -> None:
    with pytest.raises(ValueError, match="no example"):
        NluModel().fit([row("a", " " * JUDGED_CHARACTERS + "hello")])


@pytest.mark.parametrize("n_intents", [1, 2, 3, 30])
@pytest.mark.parametrize("n_examples", [1, 2])
def test_fit_smallest_bots_understand_what_they_were_taught(n_intents: int, n_examples: int) -> None:
    rows = [row(f"i{n}", f"word{n} thing{n} {'again' * k}") for n in range(n_intents) for k in range(n_examples)]
    model = NluModel().fit(rows)
    for n in range(n_intents):
        top = model.parse(f"word{n} thing{n}").ranking[0]
        assert top.intent_id == f"i{n}"
        assert top.confidence >= model.thresholds_.confidence


def test_fit_out_of_scope_rows_only_move_the_threshold() -> None:
    outside = [row(OUT_OF_SCOPE, f"sing song number {n} where two") for n in range(40)]
    without, with_outside = NluModel().fit(EXAMPLES), NluModel().fit([*EXAMPLES, *outside])
    assert with_outside.parse("where is it").ranking == without.parse("where is it").ranking
    assert with_outside.thresholds_.confidence >= without.thresholds_.confidence


def test_fit_contradicting_examples_are_level() -> None:
    model = NluModel().fit([row("a", "same words"), row("b", "same words")])
    assert [score.confidence for score in model.parse("same words").ranking] == pytest.approx([0.5, 0.5], abs=0.01)


def test_fit_progress_grows_to_one() -> None:
    shares: list[float] = []
    NluModel().fit(EXAMPLES, TINY_BOT.entities, progress=lambda share, what: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_choices_can_be_told_of_a_loaded_model_too(tiny_model: NluModel, reloaded: NluModel) -> None:
    assert reloaded.choices() == tiny_model.choices()


@hypothesis_settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(st.characters(), max_size=20)), min_size=1, max_size=12))
def test_fit_never_raises_on_any_texts(rows: list[tuple[str, str]]) -> None:
    examples = [Example.model_construct(id=str(n), intent=i, text=t, entities=()) for n, (i, t) in enumerate(rows)]
    model = NluModel().fit([*examples, row("a", "hello")])
    assert model.parse("hello").ranking
