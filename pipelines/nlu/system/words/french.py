"""How French speaks of days and times. All words are in lower case."""

from pipelines.nlu.system.words.vocabulary import ClockForm, ClockWords, DayWords, numbered, words

DAYS = DayWords(
    days={
        "aujourd'hui": 0, "ce soir": 0, "ce matin": 0, "cet après-midi": 0, "demain": 1, "après-demain": 2, "hier": -1,
        "avant-hier": -2,
    },
    day_parts=("matin", "soir", "après-midi", "au soir", "dans la soirée"),
    words_like_weekdays=words("mar mer jeu"),
    ordinals=numbered(
        "premier|1er deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept"
        " dix-huit dix-neuf vingt vingt_et_un vingt-deux vingt-trois vingt-quatre vingt-cinq vingt-six vingt-sept"
        " vingt-huit vingt-neuf trente trente_et_un"
    ),
    ones=words("un une"),
    coming=("prochain", "ce", "cette"),
    gone=("dernier",),
    repeated=words("chaque tous"),
    date_cues=("le", "du", "au", "dès", "depuis", "avant le", "jusqu'au"),
    short_cues=("le", "du", "au"),
    day_cues=("le", "du", "au", "jusqu'au"),
    articles=("le",),
    until=("au", "à"),
    either=("et", "ou", "et le", "ou le"),
    units={"jour": (1, "day"), "jours": (1, "day"), "semaine": (1, "week"), "semaines": (1, "week")},
    the_day=("le jour", "le lendemain"),
    after=("après", "de"),
    before=("avant",),
    starting=("à partir de",),
    lasting=words("pour pendant durant"),
    periods={
        "la semaine prochaine": ("week", 1), "semaine prochaine": ("week", 1), "cette semaine": ("week", 0),
        "la semaine dernière": ("week", -1), "fin du mois": ("month end", 0), "ce week-end": ("weekend", 0),
        "ce weekend": ("weekend", 0), "le week-end prochain": ("weekend", 1),
    },
    not_before_period=words("fin milieu toute pendant"),
    in_period=("de", "dans"),
    holidays={
        "jour de noël": "12-25", "réveillon de noël": "12-24", "veille de noël": "12-24", "jour de l'an": "01-01",
        "nouvel an": "01-01", "saint-sylvestre": "12-31", "saint-valentin": "02-14", "vendredi saint": "easter-2",
        "lundi de pâques": "easter+1", "dimanche de pâques": "easter+0", "14 juillet": "07-14",
    },
    loose_holidays={"noël": "12-25", "halloween": "10-31"},
    greetings=words("joyeux bon bonne"),
    holiday_links=("jour de", "après", "avant"),
    distances={
        "une demi-heure": (30, "minute"), "une demi heure": (30, "minute"), "un quart d'heure": (15, "minute"),
        "trois quarts d'heure": (45, "minute"), "une heure et demie": (90, "minute"),
    },
    may_follow=words("et ou à au en pour avec si s'il svp est c'est merci par de demain mais nous je prochain"),
    counted=words("personnes euros heures nuits jours enfants adultes"),
)  # fmt: skip

CLOCK = ClockWords(
    hours=numbered("une|un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"),
    minutes={"cinq": 5, "dix": 10, "quinze": 15, "vingt": 20, "vingt-cinq": 25, "trente": 30, "quarante": 40},
    forms=(
        ClockForm(after=r"(?:\s?h| heures?) et demie?", shift=30),
        ClockForm(after=r"(?:\s?h| heures?) et quart", shift=15),
        ClockForm(after=r"(?:\s?h| heures?) moins (?:le )?quart", shift=-15),
        ClockForm(after=r"(?:\s?h| heures?) moins {minutes}", direction=-1),
        ClockForm(after=r"\s?h\s?{two_digits}"),
        ClockForm(after=" heures? {two_digits}", is_certain=False),
    ),
    noon=("midi",),
    later_than_named={"et demi": 30, "et demie": 30, "et quart": 15},
    midnight=("minuit",),
    hour_words=("h", "heures", "heure"),
    duration_words=words("heures heure"),
    cues=("à", "vers", "pour", "dès"),
    cue_needs_hour_word=True,
    not_a_cue_after=words("il elle on qui y"),
    for_people=("pour",),
    parts={"du matin": "morning", "du soir": "evening", "de l'après-midi": "afternoon", "ce soir": "evening"},
    parts_elsewhere={"ce soir": "evening", "soir": "evening", "après-midi": "afternoon", "matin": "morning"},
    between=("entre", "de", "à"),
    until=("à",),
    both=("et", "&"),
    either=("ou",),
)
