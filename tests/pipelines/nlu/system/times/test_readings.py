"""What texts mean on Saturday 2026-11-28 at noon: each row is a text and its times, `value/other reading`, in order."""

from datetime import datetime

import pytest

from pipelines.nlu.system.entities import SystemEntities

SATURDAY_NOON = datetime(2026, 11, 28, 12, 0)  # noqa: DTZ001  the clock of the bot's time zone
FINDERS = {
    language: SystemEntities(["sys.date", "sys.time"], language=language)
    for language in ("en", "de", "es", "es-MX", "fr", "it", "pt", "nl")
}

CLOCK_WORDS = """
en | quarter to 8 pm | 19:45
en | half past 7 pm | 19:30
en | 10 past 6 pm | 18:10
en | ten to nine | 08:50/20:50
en | seven pm | 19:00
en | 7 o'clock | 07:00/19:00
en | half past seven | 07:30/19:30
en | a quarter past nine in the morning | 09:15
en | twenty-five to six pm | 17:35
en | five minutes to midnight | 23:55
en | seven thirty pm | 19:30
en | at seven forty-five | 07:45/19:45
en | seven fifteen | 07:15/19:15
en | half seven | 07:30/19:30
en | quarter to one | 12:45
en | half past twelve | 12:30
en | quarter of 8 pm | 19:45
en | at 10 to 9 am | 08:50
en | eight o\u2019clock in the evening | 20:00
en | 12 noon | 12:00
en | 12 midnight | 00:00
de | halb acht | 07:30
de | viertel vor 8 Uhr | 07:45
de | viertel nach sieben | 07:15
de | dreiviertel acht | 07:45
de | fünf vor halb neun | 08:25
de | fünf nach halb neun | 08:35
de | acht Uhr | 08:00
de | acht Uhr dreißig | 08:30
de | zwanzig Uhr fünfzehn | 20:15
de | zehn nach sechs | 06:10
de | zehn vor acht abends | 19:50
de | um halb acht abends | 19:30
de | halb eins | 12:30
de | 8 Uhr 30 | 08:30
de | viertel acht | 07:15
de | um Mitternacht | 00:00
es | a las 8 y media | 08:30
es | las 8 y media | 08:30
es | las ocho menos cuarto | 07:45
es | a las ocho y cuarto de la tarde | 20:15
es | a las nueve y veinte | 09:20
es | las diez menos diez | 09:50
es | a la una y media | 01:30
es | a las dos de la tarde | 14:00
es | a las ocho en punto | 08:00
es | a las ocho treinta | 08:30
es | ocho de la noche | 20:00
es | un cuarto para las ocho | 07:45
es | a las veinte horas | 20:00
es | al mediodía | 12:00
es | a medianoche | 00:00
es-MX | a las ocho y media | 08:30/20:30
fr | midi et demi | 12:30
fr | huit heures et demie du matin | 08:30
fr | à sept heures | 07:00
fr | à 17 heures | 17:00
fr | 17h30 | 17:30
it | alle otto e mezza | 08:30
it | alle sette meno un quarto | 06:45
pt | às oito e meia | 08:30
pt | às 8 da noite | 20:00
nl | half acht | 07:30
nl | kwart voor acht | 07:45
nl | om acht uur | 08:00
en | quarter to midnight | 23:45
en | half past noon | 12:30
en | 8 p. m. | 20:00
de | um 20h | 20:00
de | 19:30h | 19:30
de | zehn vor Mitternacht | 23:50
es | a las 20:30h | 20:30
es | 8 p. m. | 20:00
es | a las 8pm | 20:00
en | nine-thirty pm | 21:30
en | an hour before 8 pm | 19:00
en | half an hour after 8 pm | 20:30
de | sieben Uhr und fünf Minuten | 07:05
de | 20h15 | 20:15
de | eine Stunde vor 18 Uhr | 17:00
de | eine halbe Stunde nach 8 Uhr | 08:30
es | una hora antes de las 8 | 07:00
es | media hora después de las 8 | 08:30
en | five thirty on thursday | 05:30/17:30 2026-12-03
en | tomorrow seven fifteen | 2026-11-29 07:15/19:15
en | half-past eight | 08:30/20:30
de | bis 8.10 Uhr | 08:10
"""

