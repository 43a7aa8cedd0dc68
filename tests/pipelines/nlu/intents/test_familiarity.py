"""A text in which nothing is known is refused, however small the bot; one in which something is known is weighed."""

import json
from pathlib import Path

import pytest

from pipelines.nlu.intents.familiarity import words_of
from pipelines.nlu.intents.refusal import NOTHING_KNOWN, reason_to_refuse
from pipelines.nlu.model import NluModel
from pipelines.schemas.bot import BotFile
from pipelines.schemas.examples import OUT_OF_SCOPE, Example, LabelledSpan
from pipelines.schemas.thresholds import Thresholds
from tests.support.bots import TINY_BOT
from tests.support.languages import GERMAN, SPANISH
from tests.support.releases import examples_of
from tests.support.strange_texts import STRANGE_TEXTS

BOTS = {"tiny": TINY_BOT, "de": GERMAN, "es": SPANISH}
TAUGHT = {
    "zh": {
        "book": ["我想订一张桌子", "帮我订位", "预订今晚的桌子", "可以订四个人的位子吗"],
        "hello": ["你好", "您好", "早上好", "嗨"],
        "price": ["这个多少钱", "价格是多少", "请问要多少费用", "贵不贵"],
    },
    "ja": {
        "book": ["テーブルを予約したい", "今晩の席を予約できますか", "四人で予約お願いします", "席はありますか"],
        "hello": ["こんにちは", "おはようございます", "こんばんは", "やあ"],
        "price": ["いくらですか", "値段を教えて", "料金はどれくらい", "高いですか"],
    },
    "ar": {
        "book": ["أريد حجز طاولة", "احجز لي طاولة الليلة", "هل توجد طاولة لأربعة", "أود الحجز"],
        "hello": ["مرحبا", "السلام عليكم", "صباح الخير", "أهلا"],
        "price": ["كم السعر", "بكم هذا", "ما هي التكلفة", "هل هو غال"],
    },
    "hi": {
        "book": ["मुझे एक मेज चाहिए", "आज रात के लिए मेज बुक करें", "चार लोगों के लिए जगह", "बुकिंग करनी है"],
        "hello": ["नमस्ते", "सुप्रभात", "हैलो", "नमस्कार"],
        "price": ["कितने का है", "कीमत क्या है", "दाम बताइए", "क्या यह महंगा है"],
    },
}
OWN_KIND = {"zh": "Chinese", "ja": "Japanese", "ar": "Arabic", "hi": "Hindi"}


def example(text: str, intent: str, *, marked: str = "") -> Example:
    start = text.index(marked)
    spans = (LabelledSpan(start=start, end=start + len(marked), type="value", value=marked),) if marked else ()
    return Example(id=f"{intent}: {text}", text=text, intent=intent, entities=spans)


def taught(language: str) -> NluModel:
    rows = [example(text, intent) for intent, texts in TAUGHT[language].items() for text in texts]
    return NluModel(language=language).fit(rows)


def is_known(model: NluModel, text: str) -> bool:
    return reason_to_refuse(model.parse(text), model.thresholds_) not in ("nothing-known", "nothing-to-read")


@pytest.fixture(scope="module", params=BOTS)
def bot(request: pytest.FixtureRequest) -> BotFile:
    return BOTS[request.param]


@pytest.fixture(scope="module")
def model(bot: BotFile) -> NluModel:
    return NluModel(language=bot.language).fit(examples_of(bot), bot.entities, intents=bot.intents)


@pytest.mark.parametrize("kind", STRANGE_TEXTS)
def test_nothing_is_known_in_strange_texts(model: NluModel, kind: str) -> None:
    assert [text for text in STRANGE_TEXTS[kind] if is_known(model, text)] == []


def test_something_is_known_in_every_text_that_was_taught(bot: BotFile, model: NluModel) -> None:
    assert [row.text for row in examples_of(bot) if not is_known(model, row.text)] == []


@pytest.fixture(scope="module", params=TAUGHT)
def language(request: pytest.FixtureRequest) -> tuple[str, NluModel]:
    return request.param, taught(request.param)


def test_nothing_is_known_in_another_script_than_the_bots(language: tuple[str, NluModel]) -> None:
    code, model = language
    own = {OWN_KIND[code], "Chinese" if code == "ja" else ""}
    strange = [text for kind, texts in STRANGE_TEXTS.items() if kind not in own for text in texts]
    assert [text for text in strange if is_known(model, text)] == []
    assert [
        text for text in ("hello", "guten Tag", "quiero una mesa", "no", "wo ist das") if is_known(model, text)
    ] == []


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("zh", "我要订桌子"), ("zh", "早上好啊"), ("zh", "多少钱"), ("zh", "你好!"),
        ("ja", "予約したいです"), ("ja", "席を予約"), ("ja", "値段は?"), ("ja", "こんにちは!"),
        ("ar", "طاولة من فضلك"), ("ar", "والطاولة"), ("ar", "السعر؟"), ("ar", "مرحبا بك"),
        ("hi", "मेज चाहिए"), ("hi", "कीमत बताओ"), ("hi", "नमस्ते जी"), ("hi", "बुकिंग"),
    ],
)  # fmt: skip
def test_something_is_known_in_other_words_of_the_bots_script(code: str, text: str) -> None:
    assert is_known(taught(code), text)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("tiny", ["oder trackng", "trakc my odrer", "helo", "canel", "wher is it", "shiped?", "backpak", "tentz"]),
        (
            "de",
            ["stornirung", "Eintritskarten", "öffnungszeit", "parkplatz?", "dankee", "gutn tag", "haltestele", "karte"],
        ),
        ("es", ["entrdas", "horarios", "cancelacion", "aparcamento", "graciass", "direcion", "reserva?", "boleto"]),
    ],
)
def test_misspelt_words_are_known(name: str, texts: list[str]) -> None:
    bot = BOTS[name]
    model = NluModel(language=bot.language).fit(examples_of(bot), bot.entities, intents=bot.intents)
    assert [text for text in texts if not is_known(model, text)] == []


