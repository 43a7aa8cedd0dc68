"""How Dutch speaks of days and times. All words are in lower case."""

from pipelines.nlu.system.words.vocabulary import ClockForm, ClockWords, DayWords, numbered, words

DAYS = DayWords(
    days={
        "vandaag": 0, "vanavond": 0, "vanmorgen": 0, "vanochtend": 0, "vanmiddag": 0, "morgen": 1, "morgenavond": 1,
        "morgenochtend": 1, "morgenmiddag": 1, "overmorgen": 2, "gisteren": -1, "eergisteren": -2,
    },
    not_after={"morgen": words("goede goeie vroege")},
    has_compounds=True,
    day_parts=("ochtend", "morgen", "middag", "avond", "nacht", "vroeg"),
    words_like_weekdays=words("zo do di wo ma za"),
    ordinals=numbered(
        "één|een|eerste twee|tweede drie|derde vier|vierde vijf|vijfde zes|zesde zeven|zevende acht|achtste"
        " negen|negende tien|tiende elf|elfde twaalf|twaalfde dertien|dertiende veertien|veertiende vijftien|vijftiende"
        " zestien zeventien achttien negentien twintig|twintigste eenentwintig tweeëntwintig drieëntwintig"
        " vierentwintig vijfentwintig zesentwintig zevenentwintig achtentwintig negenentwintig dertig eenendertig"
    ),
    ones=words("een één"),
    coming=("volgende", "aankomende", "komende", "deze", "aanstaande"),
    gone=("vorige", "afgelopen"),
    repeated=words("elke iedere"),
    date_cues=("op", "van", "tot", "vanaf", "sinds"),
    short_cues=("op", "tot", "vanaf"),
    day_cues=("op de",),
    articles=("de",),
    until=("tot", "t/m", "tot en met"),
    either=("en", "of"),
    units={
        "dag": (1, "day"), "dagen": (1, "day"), "week": (1, "week"), "weken": (1, "week"), "maand": (1, "month"),
        "maanden": (1, "month"),
    },
    the_day=("de dag", "dag"),
    after=("na", "vanaf"),
    before=("voor",),
    lasting=words("voor gedurende"),
    periods={
        "volgende week": ("week", 1), "deze week": ("week", 0), "vorige week": ("week", -1),
        "eind van de maand": ("month end", 0), "einde van de maand": ("month end", 0), "dit weekend": ("weekend", 0),
        "dit weekeinde": ("weekend", 0), "volgend weekend": ("weekend", 1),
    },
    not_before_period=words("eind einde"),
    in_period=("van",),
    holidays={
        "kerstavond": "12-24", "eerste kerstdag": "12-25", "tweede kerstdag": "12-26", "oudejaarsavond": "12-31",
        "oudjaarsavond": "12-31", "nieuwjaarsdag": "01-01", "koningsdag": "04-27", "sinterklaasavond": "12-05",
        "goede vrijdag": "easter-2", "eerste paasdag": "easter+0", "tweede paasdag": "easter+1",
        "hemelvaartsdag": "easter+39",
    },
    loose_holidays={"kerstmis": "12-25", "kerst": "12-25", "pasen": "easter+0"},
    greetings=words("fijne vrolijk gelukkig goede"),
    distances={
        "een half uur": (30, "minute"), "een kwartier": (15, "minute"), "anderhalf uur": (90, "minute"),
        "drie kwartier": (45, "minute"), "een half jaar": (6, "month"),
    },
    may_follow=words("en of om in voor met als is bedankt graag aub alsjeblieft morgen maar we ik"),
    counted=words("personen mensen euro uur nachten dagen kinderen volwassenen"),
)  # fmt: skip

CLOCK = ClockWords(
    hours=numbered("één|een twee drie vier vijf zes zeven acht negen tien elf twaalf"),
    minutes={"vijf": 5, "tien": 10, "twintig": 20, "vijftien": 15, "dertig": 30},
    forms=(
        ClockForm(before="{minutes} voor half", shift=-30, direction=-1),
        ClockForm(before="{minutes} over half", shift=-30),
        ClockForm(before="half", shift=-30),
        ClockForm(before="kwart over", shift=15),
        ClockForm(before="kwart voor", shift=-15),
        ClockForm(before="{minutes} over"),
        ClockForm(before="{minutes} voor", direction=-1),
        ClockForm(after=" uur {two_digits}"),
    ),
    midnight=("middernacht",),
    hour_words=("uur", "u"),
    cues=("om",),
    for_people=("voor",),
    parts={
        "'s ochtends": "morning",
        "'s morgens": "morning",
        "'s middags": "afternoon",
        "'s avonds": "evening",
        "'s nachts": "night",
    },
    parts_elsewhere={"vanavond": "evening", "avond": "evening", "vanmiddag": "afternoon", "middag": "afternoon"},
    between=("tussen", "van", "om"),
    until=("tot",),
    both=("en", "&"),
    either=("of",),
)