BARE_HOURS = """
en | at 7 | 07:00/19:00
en | at seven please | 07:00/19:00
en | at around 8 | 08:00/20:00
en | book it at 8 for 4 people | 08:00/20:00
en | at 12 | 12:00
en | at 19 | 19:00
en | at 7.30 | 07:30
en | at 7:30 | 07:30
en | can we do it at 7? | 07:00/19:00
en | at 7 on friday | 07:00/19:00 2026-12-04
en | @ 8 | 08:00/20:00
de | um 8 | 08:00
de | um acht | 08:00
de | gegen sieben | 07:00
de | um ca. 8 | 08:00
de | um 20 | 20:00
de | um 17.30 | 17:30
de | passt es euch um 8? | 08:00
de | um 8 für 4 Personen | 08:00
de | kommen wir um acht oder | 08:00
de | so um neun | 09:00
es | a las 8 | 08:00
es | a las ocho | 08:00
es | a la una | 01:00
es | sobre las 9 | 09:00
es | las 8 | 08:00
es | a las 8 para 4 personas | 08:00
es | a las dos | 02:00
es | las ocho, por favor | 08:00
es | antes de las 9 | 09:00
es | a las 8, si puede ser | 08:00
es-MX | a las 7 | 07:00/19:00
it | alle 8 | 08:00
pt | às 8 | 08:00
nl | om 8 | 08:00
en | tomorrow around 8 | 2026-11-29 08:00/20:00
"""

PARTS_OF_DAYS = """
en | tonight at 8 | 2026-11-28 20:00
en | tomorrow evening at 7 | 2026-11-29 19:00
en | at 7 in the evening | 19:00
en | 5 in the afternoon | 17:00
en | friday night at half past nine | 2026-12-04 21:30
en | at 8 tomorrow morning | 08:00 2026-11-29
en | at 7:30 this evening | 19:30 2026-11-28
en | this afternoon at 3 | 2026-11-28 15:00
en | at 11 at night | 23:00
en | at 2 at night | 02:00
en | good evening, a table at 7 please | 07:00/19:00
en | dinner tonight and breakfast tomorrow at 7 | 2026-11-28 2026-11-29 07:00/19:00
en | at 9 on friday evening | 21:00 2026-12-04
en | 8 tonight | 2026-11-28
de | heute abend | 2026-11-28
de | heute Abend um 8 | 2026-11-28 20:00
de | um 8 abends | 20:00
de | 8 Uhr abends | 20:00
de | morgen Abend um halb neun | 2026-11-29 20:30
de | morgen früh um 7 | 2026-11-29 07:00
de | Freitagabend gegen acht | 2026-12-04 20:00
de | um 3 Uhr nachmittags | 15:00
de | um 2 Uhr nachts | 02:00
de | um 1 mittags | 13:00
de | guten Abend, einen Tisch um 8 bitte | 08:00
de | um 8 am Freitag | 08:00 2026-12-04
es | a las 8 de la noche | 20:00
es | esta noche a las 9 | 2026-11-28 21:00
es | mañana por la noche a las ocho y media | 2026-11-29 20:30
es | a las 5 de la tarde | 17:00
es | a las 12 de la noche | 00:00
es | a las 12 del mediodía | 12:00
es | a las 3 de la madrugada | 03:00
es | a las 9 de la mañana | 09:00
es | el viernes por la tarde a las siete | 2026-12-04 19:00
es | buenas noches, una mesa a las 9 | 09:00
es | pasado mañana al mediodía | 2026-11-30 12:00
fr | ce soir à 8h | 2026-11-28 20:00
nl | vanavond om 8 | 2026-11-28 20:00
en | set an alarm for 6 in the morning | 06:00
en | at half eight tonight | 20:30 2026-11-28
de | den Wecker für 6 Uhr morgens | 06:00
en | this evening around 8 | 2026-11-28 20:00
de | Freitagabend ab 8 | 2026-12-04 20:00
"""