@pytest.fixture(scope="module")
def menu() -> NluModel:
    return NluModel().fit(
        [
            *(example(text, "opening") for text in ("1", "opening hours", "when are you open")),
            *(example(text, "prices") for text in ("2", "prices", "what does it cost", "P")),
            *(example(text, "order") for text in ("4711", "my order is 9023", "order number")),
            example("XL", "size", marked="XL"),
            example("7", "count", marked="7"),
            *(example(text, "count") for text in ("how many", "the count")),
            *(example(text, "link") for text in ("https://example.org/a", "this page")),
        ]
    )


@pytest.mark.parametrize(
    "text", ["1", "2", "P", "p", "1.", "4711", "4712", "7", "9", "XL", "https://example.com/b?c=1"]
)
def test_a_bare_value_that_was_taught_is_known(menu: NluModel, text: str) -> None:
    assert is_known(menu, text) == (text != "1.")


@pytest.mark.parametrize("text", ["12", "4.5", "47110", "1 2", "q", "ann@example.com", "2026-01-01", "q 7"])
def test_another_bare_value_is_not(menu: NluModel, text: str) -> None:
    assert not is_known(menu, text)


def test_a_listed_value_is_known_though_no_example_has_it() -> None:
    bot = GERMAN
    model = NluModel(language="de").fit(examples_of(bot), bot.entities, intents=bot.intents)
    listed = [
        value for entity in bot.entities for each in entity.entity_values for value in (each.value, *each.synonyms)
    ]
    words = [value for value in listed if words_of(value)]
    assert words
    assert [value for value in words if not is_known(model, value)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Where is it?", ["where", "is", "it"]),
        ("I'd say x or y2k", ["say", "or"]),
        ("see www.example.org/my-order or mail bob@example.org", ["see", "or", "mail"]),
        ("मुझे एक मेज", ["मुझे", "एक", "मेज"]),
        ("De\u0301ja\u0300 vu", ["d\xe9j\xe0", "vu"]),
        ("我 好", ["我", "好"]),
        ("\u0645\u06cc\u200c\u062f\u0627\u0646", ["\u0645\u06cc\u200c\u062f\u0627\u0646"]),
        ("4.5 7pm €", ["pm"]),
        ("@bob wrote, www or https://", ["wrote", "or"]),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_nothing_known_is_refused_whatever_the_thresholds(model: NluModel) -> None:
    result = model.parse("asdfgh")
    assert result.out_of_scope_score == NOTHING_KNOWN
    assert result.ranking[0].confidence <= 1.0 / len(model.classifier_.intents_)
    assert sum(score.confidence for score in result.ranking) <= 1.0 + 1e-9
    assert reason_to_refuse(result, Thresholds(confidence=0.0)) == "nothing-known"


def test_fit_thresholds_are_not_moved_by_out_of_scope_texts_without_anything_known(bot: BotFile) -> None:
    strange = [Example(id=f"o{n}", text=text, intent=OUT_OF_SCOPE) for n, text in enumerate(STRANGE_TEXTS["Arabic"])]
    with_them, without = (
        NluModel(language=bot.language).fit([*examples_of(bot), *more]).thresholds_ for more in (strange, [])
    )
    assert with_them.confidence == without.confidence


def test_a_saved_model_knows_the_same(menu: NluModel, tmp_path: Path) -> None:
    menu.save(tmp_path)
    loaded = NluModel.load(tmp_path)
    for text in ("1", "12", "4711", "asdfgh", "prices", "https://example.com/b", "XL"):
        assert loaded.parse(text) == menu.parse(text)


def test_a_model_saved_by_an_earlier_program_still_loads(menu: NluModel, tmp_path: Path) -> None:
    menu.save(tmp_path)
    settings = json.loads((tmp_path / "nlu.json").read_text())
    del settings["familiarity"]
    (tmp_path / "nlu.json").write_text(json.dumps(settings))
    loaded = NluModel.load(tmp_path)
    assert [text for text in ("1", "4711", "prices", "opening hourz") if not is_known(loaded, text)] == []
    assert [text for text in ("asdfgh", "42", "أريد طاولة", "ann@example.com") if is_known(loaded, text)] == []
    loaded.save(tmp_path / "again")
    assert NluModel.load(tmp_path / "again").parse("1") == loaded.parse("1")
