"""How English speaks of days and times. All words are in lower case."""

from pipelines.nlu.system.words.vocabulary import ClockForm, ClockWords, DayWords, OffsetUnit, numbered, words


def _english_ordinals() -> dict[str, int]:
    units = numbered("first second third fourth fifth sixth seventh eighth ninth")
    ordinals = units | numbered(
        "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
        10,
    )
    for word, number in units.items():
        ordinals |= {f"twenty-{word}": 20 + number, f"twenty {word}": 20 + number}
    return ordinals | {"thirtieth": 30, "thirty-first": 31, "thirty first": 31}


def _english_cardinals() -> dict[str, int]:
    small = numbered(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
        " eighteen nineteen twenty"
    )
    twenties = {
        f"twenty{joint}{word}": 20 + number for word, number in small.items() if number < 10 for joint in ("-", " ")
    }
    return small | twenties | {"thirty": 30, "thirty-one": 31, "thirty one": 31}


_TIME_UNITS: tuple[OffsetUnit, ...] = ("minute", "hour", "day", "week", "month", "year")

DAYS = DayWords(
    days={
        "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0,
        "tomorrow": 1, "tmrw": 1, "tmr": 1, "tomorow": 1, "tommorow": 1, "tommorrow": 1,
        "yesterday": -1, "last night": -1,
        "the day after tomorrow": 2, "day after tomorrow": 2,
        "the day before yesterday": -2, "day before yesterday": -2,
    },
    day_parts=(
        "morning", "afternoon", "evening", "night", "in the morning", "in the afternoon", "in the evening",
        "at night",
    ),
    more_months={"sep": 9, "sept": 9},
    more_short_weekdays={"tues": 1, "weds": 2, "thur": 3, "thurs": 3},
    words_like_months=words("may march mar"),
    ordinals=_english_ordinals(),
    cardinals=_english_cardinals(),
    late_ordinals=frozenset(word for word, number in _english_ordinals().items() if number > 10),
    ones=words("a an"),
    coming=("next", "this", "coming", "this coming", "the coming", "upcoming"),
    gone=("last", "past"),
    then_after_next=("after next",),
    repeated=words("every each any all most some no other alternate"),
    date_cues=("on", "by", "before", "after", "until", "till", "from", "since", "for"),
    since_cues=("since",),
    short_cues=("on", "by", "before", "after", "until", "till", "from", "since", "next", "this", "last"),
    ordinal_cues=("on the", "by the", "until the", "from the", "till the"),
    day_cues=("the", "on", "by", "from", "until", "till"),
    about=("about", "around", "approximately", "roughly", "like"),
    articles=("the",),
    between_day_and_month=("of",),
    until=("to", "until", "till", "til", "through", "thru", "to the"),
    either=("and", "or", "&"),
    units={
        "day": (1, "day"), "days": (1, "day"), "week": (1, "week"), "weeks": (1, "week"),
        "fortnight": (14, "day"), "month": (1, "month"), "months": (1, "month"),
        "year": (1, "year"), "years": (1, "year"),
    },
    the_day=("the day", "day"),
    after=("from", "after", "following"),
    before=("before",),
    starting=("from", "after", "starting"),
    lasting=words("for over within during least stay staying spend all about lasting"),
    week_later=("week",),
    week_on=("on",),
    periods={
        "next week": ("week", 1), "this week": ("week", 0), "last week": ("week", -1),
        "the week after next": ("week", 2), "week after next": ("week", 2), "the following week": ("week", 1),
        "next month": ("month", 1), "the month after next": ("month", 2),
        "beginning of next month": ("month", 1), "start of next month": ("month", 1),
        "end of the month": ("month end", 0), "end of this month": ("month end", 0), "month end": ("month end", 0),
        "end of next month": ("month end", 1), "last day of the month": ("month end", 0),
        "last day of this month": ("month end", 0), "last day of next month": ("month end", 1),
        "end of the year": ("year end", 0), "end of this year": ("year end", 0), "end of year": ("year end", 0),
        "last day of the year": ("year end", 0),
        "after the weekend": ("week", 1),
        "this weekend": ("weekend", 0), "the weekend": ("weekend", 0), "this coming weekend": ("weekend", 0),
        "next weekend": ("weekend", 1), "last weekend": ("weekend", -1),
    },
    not_before_period=words("before after the end middle of late later mid rest during over within whole every since"),
    in_period=("of", "in", "on", "of the"),
    this_month=("this month",),
    any_month=("the month",),
    next_month=("next month",),
    years={"next year": 1, "this year": 0, "last year": -1},
    nth={
        "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1,
    },
    holidays={
        "christmas eve": "12-24", "xmas eve": "12-24", "christmas day": "12-25", "xmas day": "12-25",
        "boxing day": "12-26", "new year's eve": "12-31", "new years eve": "12-31",
        "new year's day": "01-01", "new years day": "01-01", "valentine's day": "02-14",
        "valentines day": "02-14", "st patrick's day": "03-17", "st. patrick's day": "03-17",
        "april fools' day": "04-01", "april fool's day": "04-01", "all saints' day": "11-01",
        "good friday": "easter-2", "maundy thursday": "easter-3", "palm sunday": "easter-7",
        "ash wednesday": "easter-46", "easter sunday": "easter+0", "easter monday": "easter+1",
        "whit monday": "easter+50", "black friday": "black friday+0", "cyber monday": "black friday+3",
        "thanksgiving day": "black friday-1",
    },
    loose_holidays={
        "christmas": "12-25", "xmas": "12-25", "halloween": "10-31", "easter": "easter+0",
        "thanksgiving": "black friday-1", "new year's": "01-01",
            "nye": "12-31",
    },
    greetings=words("merry happy good"),
    distances={
        "half an hour": (30, "minute"), "half hour": (30, "minute"), "a half hour": (30, "minute"),
        "a half an hour": (30, "minute"), "quarter of an hour": (15, "minute"), "a quarter of an hour": (15, "minute"),
        "three quarters of an hour": (45, "minute"), "an hour and a half": (90, "minute"),
        "a day and a half": (36, "hour"), "half a year": (6, "month"), "a year and a half": (18, "month"),
        "a fortnight": (14, "day"),
    },
    and_a_half=("and a half",),
    more_offsets=(
        *((f"{{0}} {unit}s from now", unit, 1) for unit in _TIME_UNITS),
        *((f"{{0}} {unit} from now", unit, 1) for unit in _TIME_UNITS),
        ("in {0} mins", "minute", 1), ("in {0} min", "minute", 1), ("in {0} hrs", "hour", 1), ("in {0} hr", "hour", 1),
        ("in {0} weeks time", "week", 1), ("in {0} days time", "day", 1), ("in {0} weeks' time", "week", 1),
        ("in {0} days' time", "day", 1),
    ),
    no_days=("casual friday", "fat tuesday", "super tuesday", "tgi friday", "girl friday", "bloody sunday"),
    may_follow=words(
        "on at for please pls plz thanks thank and or but if to until till through with is was works work would"
        " sounds when then instead today tomorrow tonight this next will can could should i i'd i'll we we'd you"
        " it it's maybe perhaps also too sharp exactly onwards latest because since so ok okay good fine great"
        " perfect by from before after around about the not morning afternoon evening suits seems"
    ) | {"in the"},
    counted=words(
        "people persons person guests guest adults adult kids children of us tickets rooms nights days weeks hours"
        " minutes euro euros dollars pounds pieces items seats tables times"
    ),
)  # fmt: skip