TIME_RANGES = """
en | between 7 and 8 pm | 19:00 20:00
en | 7-8pm | 19:00 20:00
en | from 7 to 9 pm | 19:00 21:00
en | 11 - 1 pm | 11:00 13:00
en | from 10 to 2 pm | 10:00 14:00
en | 7 or 8 pm | 19:00 20:00
en | at 7 or 8 | 07:00/19:00 08:00/20:00
en | 7pm to 9pm | 19:00 21:00
en | 18:00-20:00 | 18:00 20:00
en | between seven and eight in the evening | 19:00 20:00
en | 5 to 8 pm | 17:00 20:00
en | between half past seven and nine pm | 19:30 21:00
de | zwischen 18 und 20 Uhr | 18:00 20:00
de | 18-20 Uhr | 18:00 20:00
de | von 18 bis 20 Uhr | 18:00 20:00
de | 18 oder 19 Uhr | 18:00 19:00
de | zwischen sieben und acht Uhr abends | 19:00 20:00
de | um 8 oder 9 | 08:00 09:00
de | von 9 Uhr bis 17 Uhr | 09:00 17:00
de | um acht oder halb neun | 08:00 08:30
de | 18:00 bis 20:00 Uhr | 18:00 20:00
de | zwischen 8 und 9 abends | 20:00 21:00
es | entre las 7 y las 8 | 07:00 08:00
es | entre las 7 y las 8 de la tarde | 19:00 20:00
es | de 7 a 8 de la tarde | 19:00 20:00
es | de 18 a 20 horas | 18:00 20:00
es | a las 7 o a las 8 | 07:00 08:00
es | a las 7 o las 8 | 07:00 08:00
es | entre las nueve y las once de la mañana | 09:00 11:00
es | desde las 7 hasta las 9 | 07:00 09:00
es | de 18:00 a 20:00 | 18:00 20:00
es | a las siete u ocho de la tarde | 19:00 20:00
en | between 5 & 7 pm | 17:00 19:00
es | entre 8 y 10 de la noche | 20:00 22:00
es | desde las 8 hasta las 10 | 08:00 10:00
en | from 7.30 to 8.30 pm | 19:30 20:30
"""

DISTANCES = """
en | in half an hour | 2026-11-28T12:30
en | in an hour and a half | 2026-11-28T13:30
en | in two and a half hours | 2026-11-28T14:30
en | in 1.5 hours | 2026-11-28T13:30
en | in 1 hour and 20 minutes | 2026-11-28T13:20
en | half an hour from now | 2026-11-28T12:30
en | in a quarter of an hour | 2026-11-28T12:15
en | in 90 minutes | 2026-11-28T13:30
en | in 20 mins | 2026-11-28T12:20
en | two hours from now | 2026-11-28T14:00
en | half an hour ago | 2026-11-28T11:30
de | in einer halben Stunde | 2026-11-28T12:30
de | in anderthalb Stunden | 2026-11-28T13:30
de | in eineinhalb Stunden | 2026-11-28T13:30
de | in einer Viertelstunde | 2026-11-28T12:15
de | in 1,5 Stunden | 2026-11-28T13:30
de | in zwei Stunden und 15 Minuten | 2026-11-28T14:15
de | in zweieinhalb Stunden | 2026-11-28T14:30
de | vor einer halben Stunde | 2026-11-28T11:30
de | in 20 Min | 2026-11-28T12:20
de | in einer Dreiviertelstunde | 2026-11-28T12:45
es | en media hora | 2026-11-28T12:30
es | dentro de media hora | 2026-11-28T12:30
es | en una hora y media | 2026-11-28T13:30
es | en hora y media | 2026-11-28T13:30
es | en dos horas y media | 2026-11-28T14:30
es | en un cuarto de hora | 2026-11-28T12:15
es | en tres cuartos de hora | 2026-11-28T12:45
es | en 1,5 horas | 2026-11-28T13:30
es | hace media hora | 2026-11-28T11:30
es | en 1 hora y 20 minutos | 2026-11-28T13:20
fr | dans une demi-heure | 2026-11-28T12:30
it | tra mezz'ora | 2026-11-28T12:30
en | in about two hours | 2026-11-28T14:00
de | in ca. 2 Stunden | 2026-11-28T14:00
es | en unas dos horas | 2026-11-28T14:00
"""

