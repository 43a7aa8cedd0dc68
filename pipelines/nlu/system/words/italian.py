"""How Italian speaks of days and times. All words are in lower case."""

from pipelines.nlu.system.words.vocabulary import ClockForm, ClockWords, DayWords, numbered, words

DAYS = DayWords(
    days={
        "oggi": 0, "stasera": 0, "stamattina": 0, "domani": 1, "dopodomani": 2, "ieri": -1, "l'altro ieri": -2,
    },
    day_parts=("mattina", "sera", "pomeriggio"),
    words_like_weekdays=words("mar mer"),
    ordinals=numbered(
        "primo|uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici"
        " diciassette diciotto diciannove venti ventuno ventidue ventitré ventiquattro venticinque ventisei ventisette"
        " ventotto ventinove trenta trentuno"
    ),
    ones=words("un una uno"),
    coming=("prossimo", "prossima", "questo", "questa"),
    gone=("scorso", "scorsa"),
    repeated=words("ogni tutti"),
    date_cues=("il", "dal", "al", "entro"),
    short_cues=("il", "dal", "al", "entro"),
    day_cues=("il", "dal", "al"),
    articles=("il",),
    until=("al", "a"),
    either=("e", "o", "e il", "o il"),
    units={"giorno": (1, "day"), "giorni": (1, "day"), "settimana": (1, "week"), "settimane": (1, "week")},
    the_day=("il giorno",),
    after=("dopo", "da"),
    before=("prima di",),
    lasting=words("per almeno"),
    periods={
        "la prossima settimana": ("week", 1), "la settimana prossima": ("week", 1), "prossima settimana": ("week", 1),
        "settimana prossima": ("week", 1), "questa settimana": ("week", 0), "fine mese": ("month end", 0),
        "fine del mese": ("month end", 0), "questo fine settimana": ("weekend", 0), "questo weekend": ("weekend", 0),
    },
    in_period=("della", "di"),
    holidays={
        "vigilia di natale": "12-24", "giorno di natale": "12-25", "santo stefano": "12-26", "capodanno": "01-01",
        "san silvestro": "12-31", "ferragosto": "08-15", "pasquetta": "easter+1", "venerdì santo": "easter-2",
    },
    loose_holidays={"natale": "12-25", "pasqua": "easter+0", "halloween": "10-31"},
    greetings=words("buon buona"),
    holiday_links=("giorno di", "prima di", "dopo"),
    offset_prefixes={"fra": "tra"},
    distances={
        "mezz'ora": (30, "minute"), "mezzora": (30, "minute"), "un quarto d'ora": (15, "minute"),
        "un'ora": (60, "minute"), "un'ora e mezza": (90, "minute"),
    },
    may_follow=words("e o a alle per con se è grazie domani ma in di prossimo"),
    counted=words("persone euro ore notti giorni bambini adulti"),
)  # fmt: skip

CLOCK = ClockWords(
    hours=numbered("una due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici"),
    minutes={"cinque": 5, "dieci": 10, "quindici": 15, "venti": 20, "venticinque": 25, "trenta": 30, "quaranta": 40},
    forms=(
        ClockForm(after=" e (?:mezza|mezzo)", shift=30, is_certain=False),
        ClockForm(after=" e (?:un )?quarto", shift=15, is_certain=False),
        ClockForm(after=" meno (?:un )?quarto", shift=-15, is_certain=False),
        ClockForm(after=" e {minutes}", is_certain=False),
        ClockForm(after=" meno {minutes}", direction=-1, is_certain=False),
    ),
    noon=("mezzogiorno",),
    midnight=("mezzanotte",),
    for_people=("per",),
    cues=("alle", "alla", "ore", "alle ore"),
    parts={
        "di mattina": "morning",
        "del mattino": "morning",
        "di sera": "evening",
        "del pomeriggio": "afternoon",
        "di notte": "night",
    },
    parts_elsewhere={"stasera": "evening", "sera": "evening", "pomeriggio": "afternoon", "mattina": "morning"},
    between=("tra le", "fra le", "dalle", "alle"),
    until=("alle",),
    both=("e", "&"),
    either=("o",),
    hour_articles=("le", "alle"),
)
