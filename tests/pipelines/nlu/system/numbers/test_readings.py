"""What people write as a number, an amount or a range of them, with the right reading; no value where there is none."""
# ruff: noqa: RUF001 - dashes and digits of many scripts are what is tested

from functools import cache

import pytest

from pipelines.nlu.system.entities import SystemEntities

FRACTIONS = {
    "en": """
        two and a half                       = 2.5
        2 1/2                                = 2.5
        2½ litres                            = 2.5
        ½                                    = 0.5
        1/2                                  = 0.5
        half a litre                         = 0.5
        half an hour                         = 0.5
        three quarters                       = 0.75
        3/4 of it                            = 0.75
        two thirds of the guests             = 0.6667
        about one and a half                 = 1.5
        it took an hour and a half           = 1.5
        2 hours and a half                   = 2.5
        four and three quarters              = 4.75
        10 and a quarter                     = 10.25
        a half                               = 0.5
        1 3/4 cups of sugar                  = 1.75
        .5 litres                            = 0.5
        3 and 1/2                            = 3.5
        for 2 1/2 hours                      = 2.5
        for 1/2 hour                         = 0.5
    """,
    "de": """
        zweieinhalb                          = 2.5
        dreieinhalb Liter                    = 3.5
        eineinhalb Stunden                   = 1.5
        anderthalb                           = 1.5
        ein halbes                           = 0.5
        ein halber Liter                     = 0.5
        eine halbe Stunde                    = 0.5
        drei Viertel                         = 0.75
        drei Viertel der Gäste               = 0.75
        zwei Drittel                         = 0.6667
        2 1/2 Kilo                           = 2.5
        2½                                   = 2.5
        ½ Liter                              = 0.5
        3/4 Liter                            = 0.75
        zwei und ein halb                    = 2.5
        vier und ein Viertel                 = 4.25
        ein Viertel                          = 0.25
        sechseinhalb Meter                   = 6.5
        zwölfeinhalb                         = 12.5
        ein halb                             = 0.5
    """,
    "es": """
        dos y medio                          = 2.5
        tres y media                         = 3.5
        2 1/2                                = 2.5
        2½ litros                            = 2.5
        medio litro                          = 0.5
        media hora                           = 0.5
        una hora y media                     = 1.5
        un kilo y medio                      = 1.5
        dos litros y medio                   = 2.5
        3 horas y media                      = 3.5
        una cuarta parte                     = 0.25
        dos tercios                          = 0.6667
        un tercio                            = 0.3333
        tres cuartas partes                  = 0.75
        un cuarto de kilo                    = 0.25
        1/2                                  = 0.5
        3/4 de litro                         = 0.75
        diez y medio                         = 10.5
        medio                                = 0.5
        uno y medio                          = 1.5
        para 1/2 litro                       = 0.5
    """,
}

MULTIPLES = {
    "en": """
        a dozen                              = 12
        2 dozen                              = 24
        half a dozen eggs                    = 6
        three dozen roses                    = 36
        5 lakh                               = 500000
        2 crore                              = 20000000
        1.5 lakhs                            = 150000
        half a million                       = 500000
        1.5 million                          = 1500000
        2 and a half million                 = 2500000
        a million and a half                 = 1500000
        a quarter of a million               = 250000
        two and a half thousand              = 2500
        2k                                   = 2000
        20k followers                        = 20000
        1.5k                                 = 1500
        3 hundred                            = 300
        5 hundred thousand                   = 500000
        2 thousand five hundred              = 2500
        1 500                                = 1500
        half a billion                       = 500000000
        1,50,000                             = 150000
        a dozen and a half                   = 18
        dozen eggs                           = 12
        1 crore 20 lakh                      = 12000000
        a lakh                               = 100000
    """,
    "de": """
        ein Dutzend                          = 12
        zwei Dutzend Eier                    = 24
        ein halbes Dutzend                   = 6
        anderthalb Tausend                   = 1500
        zweieinhalb Millionen                = 2500000
        eine halbe Million                   = 500000
        1,5 Millionen                        = 1500000
        2 Mio. Leute                         = 2000000
        3,5 Mrd                              = 3500000000
        20 Tausend                           = 20000
        5 Hundert                            = 500
        20k                                  = 20000
        2 Tausend fünfhundert                = 2500
        1 500                                = 1500
        drei Viertel Millionen               = 750000
        1 500,50                             = 1500.5
        2,5 Dutzend                          = 30
    """,
    "es": """
        una docena                           = 12
        media docena                         = 6
        dos docenas de huevos                = 24
        2 docenas                            = 24
        mil quinientos                       = 1500
        medio millón                         = 500000
        millón y medio                       = 1500000
        un millón y medio                    = 1500000
        dos millones y medio                 = 2500000
        1,5 millones                         = 1500000
        20 mil                               = 20000
        2 mil 500                            = 2500
        dos mil trescientos                  = 2300
        20k                                  = 20000
        1 500                                = 1500
        3 millones                           = 3000000
        docena y media                       = 18
        20 por ciento                        = 20
    """,
}

