"""What customers answer to a yes-or-no question, and what it means."""

import pytest

from serving.dialogue.answers import answer_reader

YES = {
    "en": (
        "yes", "yeah sure", "of course", "of course I do", "absolutely", "sure thing", "no doubt",
        "no doubt about it",
        "no problem", "no problem at all", "not a problem", "why not", "why not?", "I guess so", "I think so",
        "if you must", "by all means", "without a doubt", "certainly, no problem", "yes, no worries", "I do",
        "that's fine", "you bet", "no objections from me", "no question about it", "I don't see why not",
        "well, of course", "it's no problem", "yes I would", "ok, why not", "definitely yes", "actually, yes",
        "no worries, go ahead", "\U0001f44d\U0001f3ff", "\u2705",
        "\U0001f646\U0001f3fb\u200d\u2640\ufe0f", "\u2714\ufe0f",
        "\U0001f44d\U0001f44d", "I said yes", "my answer is yes", "fine by me",
    ),
    "de": (
        "ja", "na klar", "natürlich", "klar, gerne", "auf jeden Fall", "sicher doch", "kein Problem", "keine Frage",
        "ohne Zweifel", "gar kein Problem", "kein Thema", "ohne Frage", "zweifellos", "warum nicht", "warum nicht?",
        "ich denke schon", "von mir aus", "spricht nichts dagegen", "ich habe nichts dagegen", "aber sicher",
        "ja, kein Problem", "selbstverständlich", "wenn es sein muss", "ja bitte", "doch", "keine Einwände",
        "das will ich", "ich sage ja", "passt schon", "ja natürlich", "keine Sorge, ja",
    ),
    "es": (
        "sí", "claro", "claro que sí", "por supuesto", "por supuesto que sí", "desde luego", "sin duda",
        "sin problema",
        "no hay problema", "ningún problema", "sin duda alguna", "no cabe duda", "cómo no", "¿cómo no?", "por qué no",
        "no tengo inconveniente", "faltaría más", "creo que sí", "vale", "de acuerdo", "sí, claro", "supongo que sí",
        "no veo por qué no", "así es", "me parece bien", "sí, sin problema", "no pasa nada, sí", "con mucho gusto",
    ),
    "fr": ("oui", "bien sûr", "bien sûr que oui", "pas de problème", "sans doute", "sans aucun doute",
           "pourquoi pas ?",
           "d'accord", "aucun problème", "si", "je crois que oui", "volontiers", "pas de souci"),
    "it": ("sì", "certo", "certo che sì", "nessun problema", "senza dubbio", "perché no", "va bene", "come no",
           "non c'è problema", "volentieri", "direi di sì"),
    "pt": ("sim", "claro", "claro que sim", "sem problema", "sem dúvida", "por que não", "não há problema",
           "com certeza",
           "acho que sim", "pois não", "tudo bem"),
    "nl": ("ja", "natuurlijk", "geen probleem", "zonder twijfel", "waarom niet", "zeker", "ja hoor", "akkoord",
           "ik denk het wel", "geen bezwaar"),
    "zh": ("是", "是的", "当然", "没问题", "可以", "好的", "对", "没错", "当然可以", "毫无疑问", "我要"),
    "ja": ("はい", "もちろん", "問題ありません", "そうです", "お願いします", "問題ない", "了解です",
           "はい、もちろんです", "間違いない", "ええ"),
    "ko": ("네", "예", "물론이죠", "당연하죠", "문제없어요", "좋아요", "그럼요", "맞아요", "네, 물론입니다",
           "그래요"),
    "ar": ("نعم", "بالطبع", "لا مشكلة", "لا شك", "حسنا", "أكيد", "لم لا", "نعم بالتأكيد", "صحيح", "بدون شك"),
    "hi": ("हाँ", "हां", "जी हाँ", "बिल्कुल", "ज़रूर", "कोई समस्या नहीं", "कोई शक नहीं", "क्यों नहीं", "ठीक है",
           "सही है"),
}  # fmt: skip

