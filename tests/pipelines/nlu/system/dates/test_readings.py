"""What texts mean on Saturday 2026-11-28 at noon: each row is a text and its dates, `value/other reading`, in order."""

from datetime import datetime

import pytest

from pipelines.nlu.system.entities import SystemEntities

SATURDAY_NOON = datetime(2026, 11, 28, 12, 0)  # noqa: DTZ001  the clock of the bot's time zone
FINDERS = {
    language: SystemEntities(["sys.date"], language=language) for language in ("en", "de", "es", "fr", "it", "pt", "nl")
}

WEEKDAY_AND_DATE = """
en | Monday, December 7 | 2026-12-07
en | Mon 7 Dec | 2026-12-07
en | monday the 7th of december | 2026-12-07
en | on Monday 7 December please | 2026-12-07
en | Monday, 7 December 2026 | 2026-12-07
en | Mon, Dec 7th | 2026-12-07
en | thursday december 3rd | 2026-12-03
en | Fri. 4 Dec | 2026-12-04
en | 7 December (Monday) | 2026-12-07
en | December 7, a Monday | 2026-12-07
en | sunday the 6th | 2026-12-06
en | friday 4th december | 2026-12-04
en | wednesday 12/9 | 2026-12-09
en | monday morning, december 7 | 2026-12-07
en | Tuesday, December 7 | 2026-12-07/2026-12-08
en | sunday 7 december 2026 | 2026-12-07/2026-12-06
en | friday the 8th | 2027-01-08
de | Montag, den 7.12. | 2026-12-07
de | Montag den 7.12. um halb acht | 2026-12-07
de | Mo 7.12. | 2026-12-07
de | Mo., 7. Dez. | 2026-12-07
de | 7. Dezember (Montag) | 2026-12-07
de | am Montag, dem 7. Dezember 2026 | 2026-12-07
de | Montag, der 7. | 2026-12-07
de | am Freitag, 4.12.2026 | 2026-12-04
de | Donnerstag 3. Dezember | 2026-12-03
de | So, 6.12. | 2026-12-06
de | 7.12. (Mo) | 2026-12-07
de | Freitagabend, 4. Dezember | 2026-12-04
de | Dienstag, den 7.12. | 2026-12-07/2026-12-08
de | für fünf Personen am Montag, den 7.12. um halb acht | 2026-12-07
es | lunes 7 de diciembre | 2026-12-07
es | el lunes, 7 de diciembre | 2026-12-07
es | lunes 7 | 2026-12-07
es | el lunes día 7 | 2026-12-07
es | lunes 7/12 | 2026-12-07
es | lun 7 dic | 2026-12-07
es | 7 de diciembre (lunes) | 2026-12-07
es | el jueves 3 de diciembre de 2026 | 2026-12-03
es | mar 8 de diciembre | 2026-12-08
es | viernes, 04/12/2026 | 2026-12-04
es | domingo 6 de dic. | 2026-12-06
es | martes 7 de diciembre | 2026-12-07/2026-12-08
fr | lundi 7 décembre | 2026-12-07
it | lunedì 7 dicembre | 2026-12-07
pt | segunda-feira, 7 de dezembro | 2026-12-07
nl | maandag 7 december | 2026-12-07
"""

