"""How Spanish speaks of days and times. All words are in lower case."""

from pipelines.nlu.system.words.vocabulary import ClockForm, ClockWords, DayWords, OffsetUnit, numbered, words

_SPANISH_DAYS = numbered(
    "primero|uno|primer dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
    " diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis"
    " veintisiete veintiocho veintinueve treinta treinta_y_uno"
)


_UNITS: tuple[tuple[str, OffsetUnit], ...] = (
    ("minuto", "minute"), ("hora", "hour"), ("día", "day"), ("semana", "week"), ("año", "year"),
)  # fmt: skip

DAYS = DayWords(
    days={
        "hoy": 0, "esta noche": 0, "esta tarde": 0, "esta mañana": 0, "mañana": 1, "pasado mañana": 2, "ayer": -1,
        "anteayer": -2, "antes de ayer": -2, "antier": -2, "anoche": -1,
    },
    not_after={"mañana": words("la esta cada una misma toda media las")},
    day_parts=(
        "por la mañana", "por la tarde", "por la noche", "a la noche", "a la tarde", "en la mañana", "en la tarde",
        "en la noche", "temprano",
    ),
    more_months={"setiembre": 9, "sep": 9, "set": 9, "sept": 9},
    more_short_weekdays={"mier": 2},
    words_like_weekdays=words("mar"),
    ordinals=_SPANISH_DAYS,
    ones=words("un una"),
    coming=(
        "próximo", "próxima", "este", "que viene", "siguiente", "proximo", "que entra", "de esta semana",
    ),
    gone=("pasado", "último", "pasada"),
    repeated=words("cada los todos algún ningún"),
    date_cues=("el", "del", "al", "desde", "hasta", "para", "desde el", "hasta el", "para el", "y el", "o el"),
    short_cues=("el", "del", "al", "próximo", "este", "para el", "hasta el"),
    about=("unas", "unos", "aproximadamente", "más o menos"),
    ordinal_cues=("el día", "para el", "hasta el", "desde el"),
    day_cues=("el", "el día", "del", "del día", "al", "día"),
    articles=("el", "día", "el día"),
    between_day_and_month=("de", "del", "de el"),
    until=("a", "al", "hasta", "hasta el", "al día"),
    either=("y", "o", "y el", "o el", "u", "y del", "y al"),
    units={
        "día": (1, "day"), "días": (1, "day"), "semana": (1, "week"), "semanas": (1, "week"),
        "mes": (1, "month"), "meses": (1, "month"), "año": (1, "year"), "años": (1, "year"),
    },
    the_day=("el día", "al día", "día"),
    after=("después de", "después del", "a partir de", "a partir del", "desde", "siguiente a", "siguiente al",
           "tras", "de"),
    since=("desde", "desde el", "a partir de", "a partir del"),
    before=("antes de", "antes del", "anterior a", "anterior al"),
    starting=("a partir de", "a partir del", "desde", "desde el", "después de", "después del"),
    lasting=words("por durante mínimo"),
    about_a_week=frozenset((8,)),
    periods={
        **dict.fromkeys(
            ("la próxima semana", "próxima semana", "la semana que viene", "semana que viene",
             "la semana próxima", "la semana siguiente", "la semana entrante",
             "después del fin de semana", "después del finde"),
            ("week", 1),
        ),
        "esta semana": ("week", 0), "la semana pasada": ("week", -1), "semana pasada": ("week", -1),
        **dict.fromkeys(("el próximo mes", "próximo mes", "el mes que viene", "mes que viene"), ("month", 1)),
        **dict.fromkeys(("principios del próximo mes", "principios del mes que viene"), ("month", 1)),
        **dict.fromkeys(
            ("fin de mes", "final de mes", "finales de mes", "fin del mes", "final del mes", "fines de mes",
             "último día del mes", "finales de este mes", "final de este mes"),
            ("month end", 0),
        ),
        **dict.fromkeys(
            ("finales del mes que viene", "final del mes que viene", "finales del próximo mes",
             "fin del próximo mes", "fin del mes que viene"),
            ("month end", 1),
        ),
        **dict.fromkeys(("final de año", "finales de año", "final del año", "finales del año"), ("year end", 0)),
        **dict.fromkeys(("este fin de semana", "el fin de semana", "este finde", "el finde"), ("weekend", 0)),
        **dict.fromkeys(
            ("el próximo fin de semana", "próximo fin de semana", "el fin de semana que viene",
             "fin de semana que viene", "el finde que viene", "el próximo finde"),
            ("weekend", 1),
        ),
        **dict.fromkeys(("el fin de semana pasado", "fin de semana pasado", "el finde pasado"), ("weekend", -1)),
    },
    not_before_period=words("finales final fin mediados toda durante principio resto cada"),
    in_period=("de", "el", "en"),
    this_month=("este mes",),
    any_month=("mes", "el mes"),
    next_month=("mes que viene", "próximo mes", "mes próximo"),
    years={
        "del próximo año": 1, "del año que viene": 1, "el próximo año": 1, "el año que viene": 1, "de este año": 0,
        "este año": 0, "del año pasado": -1, "el año pasado": -1,
    },
    nth={
        "primer": 1, "segundo": 2, "tercer": 3, "cuarto": 4, "último": -1,
    },
    holidays={
        "nochebuena": "12-24", "día de navidad": "12-25", "nochevieja": "12-31", "noche vieja": "12-31",
        "fin de año": "12-31", "año nuevo": "01-01", "día de año nuevo": "01-01", "día de reyes": "01-06",
        "san valentín": "02-14", "día de san valentín": "02-14", "día de los enamorados": "02-14",
        "día de todos los santos": "11-01", "día de los muertos": "11-02", "día de la constitución": "12-06",
        "día de la hispanidad": "10-12", "viernes santo": "easter-2", "jueves santo": "easter-3",
        "sábado santo": "easter-1", "domingo de ramos": "easter-7", "miércoles de ceniza": "easter-46",
        "domingo de pascua": "easter+0", "domingo de resurrección": "easter+0", "lunes de pascua": "easter+1",
        "black friday": "black friday+0", "viernes negro": "black friday+0",
    },
    loose_holidays={"navidad": "12-25", "navidades": "12-25", "halloween": "10-31"},
    greetings=words("feliz felices buenos buenas buen próspero"),
    holiday_links=("después de", "antes de", "víspera de", "partir de", "día de", "el de", "día después de"),
    may_follow=words(
        "y o u en para con si es está pero el los a al hasta como porfa porfavor gracias hoy mañana pasado que"
        " me nos queremos quiero sería seria puede puedes podría podríamos estaría bien vale entonces mejor"
        " también no sino desde más ok perfecto sobre vamos llegamos salimos salir llegar venir reservar cenar comer"
    ) | {"por favor", "por la"},
    offset_prefixes={"en": "dentro de"},
    distances={
        "media hora": (30, "minute"), "un cuarto de hora": (15, "minute"), "tres cuartos de hora": (45, "minute"),
        "hora y media": (90, "minute"), "una hora y media": (90, "minute"), "medio año": (6, "month"),
        "un año y medio": (18, "month"),
    },
    and_a_half=("y media", "y medio"),
    more_offsets=(
        *(
            (f"{{0}} {word} {since} ahora", unit, 1)
            for singular, unit in _UNITS
            for word in (singular, f"{singular}s")
            for since in ("a partir de", "desde")
        ),
        ("en {0} mes", "month", 1), ("dentro de {0} meses", "month", 1), ("dentro de {0} mes", "month", 1),
    ),
    counted=words("personas comensales adultos niños euros horas noches días semanas minutos entradas mesas"),
)  # fmt: skip