SIGNS = {
    "en": """
        minus 3                              = -3
        minus three                          = -3
        negative 5                           = -5
        -4                                   = -4
        minus two and a half                 = -2.5
        it is minus 10 outside               = -10
        −7 degrees                           = -7
        minus 1,500                          = -1500
        minus half a million                 = -500000
        minus 0.5                            = -0.5
        plus or minus 3                      = 3
        -$5                                  = -5
    """,
    "de": """
        minus drei                           = -3
        minus 3                              = -3
        -4 Grad                              = -4
        minus zweieinhalb                    = -2.5
        es hat minus 10 Grad                 = -10
        −7                                   = -7
        minus 1.500                          = -1500
        minus eine halbe Million             = -500000
        minus 0,5                            = -0.5
        minus zwanzig                        = -20
        plus oder minus 3                    = 3
    """,
    "es": """
        menos tres                           = -3
        menos 3                              = -3
        -4 grados                            = -4
        menos dos y medio                    = -2.5
        estamos a menos 10 grados            = -10
        −7                                   = -7
        menos 1.500                          = -1500
        menos medio millón                   = -500000
        menos 0,5                            = -0.5
        menos veinte                         = -20
        más o menos 3                        = 3
        al menos 3                           = 3
        por lo menos cuatro                  = 4
    """,
}

RANGES = {
    "en": """
        3-5 people                           = 3 | 5
        3–5                                  = 3 | 5
        3 - 5                                = 3 | 5
        3 to 5                               = 3 | 5
        from 3 to 5 guests                   = 3 | 5
        between 3 and 5                      = 3 | 5
        three to five                        = 3 | 5
        between three and five people        = 3 | 5
        3 or 4                               = 3 | 4
        three or four                        = 3 | 4
        2 x 3                                = 2 | 3
        4 adults and 2 kids                  = 4 | 2
        two adults, three children           = 2 | 3
        2-3 million                          = 2000000 | 3000000
        3 to 4 dozen                         = 36 | 48
        10-15k                               = 10000 | 15000
        1.5-2 litres                         = 1.5 | 2
        two to two and a half                = 2 | 2.5
        1000-1500 people                     = 1000 | 1500
        a child and two adults               = 1 | 2
        2 adults, a child and a baby         = 2 | 1 | 1
        2..4                                 = 2 | 4
        10%-20%                              = 10 | 20
        3, 4 or 5                            = 3 | 4 | 5
    """,
    "de": """
        3-5 Personen                         = 3 | 5
        3–5                                  = 3 | 5
        3 bis 5                              = 3 | 5
        drei bis fünf                        = 3 | 5
        von drei bis fünf Leuten             = 3 | 5
        zwischen 3 und 5                     = 3 | 5
        zwischen drei und fünf               = 3 | 5
        3 oder 4                             = 3 | 4
        drei oder vier                       = 3 | 4
        4 Erwachsene und 2 Kinder            = 4 | 2
        zwei bis drei Millionen              = 2000000 | 3000000
        2 bis 2,5 Liter                      = 2 | 2.5
        zwei bis zweieinhalb                 = 2 | 2.5
        3 bis 4 Dutzend                      = 36 | 48
        ein oder zwei                        = 1 | 2
        ein bis zwei Personen                = 1 | 2
        ein Erwachsener und zwei Kinder      = 1 | 2
        drei Kinder, ein Erwachsener         = 3 | 1
    """,
    "es": """
        3-5 personas                         = 3 | 5
        3–5                                  = 3 | 5
        3 a 5                                = 3 | 5
        de 3 a 5                             = 3 | 5
        de tres a cinco personas             = 3 | 5
        entre 3 y 5                          = 3 | 5
        entre tres y cinco                   = 3 | 5
        3 o 4                                = 3 | 4
        siete u ocho                         = 7 | 8
        4 adultos y 2 niños                  = 4 | 2
        dos o tres millones                  = 2000000 | 3000000
        2 a 2,5 litros                       = 2 | 2.5
        3 o 4 docenas                        = 36 | 48
        uno o dos                            = 1 | 2
        un adulto y dos niños                = 1 | 2
        dos adultos y un niño                = 2 | 1
    """,
}