COUNTED_DAYS = """
en | 2 weeks from today | 2026-12-12
en | a week from tomorrow | 2026-12-06
en | two weeks from now | 2026-12-12
en | in 2 weeks from tomorrow | 2026-12-13
en | the day after friday | 2026-12-05
en | the day before christmas | 2026-12-24
en | 3 days after monday | 2026-12-03
en | two days before new year's eve | 2026-12-29
en | a month from today | 2026-12-28
en | friday in two weeks | 2026-12-18
en | a week on friday | 2026-12-11
en | a week today | 2026-12-05
en | tomorrow week | 2026-12-06
en | a fortnight from friday | 2026-12-18
en | two days after december 5 | 2026-12-07
en | the day after tomorrow | 2026-11-30
en | in a fortnight | 2026-12-12
en | for 3 days from friday | 2026-12-04
de | heute in zwei Wochen | 2026-12-12
de | Freitag in einer Woche | 2026-12-11
de | Freitag in acht Tagen | 2026-12-11
de | morgen in einer Woche | 2026-12-06
de | in zwei Wochen ab heute | 2026-12-12
de | der Tag nach Freitag | 2026-12-05
de | zwei Tage nach Weihnachten | 2026-12-27
de | einen Tag vor Silvester | 2026-12-30
de | drei Tage vor dem 24. Dezember | 2026-12-21
de | in vierzehn Tagen | 2026-12-12
de | am Tag nach Neujahr | 2027-01-02
de | eine Woche nach dem 5. Dezember | 2026-12-12
de | Montag in zwei Wochen | 2026-12-14
es | dos semanas después del viernes | 2026-12-18
es | el día después de Navidad | 2026-12-26
es | el día después del viernes | 2026-12-05
es | en dos semanas a partir de mañana | 2026-12-13
es | tres días antes de Nochevieja | 2026-12-28
es | a dos semanas de hoy | 2026-12-12
es | una semana después de mañana | 2026-12-06
es | dos días antes del 24 de diciembre | 2026-12-22
es | dentro de quince días | 2026-12-13
es | de hoy en ocho días | 2026-12-06
es | el viernes en ocho días | 2026-12-11
es | dos semanas a partir de ahora | 2026-12-12
en | a week monday | 2026-12-07
es | 3 días desde el viernes | 2026-12-04
"""

WEEKS_AND_MONTHS = """
en | friday last week | 2026-11-20
en | friday next week | 2026-12-04
en | next week friday | 2026-12-04
en | next week on monday | 2026-11-30
en | the friday after next | 2026-12-11
en | wednesday of next week | 2026-12-02
en | next week | 2026-11-30
en | this weekend | 2026-11-28
en | next weekend | 2026-12-05
en | end of the month | 2026-11-30
en | by the end of next month | 2026-12-31
en | next month | 2026-12-01
en | the last friday of december | 2026-12-25
en | the first monday in january | 2027-01-04
en | the week after next | 2026-12-07
en | last friday | 2026-11-27
en | this coming tuesday | 2026-12-01
de | Freitag nächste Woche | 2026-12-04
de | nächste Woche Freitag | 2026-12-04
de | nächste Woche am Dienstag | 2026-12-01
de | letzte Woche Freitag | 2026-11-20
de | übernächsten Freitag | 2026-12-11
de | Mittwoch übernächster Woche | 2026-12-09
de | nächste Woche | 2026-11-30
de | am Wochenende | 2026-11-28
de | nächstes Wochenende | 2026-12-05
de | Ende des Monats | 2026-11-30
de | der letzte Freitag im Dezember | 2026-12-25
de | am ersten Montag im Januar | 2027-01-04
de | naechsten Freitag | 2026-12-04
de | nächsten Monat | 2026-12-01
es | el viernes de la próxima semana | 2026-12-04
es | el viernes que viene | 2026-12-04
es | la semana que viene el martes | 2026-12-01
es | el viernes de la semana pasada | 2026-11-20
es | la próxima semana | 2026-11-30
es | este fin de semana | 2026-11-28
es | el próximo fin de semana | 2026-12-05
es | a fin de mes | 2026-11-30
es | el último viernes de diciembre | 2026-12-25
es | el primer lunes de enero | 2027-01-04
es | el mes que viene | 2026-12-01
es | el viernes pasado | 2026-11-27
fr | la semaine prochaine | 2026-11-30
nl | volgende week vrijdag | 2026-12-04
en | the first monday of the month | 2026-12-07
en | sat | 2026-12-05
en | sat or sun | 2026-12-05 2026-11-29
de | Mo oder Di | 2026-11-30 2026-12-01
de | der erste Montag im Monat | 2026-12-07
es | el primer lunes del mes | 2026-12-07
en | after the weekend | 2026-11-30
de | Mittwoch der übernächsten Woche | 2026-12-09
de | am Mittwochmorgen | 2026-12-02
es | después del fin de semana | 2026-11-30
en | since monday | 2026-11-23
de | seit Montag | 2026-11-23
"""