_SMALL = numbered(
    "uno|una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete"
    " dieciocho diecinueve veinte veintiuno|veintiuna veintidós veintitrés veinticuatro veinticinco veintiséis"
    " veintisiete veintiocho veintinueve"
)

CLOCK = ClockWords(
    hours={word: number for word, number in _SMALL.items() if number <= 24 and word not in ("uno", "veintiuno")},
    minutes=_SMALL
    | {
        f"{tens}{unit}": 10 * ten + number
        for ten, tens in enumerate(("treinta", "cuarenta", "cincuenta"), 3)
        for number, unit in enumerate(
            ("", *(f" y {one}" for one in ("uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")))
        )
    },
    forms=(
        ClockForm(after=" y media", shift=30, is_certain=False),
        ClockForm(after=" y cuarto", shift=15, is_certain=False),
        ClockForm(after=" menos cuarto", shift=-15, is_certain=False),
        ClockForm(after=" y {minutes}(?: minutos)?", is_certain=False),
        ClockForm(after=" menos {minutes}(?: minutos)?", direction=-1, is_certain=False),
        ClockForm(after=" {minute_words}", is_certain=False),
        ClockForm(after=" en punto"),
        ClockForm(before="(?:un )?cuarto para (?:las|la)", shift=-15),
        ClockForm(before="{minutes}(?: minutos)? para (?:las|la)", direction=-1),
    ),
    noon=("mediodía",),
    midnight=("medianoche",),
    hour_words=("horas", "hrs", "hs", "h"),
    duration_words=words("horas hrs hs h"),
    cues_of_one=words("la"),
    cues=(
        "a las", "a la", "las", "la", "sobre las", "sobre la", "hacia las", "desde las", "hasta las", "para las",
        "antes de las", "después de las", "a eso de las",
    ),
    not_a_cue_after=words("de"),
    doubtful_cues=words("las para de"),
    parts={
        "de la mañana": "morning", "de la madrugada": "morning", "por la mañana": "morning",
        "en la mañana": "morning", "del mediodía": "afternoon", "de la tarde": "afternoon",
        "por la tarde": "afternoon", "en la tarde": "afternoon",
        "de la noche": "night", "por la noche": "night", "en la noche": "night",
    },
    parts_elsewhere={
        "por la mañana": "morning", "de la mañana": "morning", "esta mañana": "morning", "por la tarde": "afternoon",
        "de la tarde": "afternoon", "esta tarde": "afternoon", "en la tarde": "afternoon", "por la noche": "night",
        "de la noche": "night", "esta noche": "night", "en la noche": "night", "anoche": "night",
        "en la mañana": "morning", "a la noche": "night", "a la tarde": "afternoon",
    },
    weak_parts=(
        "por la mañana", "en la mañana", "por la tarde", "en la tarde", "por la noche", "en la noche",
    ),
    not_people_after=words("alarma cita recordatorio lo reunión"),
    for_people=("para", "somos", "para unas", "para unos"),
    range_begins=("entre", "entre las", "entre la"),
    between=("entre las", "entre la", "entre", "de", "desde", "desde las", "a las", "de las", "las"),
    until=("a", "hasta"),
    both=("y", "&"),
    either=("o", "u"),
    hour_articles=("las", "la"),
)  # fmt: skip
