"""Dutch."""

from serving.dialogue.answers.words.tables import AnswerWords, Grammar, JointWords, RefusalWords, phrases

DUTCH = AnswerWords(
    yes=phrases(
        """ja, jawel, jazeker, ja hoor, ja graag, ja natuurlijk, doe maar, doe het, ik bevestig, bevestigd,
        ga je gang, yes, ik denk het wel, ik geloof het wel, yep, jep""",
    ),
    assent=phrases(
        """ok, oké, okay, akkoord, klopt, dat klopt, juist, precies, correct, goed, is goed, dat is goed, prima,
        perfect, mooi, fijn, waar, dat is waar, geen probleem, geen enkel probleem, zonder problemen,
        geen twijfel, zonder twijfel, geen vraag, waarom niet, geen bezwaar, niets op tegen, goed idee, in orde,
        dat is prima, best, top""",
    ),
    emphatic=phrases(
        """natuurlijk, uiteraard, zeker, zeker weten, absoluut, vast, vast en zeker, graag, heel graag, tuurlijk,
        vanzelfsprekend, beslist, inderdaad, in elk geval, sowieso, duidelijk, definitief""",
    ),
    ellipses=phrases("wil ik, dat wil ik, ik wil, doe ik, ben ik, heb ik"),
    no=phrases(
        """no, nee, neen, nee dank je, nee bedankt, nee hoor, absoluut niet, natuurlijk niet, helemaal niet,
        echt niet, zeker niet, liever niet, beter niet, nog niet, nu niet, vandaag niet, niet echt, nooit,
        nooit van mijn leven, in geen geval, onder geen beding, geen sprake van, geen denken aan,
        ik denk het niet, ik geloof het niet, ik denk van niet, van niet, hoeft niet, niet nodig, nope, stop,
        laat maar, vergeet het, geen interesse, niet meer, mij niet gezien""",
    ),
    wrong=phrases("fout, onjuist, verkeerd, dat is fout, onwaar, onmogelijk"),
    negators=phrases("niet"),
    stops=phrases("stop, laat maar, vergeet het"),
    unsure=phrases(
        """geen idee, weet niet, weet ik niet, ik weet het niet, ik weet niet, niet zeker, ik ben niet zeker,
        ik twijfel, ja en nee, ja of nee, ja nee, nee ja, maakt niet uit, het maakt niet uit, hangt ervan af,
        dat hangt ervan af, ik begrijp het niet, begrijp ik niet, niet alleen, niet per se, niet noodzakelijk,
        niet meer dan, niet minder dan, niet voor""",
    ),
    neutral=phrases(
        """niet slecht, niet verkeerd, niet gek, geen zorgen, maak je geen zorgen, geen haast, geen stress,
        geen dank""",
    ),
    hedges=phrases("misschien, waarschijnlijk, mogelijk, wellicht, eventueel"),
    fillers=phrases(
        """alsjeblieft, alstublieft, aub, graag gedaan, bedankt, dank, dank je, dank u, ah, eh, uh, hm, hmm, nou,
        dus, oh, hoor, maar dan, toch, hallo""",
    ),
    but=phrases(
        """maar, behalve, alleen, echter, wat, hoe, wanneer, wie, waar, welke, waarom, later, als, tenzij""",
    ),
    none=phrases(
        """nee, geen, geen van beide, geen van deze, geen van die, niets, iets anders, no, none of these""",
    ),
    ordinals={
        "1": 1, "2": 2, "3": 3, "een": 1, "twee": 2, "drie": 3, "eerste": 1, "tweede": 2, "derde": 3,
        "laatste": -1, "a": 1,
        "b": 2, "c": 3,
    },
    option_words=phrases("de, het, optie, nummer, ik, bedoel, bedoelde"),
    corrections=phrases(
        """nee, ik bedoel, ik bedoelde, correctie, niet, verander, of nee, of liever, beter gezegd, fout, maak er""",
    ),
    afterthoughts=phrases("sorry, pardon, wacht, eigenlijk, oeps, liever, toch, maar, excuus, moment"),
    correction_marks=phrases(
        """ik bedoel, ik bedoelde, beter gezegd, of liever, of nee, oh nee, nee wacht, in plaats daarvan,
        toch liever""",
    ),
    swaps=phrases("omgekeerd, andersom, omdraaien, draai om, wissel, wisselen, verwissel, precies andersom"),
    grammar=Grammar(
        small=phrases(
        """de, het, een, naar, van, in, op, aan, bij, te, voor, met, om, tot, uit, over, door, als, zo, ook, daar,
        hier, er, heel, erg, veel, helaas, echt, helemaal, meer, nu, nog, mij, me, ons, die, dat, deze, dit,
        mijn""",
    ),
        verbs=phrases(
        """is, zijn, ben, was, wordt, worden, zou, zouden, heb, heeft, hebben, had, kan, kunnen, kon, wil, willen,
        wou, wilde, moet, moeten, mag, mogen, ga, gaat, gaan, reis, reizen, vlieg, vliegen, kom, komt, komen,
        neem, nemen, boek, boeken, bestel, bestellen, kies, kiezen, doe, doen, lukt, past, uit, denk, vind, zeg,
        blijf, blijven, hou, houden, maak, stuur, sturen""",
    ),
        subjects=phrases("ik, wij, we, jij, je, hij, zij, ze, u, jullie"),
        wishes=phrases("wil, willen, hoef, zou, hou"),
    ),
    refusals=RefusalWords(
    denials=phrases("nee, neen"),
        negators=phrases(
        """niet, nooit, geen, noch, zonder, liever niet, vooral niet, in geen geval, geen tijd, niet vrij,
        niet beschikbaar, niet voor, niet meer, vermijd, ook niet""",
    ),
        rejections=phrases(
        """wil niet, wil geen, willen niet, zou niet, liever geen, heb geen zin in, hoef geen, hoef niet""",
    ),
        exceptions=phrases(
        """behalve, uitgezonderd, met uitzondering van, afgezien van, op na, buiten, anders dan, uitgenomen""",
    ),
        substitutions=phrases("in plaats van, i.p.v., ipv, en niet, eerder dan"),
        any_words=phrases("alles, alle, elke, elk, ieder, iedere, overal, altijd"),
        nothing_words=phrases("niets, nergens, niemand"),
        harmless=phrases(
        """waarom niet, niet alleen, niets dan, niet meer dan, niet minder dan, niet later dan, niet vergeten,
        vergeet niet, weet niet, weet ik niet, ik weet het niet, geen idee, geen probleem, geen twijfel,
        zonder twijfel, geen zorgen, geen haast, niet slecht, of niet, zo niet, als niet, niet zeker,
        maakt niet uit, niet ver, nog niet, niet ontvangen, niet gekregen""",
    ),
        verdicts=phrases(
        """valt af, gaat niet, kan niet, lukt niet, past niet, komt niet uit, is onmogelijk, is uitgesloten,
        uitgezonderd, is slecht, is te laat, is te vroeg, is te duur, schikt niet""",
    ),
        praise=phrases(
        """goed, prima, mogelijk, ok, beter, best, perfect, vrij, handig, graag, lukt, past, kan, gaat, wel""",
    ),
        links=phrases("of, en, noch, evenals"),
        breaks=phrases(
        """maar, want, omdat, misschien, liever, ja, natuurlijk, als, wanneer, dus, dan, sorry, eigenlijk,
        ik bedoel, alleen""",
    ),
        owners=phrases(
        """mijn, onze, ons, bestelling, bestelnummer, nummer, factuur, rekening, kaart, code, kamer""",
    ),
    ),
    joints=JointWords(
        alternatives=phrases("of, ofwel, of anders, of misschien"),
        additions=phrases("en, plus, alsook, evenals, en dan, dan, en ook, samen met"),
        ranges=phrases("tot, tot en met, t/m, tot aan"),
        between=phrases("tussen"),
        small=phrases(
        """de, het, een, naar, van, in, op, aan, te, voor, om, misschien, ongeveer, ook, nog, of toch""",
    ),
    ),
)  # fmt: skip