_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

CLOCK = ClockWords(
    hours=numbered("one two three four five six seven eight nine ten eleven twelve"),
    minutes=numbered("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty", 10)
    | {"five": 5, "oh five": 5, "thirty": 30, "forty": 40, "fifty": 50}
    | {
        f"{tens}{joint}{unit}": 10 * ten + number
        for ten, tens in enumerate(("twenty", "thirty", "forty", "fifty"), 2)
        for number, unit in enumerate(_UNITS, 1)
        for joint in ("-", " ")
    },
    forms=(
        ClockForm(before="(?:a )?quarter (?:past|after)", shift=15),
        ClockForm(before="(?:a )?quarter (?:to|of|before|til|till)", shift=-15),
        ClockForm(before="half past", shift=30),
        ClockForm(before="half-past", shift=30),
        ClockForm(before="half", shift=30),
        ClockForm(before="{minutes}(?: minutes?)? (?:past|after)"),
        ClockForm(before="{minutes}(?: minutes?)? (?:to|before|til|till)", direction=-1),
        ClockForm(after="(?: |-){minute_words}", is_certain=False),
    ),
    noon=("noon", "midday"),
    midnight=("midnight",),
    hour_words=("o'clock", "oclock", "o clock"),
    cues=("at", "at around", "at about", "at approximately", "at exactly", "at like"),
    weak_cues=("around", "about", "by", "before", "after", "until", "till", "from"),
    not_a_cue_after=words(
        "leave leaves left keep keeps kept put set hold stay stays remain remains look looking looked are am we're i'm"
        " aim priced sold stand stands stuck good bad laugh shout point throw cap capped"
    ),
    parts={
        "in the morning": "morning", "in the afternoon": "afternoon", "noon": "afternoon", "in the evening": "evening",
        "at night": "night", "midnight": "night",
    },
    parts_elsewhere={
        "morning": "morning", "afternoon": "afternoon", "evening": "evening", "tonight": "night", "night": "night",
    },
    pronouns=words("it this that them us"),
    not_people_after=words("alarm alarms set scheduled reminder it meeting meetings call appointment"),
    for_people=("for", "for about", "for around", "of"),
    range_begins=("from", "between"),
    between=("between", "from", "at", "either"),
    until=("to", "until", "till", "til", "through"),
    both=("and", "&"),
    either=("or",),
)  # fmt: skip