NO = {
    "en": (
        "no", "nope", "nah", "of course not", "Of course not!", "absolutely not", "certainly not", "definitely not",
        "sure, no", "surely not", "obviously not", "not at all", "no way", "never", "not really", "not yet",
        "I don't think so", "I dont think so", "I'd rather not", "yeah no", "yeah, no", "yeah, not really", "ok, no",
        "no, of course not", "of course I don't", "of course we won't", "I would certainly not", "probably not",
        "better not", "preferably not", "I'm afraid not", "I guess not", "hell no", "by no means", "sorry, no",
        "right, no", "absolutely no", "most certainly not", "please don't", "I really don't want that", "no, thanks",
        "no thanks, I'm fine", "no, it's ok", "no no no", "not for me", "no need", "that would not be good",
        "\U0001f44e\U0001f3fd", "\u274c",
        "\U0001f645\U0001f3fe\u200d\u2642\ufe0f", "no \U0001f44d", "\U0001f6ab", "wrong",
        "I don't want it glossy", "certainly not today", "of course it isn't", "no doubt not",
    ),
    "de": (
        "nein", "nö", "natürlich nicht", "auf jeden Fall nicht", "auf keinen Fall", "sicher nicht",
        "ganz sicher nicht",
        "klar, nein", "gerne nicht", "eher nicht", "lieber nicht", "bestimmt nicht", "selbstverständlich nicht",
        "absolut nicht", "definitiv nicht", "gar nicht", "überhaupt nicht", "noch nicht", "nicht wirklich", "niemals",
        "ich glaube nicht", "das will ich nicht", "natürlich will ich das nicht", "nein danke", "ok, nein",
        "wahrscheinlich nicht", "besser nicht", "keinesfalls", "unter keinen Umständen", "kommt nicht in Frage",
        "nein, natürlich nicht", "das möchte ich nicht", "leider nein", "aber nein", "nie im Leben",
        "muss nicht sein",
        "nein, passt schon", "stimmt nicht",
    ),
    "es": (
        "no", "claro que no", "por supuesto que no", "desde luego que no", "seguro que no", "creo que no", "mejor no",
        "para nada", "ni hablar", "en absoluto", "de ninguna manera", "nunca", "todavía no", "obviamente no",
        "definitivamente no", "absolutamente no", "no, gracias", "claro, no", "vale, no", "no, claro que no",
        "qué va",
        "me temo que no", "supongo que no", "ni loco", "ni de broma", "ahora no", "no lo quiero", "por ahora no",
        "probablemente no", "no hace falta", "pues no", "a mí tampoco", "claro que no lo quiero", "yo creo que no",
    ),
    "fr": ("non", "bien sûr que non", "certainement pas", "absolument pas", "pas du tout", "je ne crois pas",
           "ok, non",
           "surtout pas", "pas vraiment", "évidemment pas", "jamais", "plutôt non", "je ne veux pas"),
    "it": ("no", "certo che no", "assolutamente no", "per niente", "non credo", "certo, no", "meglio di no", "mai",
           "ovviamente no", "no grazie", "neanche per sogno", "non voglio"),
    "pt": ("não", "claro que não", "de jeito nenhum", "nunca", "acho que não", "melhor não", "certamente não",
           "nem pensar",
           "ok, não", "não, obrigado", "obviamente não"),
    "nl": ("nee", "natuurlijk niet", "absoluut niet", "zeker niet", "liever niet", "helemaal niet",
           "ik denk het niet",
           "ok, nee", "nooit", "dat wil ik niet", "nog niet"),
    "zh": ("不", "不是", "当然不", "当然不是", "绝对不", "不用了", "不要", "不可以", "没有", "肯定不是", "不行",
           "当然不要", "好的\uff0c不", "不对"),
    "ja": ("いいえ", "もちろん違う", "もちろん違います", "違います", "だめです", "いりません", "そうじゃない",
           "結構です", "まだです", "絶対嫌です"),
    "ko": ("아니요", "물론 아니죠", "당연히 아니죠", "안 돼요", "싫어요", "아니에요", "절대 안 돼요", "필요 없어요",
           "아직요", "아뇨"),
    "ar": ("لا", "بالطبع لا", "طبعا لا", "كلا", "أبدا", "لا شكرا", "أكيد لا", "لا أريد", "ليس الآن", "على الإطلاق"),
    "hi": ("नहीं", "बिल्कुल नहीं", "जी नहीं", "कभी नहीं", "नहीं, धन्यवाद", "ज़रूर नहीं", "नही", "गलत", "अभी नहीं",
           "ठीक है, नहीं"),
}  # fmt: skip