NO_NUMBERS = {
    "en": """
        version 1.2.3
        it ended 3:1
        call 555-1234
        call 555 0199 222
        my number is +1 212 555 0199
        order A3-5
        ORD-10-20
        room 3-5
        flat 1/2
        on 3/4
        2026-12-05
        12/05/2026
        at 7 pm
        between 7 and 8 pm
        half past seven
        quarter to 8
        8 o'clock
        7 december
        thanks a million
        one moment please
        a one-way ticket
        yes 100%
        I'm 100% sure
        a 4k tv
        the other half
        half board
        a third person
        dozens of people
        10 minus 3
        5-3
        card 4111 1111 1111 1111
        user@3.com
        5/7
        05-12
        millions of people
        a few hundred
        5/6 people
        12-15-20
    """,
    "de": """
        Version 1.2.3
        es stand 3:1
        Telefon 0171 2345678
        ruf 555-1234 an
        Auftrag A3-5
        ORD-10-20
        Zimmer 3-5
        Hauptstraße 3-5
        am 3/4
        halb acht
        viertel vor 8
        drei viertel acht
        8 Uhr
        zwischen 18 und 20 Uhr
        7. Dezember
        tausend Dank
        ja, 100%
        ich bin mir 100 Prozent sicher
        ein Freund
        eine Frage
        Dutzende Leute
        10 minus 3
        5/7
        Millionen von Leuten
        ein paar hundert
        im 3. Stock
        ein Tisch und eine Bank
    """,
    "es": """
        versión 1.2.3
        quedaron 3:1
        llama al 555-1234
        pedido A3-5
        ORD-10-20
        habitación 3-5
        calle 3-5
        el 3/4
        a las tres y media
        las 8 y media
        7 de diciembre
        mil gracias
        sí, 100%
        estoy 100 % seguro
        media pensión
        por medio de un amigo
        una pregunta
        un cuarto de baño
        5/7
        llama al 912 345 678 90
        millones de personas
        varios cientos
        5/6 personas
        a las 3
        el 3.º
    """,
}

