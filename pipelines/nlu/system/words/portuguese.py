"""How Portuguese speaks of days and times. All words are in lower case."""

from pipelines.nlu.system.words.vocabulary import ClockForm, ClockWords, DayWords, numbered, words

DAYS = DayWords(
    days={
        "hoje": 0, "hoje à noite": 0, "amanhã": 1, "depois de amanhã": 2, "ontem": -1, "anteontem": -2,
    },
    day_parts=("de manhã", "à tarde", "à noite", "pela manhã"),
    more_weekdays={"segunda feira": 0, "terça feira": 1, "quarta feira": 2, "quinta feira": 3, "sexta feira": 4},
    words_like_weekdays=words("ter sex dom qua qui seg"),
    ordinals=numbered(
        "primeiro|um dois três quatro cinco seis sete oito nove dez onze doze treze quatorze|catorze quinze dezesseis"
        " dezessete dezoito dezenove vinte vinte_e_um vinte_e_dois vinte_e_três vinte_e_quatro vinte_e_cinco"
        " vinte_e_seis vinte_e_sete vinte_e_oito vinte_e_nove trinta trinta_e_um"
    ),
    ones=words("um uma"),
    coming=("próximo", "próxima", "esta", "este", "que vem"),
    gone=("passado", "passada"),
    repeated=words("cada toda todo"),
    date_cues=("em", "no", "na", "dia", "até", "desde", "no dia"),
    short_cues=("no", "na", "até", "próxima"),
    day_cues=("dia", "no dia", "até o dia"),
    articles=("dia", "o dia"),
    between_day_and_month=("de",),
    until=("a", "até"),
    either=("e", "ou"),
    units={"dia": (1, "day"), "dias": (1, "day"), "semana": (1, "week"), "semanas": (1, "week")},
    the_day=("o dia",),
    after=("depois de", "após", "depois da", "a partir de"),
    before=("antes de", "antes da"),
    lasting=words("por durante"),
    periods={
        "na próxima semana": ("week", 1), "próxima semana": ("week", 1), "semana que vem": ("week", 1),
        "esta semana": ("week", 0), "fim do mês": ("month end", 0), "final do mês": ("month end", 0),
        "este fim de semana": ("weekend", 0), "neste fim de semana": ("weekend", 0),
    },
    in_period=("da", "de", "na"),
    holidays={
        "véspera de natal": "12-24", "dia de natal": "12-25", "ano novo": "01-01", "véspera de ano novo": "12-31",
        "sexta-feira santa": "easter-2", "domingo de páscoa": "easter+0", "dia dos namorados": "06-12",
    },
    loose_holidays={"natal": "12-25", "halloween": "10-31"},
    greetings=words("feliz bom boa"),
    holiday_links=("dia de", "antes de", "depois de"),
    offset_prefixes={"daqui a": "em"},
    distances={
        "meia hora": (30, "minute"), "um quarto de hora": (15, "minute"), "uma hora e meia": (90, "minute"),
    },
    may_follow=words("e ou às as em para por com se é obrigado amanhã mas de"),
    counted=words("pessoas euros reais horas noites dias crianças adultos"),
)  # fmt: skip

CLOCK = ClockWords(
    hours=numbered("uma duas três quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis"),
    minutes={"cinco": 5, "dez": 10, "quinze": 15, "vinte": 20, "vinte e cinco": 25, "trinta": 30, "quarenta": 40},
    forms=(
        ClockForm(after=" e meia", shift=30, is_certain=False),
        ClockForm(after=" e {minutes}", is_certain=False),
        ClockForm(before="{minutes} para (?:as|a)", direction=-1),
        ClockForm(after=r"\s?h\s?{two_digits}"),
    ),
    noon=("meio-dia", "meio dia"),
    midnight=("meia-noite", "meia noite"),
    hour_words=("h", "horas", "hora"),
    duration_words=words("horas hora"),
    for_people=("para",),
    cues=("às", "as", "à"),
    doubtful_cues=words("as à"),
    parts={"da manhã": "morning", "da tarde": "afternoon", "da noite": "night", "da madrugada": "morning"},
    parts_elsewhere={"da tarde": "afternoon", "à tarde": "afternoon", "da noite": "night", "à noite": "night"},
    between=("entre as", "das", "às"),
    until=("às", "até"),
    both=("e", "&"),
    either=("ou",),
    hour_articles=("as", "às"),
)