NEITHER = {
    "en": (
        "not bad", "no worries", "no idea", "not sure", "yes and no", "yes no", "yes, no", "no, yes", "maybe",
        "I don't know", "never mind", "no rush", "not necessarily", "is that right?", "don't you have it in blue?",
        "isn't it too late?", "I don't understand the question", "I don't see the price", "not wrong",
        "not only that",
        "no more than 3", "yes but not now", "\U0001f44d\U0001f44e", "\U0001f937", "can you do it?", "I don't mind",
        "sure, no onions", "of course the red one not", "ok?", "sure?", "I have a question", "I have no idea", "blue",
        "no, no problem", "I am not sure", "don't worry", "what does it cost?", "it depends", "ok, no idea",
    ),
    "de": (
        "nicht schlecht", "keine Sorge", "keine Ahnung", "nicht sicher", "jein", "ja und nein", "ja nein", "nein, ja",
        "vielleicht", "weiß nicht", "nicht unbedingt", "keine Eile", "nicht falsch", "ja, aber nicht",
        "ja, aber nicht heute", "ist das richtig?", "das verstehe ich nicht", "nicht nur das", "egal",
        "gar nicht übel",
        "kein Stress", "klar?", "was kostet das?", "natürlich, keine Ahnung",
    ),
    "es": (
        "no está mal", "no te preocupes", "no sé", "no lo sé", "ni idea", "sí y no", "sí, no", "no, sí", "quizás",
        "depende", "no entiendo la pregunta", "no hay prisa", "nada mal", "sí, pero no", "sí pero ahora no",
        "me da igual",         "no más de 3", "no solo eso", "¿es correcto?", "claro, ni idea", "no importa",
        "¿vale?",
    ),
    "fr": ("pas mal", "je ne sais pas", "peut-être", "oui et non", "oui, non", "ça dépend", "aucune idée", "pas sûr"),
    "it": ("non male", "non lo so", "forse", "sì e no", "sì, no", "dipende", "boh", "non sono sicuro"),
    "pt": ("nada mau", "não sei", "talvez", "sim e não", "sim, não", "depende", "tanto faz", "não faço ideia"),
    "nl": ("niet slecht", "geen idee", "misschien", "ja en nee", "ja, nee", "geen zorgen", "niet zeker",
           "dat hangt ervan af"),
    "zh": ("不知道", "不错", "是不是", "随便", "可能", "没关系", "不一定", "是吗\uff1f", "不确定"),
    "ja": ("わかりません", "たぶん", "どちらでもいい", "悪くない", "未定", "大丈夫です", "知りません",
           "はい、いいえ"),
    "ko": ("몰라요", "글쎄요", "아마", "나쁘지 않아요", "잘 모르겠어요", "걱정 마세요", "상관없어요", "네, 아니요"),
    "ar": ("لا أعرف", "ربما", "لا بأس", "نعم ولا", "نعم، لا", "لا أدري", "لا يهم", "لست متأكدا"),
    "hi": ("पता नहीं", "शायद", "बुरा नहीं है", "हाँ और नहीं", "हाँ, नहीं", "मुझे नहीं पता", "चिंता मत करो",
           "कोई बात नहीं"),
}  # fmt: skip


def _cases(texts: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(language, text) for language, listed in texts.items() for text in listed]


@pytest.mark.parametrize(("language", "text"), _cases(YES))
def test_a_yes_is_a_yes(language: str, text: str) -> None:
    assert answer_reader(language).yes_no(text).is_yes is True


@pytest.mark.parametrize(("language", "text"), _cases(NO))
def test_an_emphatic_or_softened_no_is_a_no(language: str, text: str) -> None:
    assert answer_reader(language).yes_no(text).is_yes is False


@pytest.mark.parametrize(("language", "text"), _cases(NEITHER))
def test_what_is_neither_yes_nor_no_is_not_taken_for_one(language: str, text: str) -> None:
    assert answer_reader(language).yes_no(text).is_yes is None