AMOUNTS = {
    "en": """
        .50 dollars                          = 0.50 USD
        $.99                                 = 0.99 USD
        1/2 dollar                           = 0.50 USD
        half a dollar                        = 0.50 USD
        a dollar and a half                  = 1.50 USD
        $3.50                                = 3.50 USD
        5 bucks                              = 5.00 USD
        a hundred bucks                      = 100.00 USD
        half a million euros                 = 500000.00 EUR
        $1.5k                                = 1500.00 USD
        $2m                                  = 2000000.00 USD
        £3bn                                 = 3000000000.00 GBP
        $5 million                           = 5000000.00 USD
        2 and a half million dollars         = 2500000.00 USD
        20 quid                              = 20.00 GBP
        Rs 500                               = 500.00 INR
        Rs.500                               = 500.00 INR
        ₹1,50,000                            = 150000.00 INR
        5 lakh rupees                        = 500000.00 INR
        2 crore rupees                       = 20000000.00 INR
        I paid a dollar                      = 1.00 USD
        $5/hour                              = 5.00 USD
        2 dozen dollars                      = 24.00 USD
        one and a half dollars               = 1.50 USD
        5 pounds of apples                   = 5.00 GBP
        total:$20                            = 20.00 USD
    """,
    "de": """
        ein halber Euro                      = 0.50 EUR
        anderthalb Euro                      = 1.50 EUR
        zweieinhalb Euro                     = 2.50 EUR
        2 Mio. Euro                          = 2000000.00 EUR
        1,5 Millionen Euro                   = 1500000.00 EUR
        eine halbe Million Euro              = 500000.00 EUR
        20k €                                = 20000.00 EUR
        20,- Euro                            = 20.00 EUR
        20,-- €                              = 20.00 EUR
        1.250,50 €                           = 1250.50 EUR
        1 500 €                              = 1500.00 EUR
        ich zahle einen Euro                 = 1.00 EUR
        zwei Dutzend Euro                    = 24.00 EUR
        Preis:5 €                            = 5.00 EUR
        10€/Nacht                            = 10.00 EUR
        fünf Pfund                           = 5.00 GBP
    """,
    "es": """
        medio euro                           = 0.50 EUR
        un euro y medio                      = 1.50 EUR
        dos euros y medio                    = 2.50 EUR
        1,5 millones de euros                = 1500000.00 EUR
        un millón y medio de euros           = 1500000.00 EUR
        medio millón de dólares              = 500000.00 USD
        20k €                                = 20000.00 EUR
        1.250,50 €                           = 1250.50 EUR
        1 500 €                              = 1500.00 EUR
        mil quinientos pesos                 = 1500.00 MXN
        pago un euro                         = 1.00 EUR
        20 mil pesos                         = 20000.00 MXN
        cien dólares                         = 100.00 USD
        10€/noche                            = 10.00 EUR
    """,
}

CENTS = {
    "en": """
        five dollars and fifty cents         = 5.50 USD
        $3 and 50 cents                      = 3.50 USD
        3 dollars 50 cents                   = 3.50 USD
        3 dollars, 50 cents                  = 3.50 USD
        two pounds fifty                     = 2.50 GBP
        two pounds 50 please                 = 2.50 GBP
        50 cents                             = 0.50 USD
        fifty cents                          = 0.50 USD
        99¢                                  = 0.99 USD
        50 pence                             = 0.50 GBP
        5 euros and 5 cents                  = 5.05 EUR
        one euro fifty                       = 1.50 EUR
        50-60 cents                          = 0.50 USD | 0.60 USD
        5 dollars or 50 cents                = 5.00 USD | 0.50 USD
        5 dollars 20 people                  = 5.00 USD
        a dollar fifty                       = 1.50 USD
        1 dollar and 1 cent                  = 1.01 USD
        5 euro 50 cent                       = 5.50 EUR
        £3 50                                = 3.50 GBP
        £3 50 people                         = 3.00 GBP
    """,
    "de": """
        zwölf Euro fünfzig                   = 12.50 EUR
        12 Euro 50                           = 12.50 EUR
        12€50                                = 12.50 EUR
        12 € 50                              = 12.50 EUR
        zwölf Euro und fünfzig Cent          = 12.50 EUR
        12 Euro 50 Cent                      = 12.50 EUR
        50 Cent                              = 0.50 EUR
        fünfzig Cent                         = 0.50 EUR
        99 ct                                = 0.99 EUR
        12 Euro 50 bitte                     = 12.50 EUR
        zwei Euro fünf                       = 2.05 EUR
        3 Dollar 50                          = 3.50 USD
        12 Euro 50 Leute                     = 12.00 EUR
        ein Euro fünfzig                     = 1.50 EUR
    """,
    "es": """
        cinco euros con cincuenta            = 5.50 EUR
        cinco euros y cincuenta céntimos     = 5.50 EUR
        5 euros con 50 céntimos              = 5.50 EUR
        5 euros 50                           = 5.50 EUR
        5€50                                 = 5.50 EUR
        50 céntimos                          = 0.50 EUR
        cincuenta centimos                   = 0.50 EUR
        cinco euros cincuenta                = 5.50 EUR
        5 euros y 50 por favor               = 5.50 EUR
        cinco dólares con cincuenta          = 5.50 USD
        diez pesos con veinte centavos       = 10.20 MXN
        5 euros 20 personas                  = 5.00 EUR
        20 centavos                          =
        un euro con cincuenta                = 1.50 EUR
    """,
}