PARTS_OF_DAYS = """
en | tonight | 2026-11-28
en | tomorrow morning | 2026-11-29
en | friday evening | 2026-12-04
en | this evening | 2026-11-28
en | last night | 2026-11-27
en | in the evening on friday | 2026-12-04
en | tomorrow in the afternoon | 2026-11-29
en | saturday night | 2026-12-05
en | this afternoon please | 2026-11-28
en | yesterday morning | 2026-11-27
de | heute abend | 2026-11-28
de | heute Morgen | 2026-11-28
de | morgen früh | 2026-11-29
de | Freitagabend | 2026-12-04
de | Freitag Morgen | 2026-12-04
de | Samstagmorgen | 2026-12-05
de | am Montagnachmittag | 2026-11-30
de | morgen Abend | 2026-11-29
de | gestern Abend | 2026-11-27
de | übermorgen Mittag | 2026-11-30
es | esta noche | 2026-11-28
es | mañana por la mañana | 2026-11-29
es | mañana por la noche | 2026-11-29
es | el viernes por la tarde | 2026-12-04
es | esta tarde | 2026-11-28
es | anoche | 2026-11-27
es | hoy a la noche | 2026-11-28
es | pasado mañana por la tarde | 2026-11-30
es | esta mañana | 2026-11-28
es | el sábado a la noche | 2026-12-05
fr | demain matin | 2026-11-29
nl | morgen avond | 2026-11-29
"""

HOLIDAYS = """
en | Christmas | 2026-12-25
en | on Christmas Eve | 2026-12-24
en | christmas day at noon | 2026-12-25
en | New Year's Eve | 2026-12-31
en | new years day | 2027-01-01
en | boxing day | 2026-12-26
en | easter monday | 2027-03-29
en | good friday | 2027-03-26
en | Valentine\u2019s Day | 2027-02-14
en | at christmas, please | 2026-12-25
en | halloween | 2027-10-31
en | christmas eve 2027 | 2027-12-24
de | Heiligabend | 2026-12-24
de | an Silvester | 2026-12-31
de | Weihnachten | 2026-12-25
de | am zweiten Weihnachtstag | 2026-12-26
de | Neujahr | 2027-01-01
de | Ostermontag | 2027-03-29
de | am Karfreitag | 2027-03-26
de | Silvester 2027 | 2027-12-31
de | Nikolaus | 2026-12-06
de | am 1. Weihnachtstag | 2026-12-25
es | Nochebuena | 2026-12-24
es | Navidad | 2026-12-25
es | en Nochevieja | 2026-12-31
es | Año Nuevo | 2027-01-01
es | el día de Navidad | 2026-12-25
es | el día de Reyes | 2027-01-06
es | Viernes Santo | 2027-03-26
es | fin de año | 2026-12-31
es | San Valentín | 2027-02-14
es | Lunes de Pascua | 2027-03-29
fr | Noël | 2026-12-25
it | la vigilia di Natale | 2026-12-24
en | christmas next year | 2027-12-25
en | 5 may next year | 2027-05-05
de | 5. Mai nächsten Jahres | 2027-05-05
de | Weihnachten nächstes Jahr | 2027-12-25
es | el 5 de mayo del próximo año | 2027-05-05
es | Navidad del año que viene | 2027-12-25
"""