NO_TIMES = """
en | 8 |
en | at 4 people |
en | at 7 euros |
en | at 12 Main Street |
en | a table for 8 |
en | a table for 4 in the evening |
en | room 5 |
en | I have 3 kids |
en | leave it at 4 |
en | look at 3 options |
en | let's keep it at 5 |
en | at 5% interest |
en | 10 to 12 people |
en | five to ten days |
en | from 9 to 5 stars |
en | half of 7 |
en | one and a half pizzas |
en | a quarter of the cake |
en | it takes 2 hours |
en | at 3 million |
en | seven people at one table |
en | I am 7 |
en | good evening |
en | between 3 and 5 people |
en | two thirty-packs |
de | um 8 Personen |
de | es geht um 8 Rechnungen |
de | es geht um 8 |
de | 8 |
de | gegen 3 Mannschaften |
de | halb so wild |
de | eine halbe Stunde |
de | das dauert 2 Stunden |
de | viertel Liter |
de | zwei nach Berlin |
de | ein Tisch für 8 |
de | zwischen 3 und 5 Personen |
de | das kostet 7.30 |
de | 4 am Tisch |
de | guten Abend |
de | fünf vor Ort |
es | las 8 personas |
es | a las 8 personas |
es | 8 |
es | somos dos y media docena |
es | las dos |
es | quiero las tres cosas |
es | una mesa para 8 esta tarde no | 2026-11-28
es | tarda 2 horas |
es | dos y media |
es | la una o la otra |
es | una de las dos |
es | buenas tardes |
es | entre 3 y 5 personas |
es | de 2 a 3 horas |
es | a la 1a planta |
fr | il a 8 heures de retard |
fr | ça dure 2 heures |
pt | as 8 pessoas |
nl | 2 kamers |
en | the midnight playlist |
en | at two in a row |
en | for 6 in the morning |
de | für 6 morgens |
en | 10 til 5 |
en | around 8 |
es | una de las 3 |
en | it costs one fifty |
de | um zwei der Stühle |
"""


def rows(table: str) -> list[tuple[str, str, list[str]]]:
    cells = [[cell.strip() for cell in line.split(" |")] for line in table.strip().splitlines()]
    return [(language, text, values.split()) for language, text, values in cells]


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        row
        for table in (CLOCK_WORDS, BARE_HOURS, PARTS_OF_DAYS, TIME_RANGES, DISTANCES, NO_TIMES)
        for row in rows(table)
    ],
)
def test_find_time_as_people_write_it(language: str, text: str, values: list[str]) -> None:
    found = FINDERS[language].find(text, now=SATURDAY_NOON)
    assert ["/".join((span.value, *span.alternatives)) for span in found] == values


@pytest.mark.parametrize(
    "text",
    [
        "\u017feven pm at \u017feven",
        "6 \u0130n the morn\u0130ng",
        "el tre\u0131nta y uno de enero",
        "\u017fixth of May",
    ],
)
def test_find_signs_that_match_others_do_not_raise(text: str) -> None:
    # case-insensitive matching takes the long s for an s, and the dotless i for an i
    found = [finder.find(f"{text}, 7 pm", now=SATURDAY_NOON) for finder in FINDERS.values()]
    assert all(spans[-1].value == "19:00" for spans in found)