PRICE_RANGES = {
    "en": """
        15-20 usd                            = 15.00 USD | 20.00 USD
        $15-20                               = 15.00 USD | 20.00 USD
        $15 to $20                           = 15.00 USD | 20.00 USD
        $15 to 20                            = 15.00 USD | 20.00 USD
        $15-$20                              = 15.00 USD | 20.00 USD
        15 to 20 dollars                     = 15.00 USD | 20.00 USD
        between 15 and 20 dollars            = 15.00 USD | 20.00 USD
        between $15 and $20                  = 15.00 USD | 20.00 USD
        fifteen or twenty euros              = 15.00 EUR | 20.00 EUR
        2-3 million euros                    = 2000000.00 EUR | 3000000.00 EUR
        £10 or £20                           = 10.00 GBP | 20.00 GBP
        $5 for 3 people                      = 5.00 USD
        $15 to 20 people                     = 15.00 USD
        10, 15 or 20 dollars                 = 10.00 USD | 15.00 USD | 20.00 USD
        10 and 20 dollars                    = 10.00 USD | 20.00 USD
        5 to £10                             = 5.00 GBP | 10.00 GBP
    """,
    "de": """
        15-20 Euro                           = 15.00 EUR | 20.00 EUR
        15–20 €                              = 15.00 EUR | 20.00 EUR
        15€-20€                              = 15.00 EUR | 20.00 EUR
        15 bis 20 Euro                       = 15.00 EUR | 20.00 EUR
        von 15 bis 20 Euro                   = 15.00 EUR | 20.00 EUR
        zwischen 15 und 20 Euro              = 15.00 EUR | 20.00 EUR
        zwischen 15 € und 20 €               = 15.00 EUR | 20.00 EUR
        fünfzehn oder zwanzig Euro           = 15.00 EUR | 20.00 EUR
        2 bis 3 Millionen Euro               = 2000000.00 EUR | 3000000.00 EUR
        €15 bis €20                          = 15.00 EUR | 20.00 EUR
        2 Karten zu 20 Euro                  = 20.00 EUR
    """,
    "es": """
        15-20 euros                          = 15.00 EUR | 20.00 EUR
        15–20 €                              = 15.00 EUR | 20.00 EUR
        15€-20€                              = 15.00 EUR | 20.00 EUR
        15 a 20 euros                        = 15.00 EUR | 20.00 EUR
        de 15 a 20 euros                     = 15.00 EUR | 20.00 EUR
        entre 15 y 20 euros                  = 15.00 EUR | 20.00 EUR
        entre quince y veinte euros          = 15.00 EUR | 20.00 EUR
        quince o veinte euros                = 15.00 EUR | 20.00 EUR
        2 o 3 millones de euros              = 2000000.00 EUR | 3000000.00 EUR
        hasta 20 euros                       = 20.00 EUR
        5 euros a 20 km                      = 5.00 EUR
        10 y 20 euros                        = 10.00 EUR | 20.00 EUR
    """,
}

NO_AMOUNTS = {
    "en": """
        -$5
        $-5
        minus 5 dollars
        minus $5
        -5 €
        5/7 dollars
        5 all in
        top 5
        5 try again
        my Audi RS 6
        50 Cent is a rapper
        10 per cent
        a pound of apples
        12.50
        a dollar store
        TABLE FOR 5 ALL OF US
    """,
    "de": """
        -5 €
        minus 5 Euro
        −5 Euro
        Euro 6 Diesel
        1. FC Köln
        EM 2024
        2 Euro 5
        Audi RS 6
        ein Euro-Schein
        12,50
        10 Prozent
        5/7 Euro
        PLZ 10115
    """,
    "es": """
        -5 €
        menos 5 euros
        −5 euros
        2 euros 5
        12,50
        10 por ciento
        5/7 euros
        media pensión
        cien por cien
        mi Audi RS 6
    """,
}