DAYS_OF_MONTHS = """
en | Sept 26 | 2027-09-26
en | 7 Dec 26 | 2026-12-07
en | 7 Dec '26 | 2026-12-07
en | the 5th | 2026-12-05
en | on the 5th please | 2026-12-05
en | the fifth of december | 2026-12-05
en | december fifth | 2026-12-05
en | twenty-first of june | 2027-06-21
en | june twenty first | 2027-06-21
en | December the 5th | 2026-12-05
en | the 28th | 2026-11-28
en | on the fifth | 2026-12-05
en | by the 31st | 2026-12-31
en | may 5 | 2027-05-05
en | 12/7 | 2026-12-07
de | am 5. | 2026-12-05
de | am 5. um 8 Uhr | 2026-12-05
de | bis zum 5. | 2026-12-05
de | fünfter Dezember | 2026-12-05
de | am fünften Dezember | 2026-12-05
de | der erste Mai | 2027-05-01
de | am einundzwanzigsten Juni | 2027-06-21
de | am fünften | 2026-12-05
de | am 5.12. | 2026-12-05
de | 5.12. | 2026-12-05
de | 5. Dez. 26 | 2026-12-05
de | am fuenften Dezember | 2026-12-05
de | den 31. | 2026-12-31
es | el 5 | 2026-12-05
es | el 5 por favor | 2026-12-05
es | el primero de mayo | 2027-05-01
es | el uno de enero | 2027-01-01
es | cinco de diciembre | 2026-12-05
es | el veintiuno de junio | 2027-06-21
es | el treinta y uno de enero | 2027-01-31
es | el día 5 | 2026-12-05
es | para el 5 | 2026-12-05
es | 5 de dic | 2026-12-05
es | el 5/12 | 2026-12-05
es | 26 de setiembre | 2027-09-26
fr | le 5 | 2026-12-05
fr | le premier mai | 2027-05-01
nl | vijf december | 2026-12-05
en | march seven | 2027-03-07
en | on march twenty four | 2027-03-24
en | the twentieth | 2026-12-20
en | the 5th of next month | 2026-12-05
en | the 30th of this month | 2026-11-30
en | the 1st of the month | 2026-12-01
en | 7/Dec/2026 | 2026-12-07
de | am 5. des nächsten Monats | 2026-12-05
de | den 30. dieses Monats | 2026-11-30
de | am 7ten Dezember | 2026-12-07
de | 5.Dezember | 2026-12-05
es | el 5 del próximo mes | 2026-12-05
es | el 30 de este mes | 2026-11-30
es | 7/dic/2026 | 2026-12-07
en | 5th | 2026-12-05
en | the fifth of next month | 2026-12-05
de | 4. 12. 2026 | 2026-12-04
de | 04. 12. | 2026-12-04
de | am 4. 12. um acht | 2026-12-04
de | am 24ten | 2026-12-24
de | so am 5. | 2026-12-05
de | wir möchten am 18. abreisen | 2026-12-18
es | el 18 salimos | 2026-12-18
en | 12/24 at noon | 2026-12-24
en | nov 11th, '99 | 1999-11-11
en | Dec-07-2026 | 2026-12-07
de | Freitag, der vierte | 2026-12-04
en | december seventh, two people | 2026-12-07
"""

DAY_RANGES = """
en | between the 3rd and the 5th of december | 2026-12-03 2026-12-05
en | 3-5 december | 2026-12-03 2026-12-05
en | 3rd to 5th of December | 2026-12-03 2026-12-05
en | Dec 3-5 | 2026-12-03 2026-12-05
en | from december 3 to 5 | 2026-12-03 2026-12-05
en | December 3rd and 5th | 2026-12-03 2026-12-05
en | monday to wednesday | 2026-11-30 2026-12-02
en | friday to monday | 2026-12-04 2026-12-07
en | from thursday the 3rd to saturday the 5th of december | 2026-12-03 2026-12-05
en | 3, 4 and 5 december | 2026-12-03 2026-12-04 2026-12-05
en | the 3rd to the 5th | 2026-12-03 2026-12-05
en | 28 december to 3 january | 2026-12-28 2027-01-03
en | 28-3 january | 2026-12-28 2027-01-03
en | Dec 3 - Dec 5 | 2026-12-03 2026-12-05
en | 3 or 4 december | 2026-12-03 2026-12-04
en | tomorrow or monday | 2026-11-29 2026-11-30
de | vom 3. bis 5. Dezember | 2026-12-03 2026-12-05
de | vom 3. bis zum 5. Dezember | 2026-12-03 2026-12-05
de | 3.-5. Dezember | 2026-12-03 2026-12-05
de | 3. - 5. Dezember 2026 | 2026-12-03 2026-12-05
de | zwischen dem 3. und dem 5. Dezember | 2026-12-03 2026-12-05
de | am 3. oder 4. Dezember | 2026-12-03 2026-12-04
de | vom 3.12. bis 5.12. | 2026-12-03 2026-12-05
de | 3.12.-5.12. | 2026-12-03 2026-12-05
de | vom 3.-5.12. | 2026-12-03 2026-12-05
de | Montag bis Mittwoch | 2026-11-30 2026-12-02
de | von Freitag bis Montag | 2026-12-04 2026-12-07
de | vom 3. bis 5. | 2026-12-03 2026-12-05
de | vom dritten bis fünften Dezember | 2026-12-03 2026-12-05
es | del 3 al 5 de diciembre | 2026-12-03 2026-12-05
es | del 3 al 5 | 2026-12-03 2026-12-05
es | entre el 3 y el 5 de diciembre | 2026-12-03 2026-12-05
es | 3-5 de diciembre | 2026-12-03 2026-12-05
es | el 3 o el 4 de diciembre | 2026-12-03 2026-12-04
es | de lunes a miércoles | 2026-11-30 2026-12-02
es | del viernes al lunes | 2026-12-04 2026-12-07
es | desde el 3 hasta el 5 de diciembre | 2026-12-03 2026-12-05
es | el lunes o el martes | 2026-11-30 2026-12-01
es | 3, 4 y 5 de diciembre | 2026-12-03 2026-12-04 2026-12-05
es | del jueves 3 al sábado 5 de diciembre | 2026-12-03 2026-12-05
en | from 24th to 26th | 2026-12-24 2026-12-26
de | vom 28.12. bis 3.1. | 2026-12-28 2027-01-03
en | 1st feb - 3rd feb | 2027-02-01 2027-02-03
en | fri, sat or sun | 2026-12-04 2026-12-05 2026-11-29
de | in der Nacht vom 24. auf den 25. | 2026-12-24 2026-12-25
"""

