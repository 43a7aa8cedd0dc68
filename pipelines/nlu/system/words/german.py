"""How German speaks of days and times. All words are in lower case."""

from pipelines.nlu.system.words.vocabulary import ClockForm, ClockWords, DayWords, inflected, numbered, words


def _german_ordinals() -> dict[str, int]:
    stems = numbered(
        "erst zweit dritt viert fünft sechst siebt|siebent acht neunt zehnt elft zwölft dreizehnt vierzehnt fünfzehnt"
        " sechzehnt siebzehnt achtzehnt neunzehnt zwanzigst"
    )
    units = ("ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
    stems |= {f"{unit}undzwanzigst": 20 + number for number, unit in enumerate(units, 1)}
    stems |= {"dreißigst": 30, "dreissigst": 30, "einunddreißigst": 31, "einunddreissigst": 31}
    return {stem + ending: number for stem, number in stems.items() for ending in ("e", "en", "er")}


DAYS = DayWords(
    days={
        "heute": 0, "morgen": 1, "übermorgen": 2, "gestern": -1, "vorgestern": -2, "heut": 0,
        "heute morgen": 0, "morgen früh": 1,
    },
    not_after={
        "morgen": words(
            "guten gutn gute schönen am jeden heute gestern den diesen eines der n'"
        ),
    },
    has_compounds=True,
    day_parts=(
        "morgen", "früh", "vormittag", "mittag", "nachmittag", "abend", "nacht", "morgens", "vormittags",
        "nachmittags", "abends", "nachts",
    ),
    more_months={"jänner": 1, "jän": 1, "feber": 2, "mrz": 3, "sep": 9, "juno": 6},
    more_weekdays={"sonnabend": 5},
    more_short_weekdays={"mittw": 2, "donnerst": 3},
    words_like_weekdays=words("so do mi di"),
    ordinals=_german_ordinals(),
    ones=words("ein eine einem einer einen"),
    coming=(*inflected("nächst kommend dies"), *("am nächsten", "am kommenden")),
    gone=inflected("letzt vergangen vorig"),
    after_next=inflected("übernächst"),
    repeated=words("jeden jeder jedem jedes alle manchen keinen kein"),
    date_cues=("am", "vom", "zum", "bis", "ab", "seit", "den", "dem", "der", "bis zum", "ab dem", "und", "oder"),
    since_cues=("seit",),
    short_cues=("am", "vom", "bis", "ab", "zum", "bis zum", *inflected("nächst kommend letzt", ("en", "er"))),
    about=("ca.", "ca", "circa", "etwa", "ungefähr", "rund", "so"),
    ordinal_cues=("am", "vom", "bis zum", "ab dem"),
    day_cues=("am", "vom", "zum", "bis zum", "ab dem", "den", "dem"),
    articles=("den", "der", "dem", "am", "zum"),
    until=("bis", "bis zum", "bis", "bis den", "bis einschließlich", "auf den"),
    either=("und", "oder", "und dem", "und den", "oder den", "oder dem", "oder am", "und am"),
    units={
        "tag": (1, "day"), "tage": (1, "day"), "tagen": (1, "day"), "woche": (1, "week"), "wochen": (1, "week"),
        "monat": (1, "month"), "monate": (1, "month"), "monaten": (1, "month"),
        "jahr": (1, "year"), "jahre": (1, "year"), "jahren": (1, "year"),
    },
    the_day=("der tag", "den tag", "am tag", "dem tag", "tag", "tags"),
    after=("nach", "nach dem", "nach den"),
    before=("vor", "vor dem", "vor den"),
    starting=("ab", "von", "nach"),
    lasting=words("für über mindestens etwa insgesamt"),
    about_a_week=frozenset((8,)),
    periods={
        **dict.fromkeys(("nächste woche", "nächster woche", "kommende woche", "kommender woche", "der nächsten woche",
                 "nach dem wochenende"), ("week", 1)),
        **dict.fromkeys(("diese woche", "dieser woche"), ("week", 0)),
        **dict.fromkeys(("letzte woche", "letzter woche", "vorige woche", "vergangene woche"), ("week", -1)),
        **dict.fromkeys(("übernächste woche", "übernächster woche", "der übernächsten woche"), ("week", 2)),
        **dict.fromkeys(("nächsten monat", "nächster monat", "kommenden monat"), ("month", 1)),
        **dict.fromkeys(("anfang nächsten monats", "anfang des nächsten monats"), ("month", 1)),
        **dict.fromkeys(
            ("ende des monats", "monatsende", "ende dieses monats", "ende diesen monats", "letzten tag des monats",
             "letzter tag des monats"),
            ("month end", 0),
        ),
        **dict.fromkeys(("ende nächsten monats", "ende des nächsten monats"), ("month end", 1)),
        **dict.fromkeys(("ende des jahres", "jahresende", "ende dieses jahres"), ("year end", 0)),
        **dict.fromkeys(
            ("am wochenende", "dieses wochenende", "diesem wochenende", "das wochenende", "zum wochenende",
             "kommendes wochenende", "kommenden wochenende", "übers wochenende"),
            ("weekend", 0),
        ),
        **dict.fromkeys(("nächstes wochenende", "nächsten wochenende"), ("weekend", 1)),
        **dict.fromkeys(("letztes wochenende", "letzten wochenende"), ("weekend", -1)),
    },
    not_before_period=words("ende mitte der die spät später des laufe ganze jede"),
    in_period=("in", "in der", "am", "der"),
    this_month=("dieses monats", "diesen monats", "in diesem monat", "diesen monat"),
    any_month=("des monats", "im monat"),
    next_month=("nächsten monats", "des nächsten monats", "im nächsten monat"),
    years={
        "nächstes jahr": 1, "nächsten jahres": 1, "im nächsten jahr": 1, "des nächsten jahres": 1, "dieses jahr": 0,
        "dieses jahres": 0, "letztes jahr": -1, "letzten jahres": -1, "im letzten jahr": -1,
    },
    nth={
        form: number
        for stem, number in (("erst", 1), ("zweit", 2), ("dritt", 3), ("viert", 4), ("letzt", -1))
        for form in inflected(stem, ("e", "en", "er", "em"))
    } | {"1.": 1, "2.": 2, "3.": 3, "4.": 4},
    holidays={
        "heiligabend": "12-24", "heiliger abend": "12-24", "heiligen abend": "12-24", "weihnachtsabend": "12-24",
        **dict.fromkeys(
            ("erster weihnachtstag", "ersten weihnachtstag", "1. weihnachtstag", "erster weihnachtsfeiertag",
             "ersten weihnachtsfeiertag", "1. weihnachtsfeiertag", "1. feiertag"),
            "12-25",
        ),
        **dict.fromkeys(
            ("zweiter weihnachtstag", "zweiten weihnachtstag", "2. weihnachtstag", "zweiter weihnachtsfeiertag",
             "zweiten weihnachtsfeiertag", "2. weihnachtsfeiertag", "2. feiertag"),
            "12-26",
        ),
        "silvester": "12-31", "sylvester": "12-31", "silvesterabend": "12-31", "neujahr": "01-01",
        "neujahrstag": "01-01", "dreikönigstag": "01-06", "heilige drei könige": "01-06", "nikolaus": "12-06",
        "nikolaustag": "12-06", "tag der arbeit": "05-01", "maifeiertag": "05-01",
        "tag der deutschen einheit": "10-03", "reformationstag": "10-31", "allerheiligen": "11-01",
        "valentinstag": "02-14", "karfreitag": "easter-2", "gründonnerstag": "easter-3",
        "palmsonntag": "easter-7", "aschermittwoch": "easter-46", "rosenmontag": "easter-48",
        "ostersonntag": "easter+0", "ostermontag": "easter+1", "christi himmelfahrt": "easter+39",
        "pfingstsonntag": "easter+49", "pfingstmontag": "easter+50", "fronleichnam": "easter+60",
        "black friday": "black friday+0",
    },
    loose_holidays={"weihnachten": "12-25", "ostern": "easter+0", "pfingsten": "easter+49", "halloween": "10-31"},
    greetings=words("frohe fröhliche schöne guten schönen gesegnete frohes"),
    may_follow=words(
        "und oder bitte danke für am an in im mit ist wäre geht passt um ab bis von vom zum gegen heute morgen"
        " abends morgens nachmittags vormittags früh wenn falls dann ich wir er sie es kommen komme haben würde"
        " würden möchte möchten hätte gerne lieber also aber statt ok okay vielleicht noch auch rum herum soll"
        " sollte kann können könnte bei zu nach vor oder nicht sondern abend ja super gut da dann los"
        " anreisen abreisen vorbeikommen vorbei essen starten anfangen beginnen feiern fahren abholen bekommen buchen"
        " reservieren"
    ),
    distances={
        "einer halben stunde": (30, "minute"), "eine halbe stunde": (30, "minute"),
        "eine viertelstunde": (15, "minute"), "eine dreiviertelstunde": (45, "minute"),
        "ner halben stunde": (30, "minute"), "halben stunde": (30, "minute"),
        "einer viertelstunde": (15, "minute"), "einer dreiviertelstunde": (45, "minute"),
        "drei viertelstunden": (45, "minute"), "einer knappen stunde": (60, "minute"),
        "anderthalb stunden": (90, "minute"), "eineinhalb stunden": (90, "minute"),
        "zweieinhalb stunden": (150, "minute"), "dreieinhalb stunden": (210, "minute"),
        "viereinhalb stunden": (270, "minute"), "einem halben jahr": (6, "month"),
        "anderthalb jahren": (18, "month"), "eineinhalb jahren": (18, "month"), "einem dreivierteljahr": (9, "month"),
        "einem vierteljahr": (3, "month"),
    },
    more_offsets=(
        ("in {0} min", "minute", 1), ("in {0} std", "hour", 1), ("{0} tage ab jetzt", "day", 1),
        ("{0} wochen ab jetzt", "week", 1), ("{0} stunden ab jetzt", "hour", 1), ("{0} minuten ab jetzt", "minute", 1),
        ("{0} monate ab jetzt", "month", 1),
    ),
    counted=words("personen leute gäste uhr euro karten tickets zimmer nächte tage wochen stunden minuten stück"),
)  # fmt: skip

_TENS = ("zwanzig", "dreißig|dreissig", "vierzig", "fünfzig")
_UNITS = ("ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
_SMALL = numbered(
    "eins|ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn"
    " achtzehn neunzehn zwanzig"
) | {f"{unit}undzwanzig": 20 + number for number, unit in enumerate(_UNITS, 1)}

CLOCK = ClockWords(
    hours={word: number for word, number in _SMALL.items() if number <= 24} | {"null": 0},
    minutes=_SMALL
    | {
        f"{unit}{tens}": 10 * ten + number
        for ten, spellings in enumerate(_TENS, 2)
        for tens in spellings.split("|")
        for number, unit in enumerate(("", *(f"{one}und" for one in _UNITS)))
    },
    forms=(
        ClockForm(before="{minutes}(?: minuten?)? vor halb", shift=-30, direction=-1),
        ClockForm(before="{minutes}(?: minuten?)? nach halb", shift=-30),
        ClockForm(before="(?:kurz (?:vor|nach) )?halb", shift=-30),
        ClockForm(before="viertel nach", shift=15),
        ClockForm(before="viertel vor", shift=-15),
        ClockForm(before="dreiviertel", shift=-15),
        ClockForm(before="drei viertel", shift=-15),
        ClockForm(before="viertel", shift=-45),
        ClockForm(before="{minutes}(?: minuten?)? nach"),
        ClockForm(before="{minutes}(?: minuten?)? vor", direction=-1),
        ClockForm(after=r"\s?uhr (?:und )?{two_digits}(?: minuten)?"),
    ),
    noon=("mittags", "um zwölf mittags"),
    midnight=("mitternacht",),
    hour_words=("uhr", "h"),
    duration_words=words("h"),
    cues=("um", "um ca.", "um ca", "um circa", "um etwa", "um ungefähr", "um punkt", "so um", "gegen"),
    weak_cues=("ab", "bis", "vor", "nach", "ca.", "circa", "etwa"),
    not_a_cue_after=words("geht gehts handelt dreht erhöht verlängert reduziert gekürzt"),
    parts={
        "morgens": "morning", "vormittags": "morning", "früh": "morning", "in der früh": "morning",
        "am morgen": "morning", "am vormittag": "morning", "mittags": "afternoon", "nachmittags": "afternoon",
        "am nachmittag": "afternoon", "abends": "evening", "am abend": "evening", "nachts": "night",
        "in der nacht": "night",
    },
    parts_elsewhere={
        "abend": "evening", "abends": "evening", "nachmittag": "afternoon", "nachmittags": "afternoon",
        "nacht": "night", "nachts": "night", "morgens": "morning", "vormittags": "morning", "vormittag": "morning",
        "früh": "morning",
    },
    am_is_a_word=True,
    pronouns=words("es das sich"),
    not_people_after=words("wecker termin erinnerung es"),
    for_people=("für", "für ca.", "für etwa", "zu"),
    between=("zwischen", "um", "von", "gegen"),
    until=("bis",),
    both=("und", "&"),
    either=("oder",),
)  # fmt: skip