OTHER_LANGUAGES = {
    "fr": """
        deux et demi                         = 2.5
        une demi-heure                       = 0.5
        deux douzaines                       = 24
        moins trois                          = -3
        au moins 3                           = 3
        3 à 5 personnes                      = 3 | 5
        entre 3 et 5                         = 3 | 5
        trois ou quatre                      = 3 | 4
    """,
    "it": """
        due e mezzo                          = 2.5
        mezzo litro                          = 0.5
        due dozzine                          = 24
        meno tre                             = -3
        da 3 a 5                             = 3 | 5
        tre o quattro                        = 3 | 4
    """,
    "pt": """
        dois e meio                          = 2.5
        meio litro                           = 0.5
        meia dúzia                           = 6
        menos três                           = -3
        pelo menos 3                         = 3
        entre 3 e 5                          = 3 | 5
        três ou quatro                       = 3 | 4
    """,
    "nl": """
        tweeënhalf                           = 2.5
        anderhalf                            = 1.5
        een halve liter                      = 0.5
        twee dozijn                          = 24
        min drie                             = -3
        3 tot 5 personen                     = 3 | 5
        drie of vier                         = 3 | 4
        half acht
    """,
    "hi": """
        5 लाख                                = 500000
        2 करोड़                               = 20000000
        3-5                                  = 3 | 5
    """,
    "zh": """
        5万                                  = 50000
        3-5人                                = 3 | 5
        2½                                   = 2.5
        3～5人                               = 3 | 5
    """,
    "ja": """
        5万                                  = 50000
        3〜5人                               = 3 | 5
        ３-５                                = 3 | 5
    """,
    "ar": """
        ٣-٥                                  = 3 | 5
        5 ملايين                             = 5000000
    """,
}

OTHER_AMOUNTS = {
    "en-GB": "75p = 0.75 GBP; £2 50p = 2.50 GBP; 1080p video =; five pounds 50 pence = 5.50 GBP",
    "en-IN": "500 rs = 500.00 INR; Rs. 2,50,000 = 250000.00 INR; ₹5 lakh = 500000.00 INR; 50 paise = 0.50 INR",
    "en-CA": "5 bucks = 5.00 CAD; 50 cents = 0.50 CAD; $5 = 5.00 CAD",
    "es-AR": "mil quinientos pesos = 1500.00 ARS; diez pesos con veinte centavos = 10.20 ARS; $ 500 = 500.00 ARS",
    "es-MX": "dos mil pesos = 2000.00 MXN; 50 centavos = 0.50 MXN",
    "de-CH": "20.- CHF = 20.00 CHF; 50 Rappen = 0.50 CHF; zwölf Franken fünfzig = 12.50 CHF",
    "fr": "douze euros cinquante = 12.50 EUR; 50 centimes = 0.50 EUR; 2 millions d'euros = 2000000.00 EUR",
    "it": "dodici euro e cinquanta = 12.50 EUR; 50 centesimi = 0.50 EUR",
    "pt-BR": "cinco reais e cinquenta centavos = 5.50 BRL; 50 centavos = 0.50 BRL",
    "nl": "twaalf euro vijftig = 12.50 EUR; 50 cent = 0.50 EUR",
}

BY_TYPE = {
    "sys.number": (FRACTIONS, MULTIPLES, SIGNS, RANGES, NO_NUMBERS, OTHER_LANGUAGES),
    "sys.money": (AMOUNTS, CENTS, PRICE_RANGES, NO_AMOUNTS, OTHER_AMOUNTS),
}


def rows() -> list[tuple[str, str, str, list[str]]]:
    found = []
    for name, tables in BY_TYPE.items():
        for table in tables:
            for language, lines in table.items():
                for line in filter(str.strip, lines.replace(";", "\n").splitlines()):
                    text, _, values = map(str.strip, line.partition("="))
                    found.append((language, name, text, [one.strip() for one in values.split("|") if one.strip()]))
    return found


@cache
def finder(language: str, name: str) -> SystemEntities:
    return SystemEntities([name], language=language)


@pytest.mark.parametrize(("language", "name", "text", "expected"), rows())
def test_find_reads_what_people_mean(language: str, name: str, text: str, expected: list[str]) -> None:
    assert [span.value for span in finder(language, name).find(text)] == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "2 1/2"),
        ("en", "two and a half"),
        ("en", "half a litre"),
        ("en", "2½"),
        ("de", "zweieinhalb"),
        ("de", "ein halber Liter"),
        ("es", "dos y medio"),
        ("es", "media hora"),
    ],
)
def test_find_no_integer_in_a_fraction(language: str, text: str) -> None:
    assert finder(language, "sys.integer").find(text) == []