NO_DATES = """
en | may I ask something |
en | of 10 guests 5 may come later |
en | may 5 people come along? |
en | the sun is out |
en | he sat there all day |
en | march 5 miles a day |
en | wait a second |
en | the second one, please |
en | the 5th floor |
en | the 2nd option |
en | the 3rd time this happens |
en | I have 3 kids |
en | room 5 |
en | 2 tickets |
en | every monday |
en | merry christmas! |
en | the christmas menu |
en | happy new year |
en | casual friday |
en | this week |
en | end of next week |
en | over the next month |
en | every weekend |
en | on sun exposure |
en | 3/4 of them |
en | good morning |
en | any friday in december |
en | I want 7 march hares |
de | guten Morgen |
de | der Morgen war schön |
de | mi casa |
de | do it now |
de | bis so gegen 8 |
de | den so genannten Experten |
de | jeden Freitag |
de | im 4. Stock |
de | am 5. Tisch |
de | das kostet 7.12. |
de | Version 3.12 |
de | frohe Weihnachten |
de | ein Weihnachtsmenü |
de | die zweite Karte |
de | zum zweiten Mal |
de | Mai 5 Leute |
de | 2 Karten |
de | diese Woche |
de | Ende nächster Woche |
de | es war der dritte |
es | por la mañana |
es | la mañana es bonita |
es | cerca del mar |
es | el mar está frío |
es | mi segundo hijo |
es | todos los lunes |
es | los viernes no puedo |
es | cena de Navidad |
es | feliz Navidad |
es | feliz año nuevo |
es | el 5 por ciento |
es | el 5 de la lista |
es | el primero de la fila |
es | tengo 3 hijos |
es | habitación 5 |
es | esta semana |
es | do re mi fa sol |
es | un segundo, por favor |
fr | le jeu est fini |
fr | la mer |
pt | quero ter um cachorro |
nl | goede morgen |
en | every tuesday and thursday |
en | restart the bill nye book |
en | one may ask |
en | open 24/7 |
en | the week after christmas |
de | jeden Dienstag und Donnerstag |
de | so |
de | die Woche nach Weihnachten |
es | cada martes y jueves |
es | mar |
en | before the weekend |
de | viertel ab 8 |
en | on a friday some day |
de | an einem Freitag |
es | un martes cada dos semanas |
en | from 7.30 to 8.30 |
de | bis 8.10 Uhr |
de | ab 7.30 |
"""


def rows(table: str) -> list[tuple[str, str, list[str]]]:
    cells = [[cell.strip() for cell in line.split(" |")] for line in table.strip().splitlines()]
    return [(language, text, values.split()) for language, text, values in cells]


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        row
        for table in (
            WEEKDAY_AND_DATE,
            COUNTED_DAYS,
            WEEKS_AND_MONTHS,
            PARTS_OF_DAYS,
            HOLIDAYS,
            DAYS_OF_MONTHS,
            DAY_RANGES,
            NO_DATES,
        )
        for row in rows(table)
    ],
)
def test_find_date_as_people_write_it(language: str, text: str, values: list[str]) -> None:
    found = FINDERS[language].find(text, now=SATURDAY_NOON)
    assert ["/".join((span.value, *span.alternatives)) for span in found] == values
