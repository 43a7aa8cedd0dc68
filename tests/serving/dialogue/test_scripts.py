"""Values in every script and in every form of their signs, through the dialogue and a trained model."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from pipelines.registry.release import Release, load_release
from pipelines.schemas.bot import BotFile
from tests.support.bots import intent
from tests.support.releases import make_release
from tests.support.trained_talk import TrainedTalk

pytestmark = pytest.mark.model

BOOK = {
    "en": [
        "a train from [Bath](city) to [New York](city)", "train to [Berlin](city)", "book a train", "i need a ticket",
        "from [Bath](city)", "to [Berlin](city)", "tickets please", "take me from [Berlin](city) to [Bath](city)",
    ],
    "de": [
        "ein zug von [Köln](city) nach [Berlin](city)", "zug nach [München](city)", "fahrkarte buchen",
        "ich brauche eine fahrkarte", "von [Köln](city)", "nach [Berlin](city)", "einen zug bitte",
    ],
    "es": [
        "un tren de [Málaga](city) a [León](city)", "tren a [Madrid](city)", "quiero un billete", "comprar billete",
        "de [Madrid](city)", "a [León](city)", "un tren por favor",
    ],
    "zh": [
        "我要从[北京](city)到[上海](city)的火车票", "订一张去[广州](city)的火车票", "买火车票",
        "从[深圳](city)出发的火车", "我想坐火车", "火车票", "到[成都](city)的票", "查一下去[上海](city)的车票",
    ],
    "ja": [
        "[東京](city)から[大阪](city)までの切符", "[京都](city)への切符をください", "切符を買いたい",
        "[札幌](city)から出発したい", "電車の切符", "新幹線を予約したい", "[大阪](city)まで行きたい",
        "[福岡](city)までの電車",
    ],
    "hi": [
        "[दिल्ली](city) से [मुंबई](city) तक टिकट", "[पटना](city) तक टिकट चाहिए", "टिकट चाहिए", "[आगरा](city) से ट्रेन",
        "ट्रेन का टिकट", "मुझे टिकट बुक करना है", "[मुंबई](city) तक जाना है",
    ],
    "ar": [
        "تذكرة من [القاهرة](city) إلى [دبي](city)", "قطار إلى [الرياض](city)", "أريد تذكرة", "تذكرة قطار",
        "من [دبي](city)", "أريد السفر إلى [القاهرة](city)", "حجز قطار",
    ],
    "th": [
        "จองตั๋วจาก[กรุงเทพ](city)ไป[เชียงใหม่](city)", "ตั๋วรถไฟไป[ภูเก็ต](city)", "อยากจองตั๋วรถไฟ", "ตั๋วรถไฟ",
        "รถไฟจาก[ขอนแก่น](city)", "ไป[เชียงใหม่](city)", "ซื้อตั๋ว",
    ],
}  # fmt: skip
GREET = {
    "en": ["hello", "hi", "good morning", "hey"],
    "de": ["hallo", "guten tag", "moin", "hi"],
    "es": ["hola", "buenos días", "buenas", "qué tal"],
    "zh": ["你好", "您好", "早上好", "嗨", "大家好"],
    "ja": ["こんにちは", "おはよう", "やあ", "こんばんは"],
    "hi": ["नमस्ते", "हैलो", "सुप्रभात", "नमस्कार"],
    "ar": ["مرحبا", "السلام عليكم", "أهلا", "صباح الخير"],
    "th": ["สวัสดี", "หวัดดี", "สวัสดีตอนเช้า", "ดีครับ"],
}
CANCEL = {
    "en": ["cancel", "stop", "never mind"],
    "de": ["abbrechen", "stopp", "vergiss es"],
    "es": ["cancelar", "para", "olvídalo"],
    "zh": ["取消", "算了", "不要了", "停止"],
    "ja": ["キャンセル", "やめる", "取り消し", "中止"],
    "hi": ["रद्द करें", "रुको", "छोड़ो", "कैंसल"],
    "ar": ["إلغاء", "توقف", "لا أريد", "انس الأمر"],
    "th": ["ยกเลิก", "หยุด", "ไม่เอาแล้ว", "เลิก"],
}
CUES = {
    "en": (["from"], ["to"]),
    "de": (["von", "ab"], ["nach"]),
    "es": (["de", "desde"], ["a", "hacia"]),
    "zh": (["从"], ["到", "去"]),
    "ja": (["から"], ["まで", "へ"]),
    "hi": (["से"], ["तक", "के लिए"]),
    "ar": (["من"], ["إلى"]),
    "th": (["จาก"], ["ไป"]),
}
CITIES = {
    "en": [
        "Bath", "Berlin", "New York", "Zürich", "São Paulo", "St. John's", "Saint-Étienne", "İzmir", "Kraków",
    ],
    "de": [
        "Köln", "Berlin", "München", "Gießen", "Baden-Baden", "Düsseldorf", "Garmisch-Partenkirchen", "Nürnberg",
    ],
    "es": [
        "Málaga", "León", "Madrid", "Córdoba", "A Coruña", "Cádiz", "Alcalá de Henares", "San Sebastián",
    ],
    "zh": [
        "上海", "北京", "广州", "深圳", "成都", "西安", "呼和浩特",
    ],
    "ja": [
        "東京", "大阪", "京都", "札幌", "福岡", "パリ", "ローマ", "ニューヨーク",
    ],
    "hi": [
        "दिल्ली", "मुंबई", "पटना", "आगरा", "गया", "कोलकाता", "नई दिल्ली",
    ],
    "ar": [
        "القاهرة", "دبي", "الرياض", "أبو ظبي", "مكة", "بيروت",
    ],
    "th": [
        "กรุงเทพ", "เชียงใหม่", "ภูเก็ต", "ขอนแก่น", "น่าน", "เลย",
    ],
}  # fmt: skip
SAID = [
    # language, message, origin, target
    ("en", "train to Zu\u0308rich", None, "Zürich"), ("en", "train to zurich", None, "Zürich"),
    ("en", "ticket to Sao Paulo", None, "São Paulo"), ("en", "train to St. John\u2019s", None, "St. John's"),
    ("en", "train to st johns", None, "St. John's"),
    ("en", "train from Saint\u2010Étienne to new-york", "Saint-Étienne", "New York"),
    ("en", "train to “New York”", None, "New York"), ("en", "train to #Berlin from *Bath*", "Bath", "Berlin"),
    ("en", "train to \u200fBerlin", None, "Berlin"), ("en", "train to (Kraków)", None, "Kraków"),
    ("en", "train to krakow", None, "Kraków"), ("en", "train to @Berlin", None, "Berlin"),
    ("en", "train to izmir", None, "İzmir"), ("en", "train to \uff22\uff25\uff32\uff2c\uff29\uff2e", None, "Berlin"),
    ("en", "train to New\u00a0York", None, "New York"), ("en", "train: to: Berlin", None, "Berlin"),
    ("en", "train to 'Bath'", None, "Bath"), ("en", "I want to, Berlin", None, None),
    ("en", "train to Ber\u00adlin", None, "Berlin"), ("en", "ticket to saint etienne please", None, "Saint-Étienne"),
    ("en", "train to \u0060Zürich\u0060", None, "Zürich"),
    ("de", "zug nach Ko\u0308ln", None, "Köln"), ("de", "zug nach koeln", None, "Köln"),
    ("de", "zug nach Koln", None, "Köln"), ("de", "zug nach „Berlin“", None, "Berlin"),
    ("de", "zug nach »München«", None, "München"), ("de", "fahrkarte nach GIESSEN", None, "Gießen"),
    ("de", "zug nach Giessen", None, "Gießen"),
    ("de", "von Baden Baden nach baden\u2011baden", "Baden-Baden", "Baden-Baden"),
    ("de", "zug nach dusseldorf", None, "Düsseldorf"), ("de", "zug nach Duesseldorf", None, "Düsseldorf"),
    ("de", "zug nach #Berlin", None, "Berlin"), ("de", "zug ab (Nuernberg) nach *Köln*", "Nürnberg", "Köln"),
    ("de", "nach: Garmisch Partenkirchen", None, "Garmisch-Partenkirchen"),
    ("de", "zug nach \u201aKöln\u2018", None, "Köln"), ("de", "ich will nach, Berlin", None, None),
    ("de", "zug nach Mu\u0308nchen", None, "München"),
    ("es", "tren a malaga", None, "Málaga"), ("es", "tren a Leo\u0301n", None, "León"),
    ("es", "tren a «Madrid»", None, "Madrid"), ("es", "tren desde “Cordoba” hacia *Cádiz*", "Córdoba", "Cádiz"),
    ("es", "tren a A Coruña", None, "A Coruña"), ("es", "billete a alcala-de-henares", None, "Alcalá de Henares"),
    ("es", "tren a SAN SEBASTIAN", None, "San Sebastián"), ("es", "tren a #León", None, "León"),
    ("es", "tren a @Madrid", None, "Madrid"), ("es", "de: Málaga, a: Cadiz", "Málaga", "Cádiz"),
    ("es", "tren a \u2018Madrid\u2019", None, "Madrid"), ("es", "tren a\u00a0Madrid", None, "Madrid"),
    ("es", "un tren hacia (Córdoba)", None, "Córdoba"), ("es", "tren desde San\u2009Sebastián", "San Sebastián", None),
    ("es", "quiero un billete a, Madrid", None, None),
    ("zh", "我要从北京到上海", "北京", "上海"), ("zh", "去西安的火车票", None, "西安"),
    ("zh", "从呼和浩特去成都", "呼和浩特", "成都"), ("zh", "我想去广州", None, "广州"),
    ("zh", "火车票到“深圳”", None, "深圳"), ("zh", "火车票到 上海", None, "上海"),
    ("zh", "\uff21\uff22去上海的票", None, "上海"), ("zh", "从\uff1a北京到\uff1a上海", "北京", "上海"),
    ("zh", "买去上\u200b海的火车票", None, "上海"), ("zh", "到西安", None, "西安"),
    ("ja", "東京から大阪まで", "東京", "大阪"), ("ja", "大阪まで東京から", "東京", "大阪"),
    ("ja", "京都への切符", None, "京都"), ("ja", "「札幌」から", "札幌", None),
    ("ja", "\uff8a\uff9f\uff98までの切符", None, "パリ"), ("ja", "ハ\u309aリまでの切符", None, "パリ"),
    ("ja", "ローマへ行きたい", None, "ローマ"), ("ja", "ニューヨークから", "ニューヨーク", None),
    ("ja", "福岡まで", None, "福岡"), ("ja", "切符を東京までください", None, "東京"),
    ("hi", "दिल्ली से मुंबई तक", "दिल्ली", "मुंबई"), ("hi", "मुंबई तक दिल्ली से टिकट", "दिल्ली", "मुंबई"),
    ("hi", "पटना के लिए टिकट", None, "पटना"), ("hi", "“आगरा” से ट्रेन", "आगरा", None),
    ("hi", "नई-दिल्ली से टिकट", "नई दिल्ली", None), ("hi", "कोल\u200dकाता तक टिकट", None, "कोलकाता"),
    ("hi", "टिकट दिल्ली से", "दिल्ली", None), ("hi", "मुंबई तक", None, "मुंबई"), ("hi", "आगरा से पटना", "आगरा", None),
    ("ar", "تذكرة من القاهرة إلى دبي", "القاهرة", "دبي"), ("ar", "قطار إلى ابو ظبي", None, "أبو ظبي"),
    ("ar", "قطار الى الرياض", None, "الرياض"), ("ar", "إلى «بيروت»", None, "بيروت"), ("ar", "من: دبي", "دبي", None),
    ("ar", "\u0625\u0644\u0649 \u0627\u0644\u0642\u064e\u0627\u0647\u0631\u0629", None, "القاهرة"),
    ("ar", "إلى \u200fبيروت\u200f", None, "بيروت"), ("ar", "تذكرة إلى مكة", None, "مكة"),
    ("ar", "من القاهـرة", "القاهرة", None),
    ("th", "ตั๋วจากกรุงเทพไปเชียงใหม่", "กรุงเทพ", "เชียงใหม่"), ("th", "ไปภูเก็ต", None, "ภูเก็ต"),
    ("th", "จากขอนแก่นไปน่าน", "ขอนแก่น", "น่าน"), ("th", "ตั๋วรถไฟไป “เชียงใหม่”", None, "เชียงใหม่"),
    ("th", "ไปเชียง\u200bใหม่", None, "เชียงใหม่"), ("th", "ซื้อตั๋วไปกรุงเทพ", None, "กรุงเทพ"),
    ("th", "จาก: ภูเก็ต", "ภูเก็ต", None), ("th", "รถไฟจากเชียงใหม่", "เชียงใหม่", None),
    ("th", "ไปน่าน", None, "น่าน"),
]  # fmt: skip


def bot(language: str) -> BotFile:
    parameters: list[dict[str, Any]] = [
        {"name": name, "type": "city", "required": True, "prompt": f"{name}?", "cues": cues}
        for name, cues in zip(("origin", "target"), CUES[language], strict=True)
    ]
    values = [{"value": city, "synonyms": []} for city in CITIES[language]]
    return BotFile.model_validate(
        {
            "language": language,
            "intents": [
                intent("book", "Booked.", BOOK[language], parameters=parameters),
                intent("greet", "Hello!", GREET[language]),
                intent("cancel", "Stopped.", CANCEL[language]),
                intent("fallback", "Pardon?", []),
            ],
            "entities": [{"name": "city", "lookup": True, "entity_values": values}],
        }
    )


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Release]:
    folder: Path = tmp_path_factory.mktemp("scripts")
    return {one: load_release(make_release(folder / one, bot(one)), version="1") for one in BOOK}


@pytest.mark.parametrize(("language", "said", "origin", "target"), SAID)
def test_say_a_value_in_any_form_of_its_signs(
    releases: dict[str, Release], language: str, said: str, origin: str | None, target: str | None
) -> None:
    talk = TrainedTalk(releases[language])
    talk.say(said)
    assert talk.now.route.intent_id == "book"
    wanted: dict[str, JsonValue] = {"origin": origin, "target": target}
    assert talk.slots == {name: value for name, value in wanted.items() if value is not None}


@pytest.mark.parametrize(
    ("language", "begin", "answer", "target"),
    [
        ("en", "from Bath", "Sa\u0303o Paulo please", "São Paulo"),
        ("de", "von Köln", "Muenchen bitte", "München"),
        ("es", "de Madrid", "leon", "León"),
        ("zh", "我要从北京出发", "上海吧", "上海"),
        ("ja", "東京から", "大阪がいいです", "大阪"),
        ("hi", "दिल्ली से", "मुंबई", "मुंबई"),
        ("ar", "من دبي", "ابو ظبي", "أبو ظبي"),
        ("th", "จากขอนแก่น", "เชียงใหม่ครับ", "เชียงใหม่"),
    ],
)
def test_say_an_answer_in_any_script(
    releases: dict[str, Release], language: str, begin: str, answer: str, target: str
) -> None:
    talk = TrainedTalk(releases[language])
    talk.say(begin)
    assert talk.asked == "target"
    talk.say(answer)
    assert talk.slots["target"] == target
