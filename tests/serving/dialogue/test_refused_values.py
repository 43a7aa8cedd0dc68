"""Which values of a message are refused: `[value]` marks one that is wanted, `{value}` one that is not."""

import re

import pytest

from serving.dialogue.answers import answer_reader

TEXTS = {
    "en": (
        "not on {monday}", "not on {friday} but on [sunday]", "anywhere but {Paris}", "any day except {sunday}",
        "everything apart from {onions}", "other than {Paris}", "I don't want {Paris}", "I dont want {Paris}",
        "I do not want to go to {Paris}", "instead of {friday} take [sunday]", "[Paris] instead of {Oslo}",
        "[Rome] rather than {Paris}", "without {sauce}", "pizza with no {onions}", "{monday} doesn't work",
        "{sunday} is out", "{monday} won't work for me", "not {tomorrow}, [friday]", "no, not to {Paris}",
        "neither {monday} nor {tuesday}", "not on {monday} or {tuesday}", "not {monday}, {tuesday} or {friday}",
        "any day except {saturday} and {sunday}", "any day but {sunday}", "anytime except {monday}, {friday}",
        "I can't do {monday}", "I can't come on {monday}, [tuesday] is fine", "{monday} is not possible",
        "{monday} isn't good", "{monday} or {tuesday} don't work", "on {monday} I can't", "{Paris} not, [Rome]",
        "{monday}? No.", "I'd rather not fly to {Paris}", "please don't send it to {Paris}", "never on {sunday}",
        "avoid {Paris}", "I don't want to spend Christmas in {Paris}", "I'm not free on {monday}",
        "I'm busy on {monday} but [tuesday] works", "not before {monday}", "I said [Rome], not {Paris}",
        "[4], not {5}", "[Paris] not {Rome}", "not “{Paris}”", "I don't think {Paris} is a good idea",
        "{monday} is too early", "[tuesday] works, {monday} doesn't", "all days except for {monday}",
        "it shouldn't be on {monday}", "no {onions}", "let's not do {monday}", "unless it's {monday}",
        # and what sounds like it
        "no, [Paris]", "no [Rome]", "why not [Paris]", "not only [Paris]", "I don't know, maybe [Paris]",
        "I don't know maybe [Paris]", "nothing but [Paris]", "I can't wait to see [Paris]", "don't forget [Paris]",
        "no more than [4]", "not more than [4]", "no later than [monday]", "not cheap but [Paris] is nice",
        "don't you fly to [Paris]?", "can't we meet on [monday]?", "isn't there a train to [Paris]?",
        "I did not receive order [1042]", "my order [1042] doesn't work", "I can't find order [1042]",
        "[monday] is not a problem", "[monday], no problem", "[4], no kids", "[monday] not before {6}",
        "I don't care, [Paris]", "I'm not in a hurry, [monday]", "[friday] instead", "no idea, [monday] perhaps",
        "no doubt [Paris]", "I would like [Paris] because Rome is not nice", "[monday] works, doesn't it?",
        "not bad, [Paris]", "order [2] pizzas, I can't come earlier", "if not [monday], then [tuesday]",
        "yes, [Paris]", "a table for [4] on [monday]", "why don't we go to [Paris]", "[monday] is no problem",
        "don't worry, [4] is fine", "whether or not [Paris] is nice", "[Paris] isn't bad", "I need it by [monday]",
        "not sure, [monday]?", "I don't mind [monday]",
    ),
    "de": (
        "nicht am {Montag}", "nicht nach {Paris}, sondern nach [Rom]", "alles außer {Sonntag}", "bloß nicht {Paris}",
        "statt {Freitag} lieber [Sonntag]", "anstelle von {Freitag} [Sonntag]", "ohne {Soße}", "kein {Montag}",
        "keine {Zwiebeln}", "{Paris} nicht", "{Montag} geht nicht", "am {Montag} kann ich nicht",
        "{Montag} passt mir nicht", "{Montag} passt mir leider gar nicht", "weder {Montag} noch {Dienstag}",
        "[Rom] statt {Paris}", "ich will nicht nach {Paris}", "ich möchte nicht am {Montag} kommen",
        "am {Montag} habe ich keine Zeit", "jeden Tag außer {Montag} und {Dienstag}",
        "nicht {Montag} oder {Dienstag}",
        "nicht {Montag}, {Dienstag} oder {Freitag}", "auf keinen Fall {Paris}", "überall, nur nicht {Paris}",
        "ich kann am {Montag} nicht", "{Montag} ist schlecht", "{Paris} kommt nicht in Frage", "{Montag} fällt aus",
        "nach {Paris} will ich nicht", "nicht vor {Montag}", "{Montag} lieber nicht",
        "{Montag} nicht, [Dienstag] schon",
        "[Montag], nicht {Dienstag}", "alles bis auf {Montag}", "ich habe am {Montag} keine Zeit",
        "lieber nicht {Montag}", "bitte nicht nach {Paris}", "{Montag} oder {Dienstag} geht nicht",
        "nie am {Sonntag}",
        "nicht {2}, sondern [3]", "ich mag {Paris} nicht", "anstatt {Freitag} nehme ich [Sonntag]",
        # and what sounds like it
        "nein, [Paris]", "nein [Paris]", "warum nicht [Paris]", "nicht nur [Paris]", "weiß nicht, vielleicht [Paris]",
        "nichts als [Paris]", "nicht vergessen: [Paris]", "nicht mehr als [4]",
        "nicht billig, aber [Paris] ist schön",
        "[Montag] ist kein Problem", "[Montag], kein Problem", "ich habe Bestellung [1042] nicht bekommen",
        "noch [2] Pizzen", "keine Ahnung, [Montag]", "[Montag] nicht vor {18} Uhr",
        "am [Montag] kann ich nicht vor {10}",
        "ohne Zweifel [Paris]", "keine Frage, [Montag]", "ich kann es kaum erwarten, [Paris] zu sehen",
        "ja, [Montag]", "[4] Personen, nicht mehr", "meine Karte [1234] geht nicht", "doch [Montag]",
        "nicht schlecht, [Paris]", "wenn nicht [Montag], dann [Dienstag]",
    ),
    "es": (
        "no el {lunes}", "el {viernes} no, el [domingo]", "todo menos {París}", "cualquier día excepto el {domingo}",
        "cualquier día menos el {lunes}", "salvo el {lunes}", "en vez de {París}, [Roma]",
        "en lugar de {París} [Roma]",
        "[Roma] en vez de {París}", "que no sea {lunes}", "sin {salsa}", "el {lunes} no puedo", "el {lunes} no",
        "no quiero {París}", "no quiero ir a {París}", "ni el {lunes} ni el {martes}", "no a {París}, sino a [Roma]",
        "el {lunes} no me viene bien", "el {lunes} es imposible", "nunca el {domingo}", "no el {lunes} o el {martes}",
        "a {París} no, a [Roma]", "todos los días menos el {sábado} y el {domingo}", "no me gusta {París}",
        "no puedo el {lunes}", "[Roma], no {París}", "prefiero no ir a {París}", "el {lunes} no me va bien",
        "no antes del {lunes}", "por favor no el {lunes}", "el {lunes} tampoco", "en ningún caso {París}",
        "aparte de {París}", "no tengo tiempo el {lunes}", "mejor no el {lunes}",
        # and what sounds like it
        "no, [París]", "por qué no [París]", "¿por qué no [París]?", "no solo [París]", "no sé, quizás [París]",
        "nada más que [París]", "no olvides [París]", "no más de [4]", "no es barato pero [París] es bonito",
        "el [lunes] no hay problema", "al menos [4]", "por lo menos [4]", "más o menos [4]", "menos de [5]",
        "no he recibido el pedido [1042]", "no importa, [París]", "sin duda [París]", "no hay problema, [lunes]",
        "sí, el [lunes]", "el [lunes] no antes de las {6}", "mi tarjeta [1234] no funciona",
        "si no el [lunes], el [martes]",
        "no está mal, [París]", "ni idea, [París]", "el [lunes] sí, el {martes} no",
    ),
    "fr": (
        "pas {lundi}", "pas à {Paris}", "tout sauf {Paris}", "je ne veux pas {Paris}",
        "je ne veux pas aller à {Paris}",
        "au lieu de {vendredi}, [dimanche]", "sans {sauce}", "{lundi} non", "{lundi} je ne peux pas",
        "ni {lundi} ni {mardi}",
        "[Rome] plutôt que {Paris}", "pas {lundi} mais [mardi]", "{lundi} ne marche pas", "à part {Paris}",
        "{Paris} pas",
        "non, [Paris]", "pourquoi pas [Paris]", "pas plus de [4]", "pas de problème, [lundi]",
        "je ne sais pas, [Paris]",
    ),
    "it": (
        "non {lunedì}", "non a {Parigi}", "tutto tranne {Parigi}", "non voglio {Parigi}",
        "invece di {venerdì} [domenica]",
        "senza {salsa}", "{lunedì} no", "{lunedì} non posso", "né {lunedì} né {martedì}",
        "[Roma] al posto di {Parigi}",
        "non {lunedì} ma [martedì]", "{lunedì} non va bene", "{lunedì} è impossibile", "no, [Parigi]",
        "perché no [Parigi]", "non più di [4]", "nessun problema, [lunedì]", "non so, forse [Parigi]",
    ),
    "pt": (
        "não na {segunda}", "não {Paris}", "tudo menos {Paris}", "não quero {Paris}", "em vez de {sexta}, [domingo]",
        "sem {molho}", "{segunda} não", "{segunda} não posso", "nem {segunda} nem {terça}",
        "[Roma] em vez de {Paris}",
        "não {segunda}, mas [terça]", "{segunda} não dá", "qualquer dia exceto {domingo}", "não, [Paris]",
        "por que não [Paris]", "não mais de [4]", "sem problema, [segunda]", "pelo menos [4]",
    ),
    "nl": (
        "niet op {maandag}", "niet naar {Parijs}", "alles behalve {zondag}", "ik wil niet naar {Parijs}",
        "in plaats van {vrijdag} liever [zondag]", "zonder {saus}", "geen {uien}", "{maandag} niet",
        "{maandag} kan niet",
        "op {maandag} kan ik niet", "noch {maandag} noch {dinsdag}", "[Rome] in plaats van {Parijs}",
        "{maandag} lukt niet",
        "nee, [Parijs]", "waarom niet [Parijs]", "niet meer dan [4]", "geen probleem, [maandag]",
        "weet niet, [Parijs]",
    ),
    "zh": (
        "不要{巴黎}", "不去{巴黎}", "别订{周一}", "不是{周一}\uff0c是[周二]", "不是{周一}而是[周二]",
        "除了{周日}都可以",
        "除了{周日}以外", "{周一}不行", "{周一}没空", "我不想去{巴黎}", "[罗马]而不是{巴黎}",
        "{周一}不可以\uff0c[周二]可以",
        "不要{巴黎}或{罗马}", "不\uff0c[巴黎]", "不如去[巴黎]", "没问题\uff0c[周一]", "不知道\uff0c可能[巴黎]",
        "不超过[4]个人",
        "要不要去[巴黎]", "我要去[巴黎]",
    ),
    "ja": (
        "{月曜日}はだめです", "{月曜日}以外", "{パリ}ではなく[ローマ]", "{パリ}じゃなくて[ローマ]",
        "{月曜日}は無理です",
        "{パリ}には行きたくない", "{月曜日}は都合が悪いです", "{玉ねぎ}抜き", "{日曜日}を除く", "{パリ}は嫌です",
        "いいえ、[パリ]", "[パリ]がいいです", "[月曜日]で問題ありません", "[パリ]に行きたい", "[4]人です",
    ),
    "ko": (
        "{월요일} 말고 [화요일]", "{월요일}은 안 돼요", "{월요일} 제외", "{파리} 빼고", "{파리}가 아니라 [로마]",
        "{월요일}은 불가능해요", "{파리}는 싫어요", "{일요일} 제외하고", "{월요일}에는 못 가요", "{양파} 없이",
        "아니요, [파리]", "[월요일] 좋아요", "[파리]로 가고 싶어요", "[4]명이요",
    ),
    "ar": (
        "لا أريد {باريس}", "ليس يوم {الاثنين}", "أي يوم ما عدا {الأحد}", "باستثناء {الأحد}", "بدلا من {باريس} [روما]",
        "[روما] بدلا من {باريس}", "بدون {صلصة}", "{الاثنين} لا يناسبني", "{الاثنين} غير مناسب",
        "لا أريد الذهاب إلى {باريس}",
        "ليس {الاثنين} بل [الثلاثاء]", "لا، [باريس]", "لا مشكلة، [الاثنين]", "لا أعرف، ربما [باريس]", "لم لا [باريس]",
    ),
    "hi": (
        "{सोमवार} को नहीं", "{पेरिस} नहीं, [रोम]", "{रविवार} के अलावा", "{रविवार} को छोड़कर", "{पेरिस} के बजाय [रोम]",
        "{सोमवार} को नहीं आ सकता", "{प्याज} के बिना", "{पेरिस} की जगह [रोम]", "मुझे {पेरिस} नहीं चाहिए", "{पेरिस} मत",
        "नहीं, [पेरिस]", "[सोमवार] ठीक है", "पता नहीं, [पेरिस]", "कोई बात नहीं, [सोमवार]", "[4] लोग",
    ),
}  # fmt: skip


def _marked(text: str) -> tuple[str, list[tuple[int, int, bool]]]:
    """Return a text without its marks, and its values: start, end and whether it is refused."""
    plain, values = "", []
    for part in re.split(r"([\[{][^\]}]+[\]}])", text):
        if part[:1] in ("[", "{"):
            values.append((len(plain), len(plain) + len(part) - 2, part[0] == "{"))
            part = part[1:-1]
        plain += part
    return plain, values


@pytest.mark.parametrize(("language", "marked"), [(name, text) for name, listed in TEXTS.items() for text in listed])
def test_a_refused_value_is_told_from_a_wanted_one(language: str, marked: str) -> None:
    text, values = _marked(marked)
    reader = answer_reader(language)
    assert [reader.is_negated(text, start, end) for start, end, _ in values] == [refused for *_, refused in values]
