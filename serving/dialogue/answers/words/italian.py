"""Italian."""

from serving.dialogue.answers.words.tables import AnswerWords, Grammar, JointWords, RefusalWords, phrases

_DIGITS = {"1": 1, "2": 2, "3": 3, "a": 1, "b": 2, "c": 3}

ITALIAN = AnswerWords(
    yes=phrases(
        """sì, si, certo che sì, sì grazie, confermo, confermato, procedi, proceda, fallo, vai, yes, credo di sì,
        penso di sì, direi di sì, ma sì""",
    ),
    assent=phrases(
        """ok, okay, va bene, d'accordo, esatto, esattamente, giusto, corretto, è corretto, perfetto, bene,
        benissimo, ottimo, vero, è vero, così va bene, buona idea, nessun problema, non c'è problema,
        non ci sono problemi, senza problemi, senza dubbio, senza alcun dubbio, nessun dubbio, non c'è dubbio,
        perché no, e perché no, come no, nulla in contrario, niente in contrario, volentieri, con piacere,
        mi va bene, per me va bene""",
    ),
    emphatic=phrases(
        """certo, certamente, assolutamente, sicuro, sicuramente, ovviamente, naturalmente, ovvio, chiaro,
        senz'altro, decisamente, infatti, di certo""",
    ),
    ellipses=phrases("lo voglio, voglio, lo vorrei, mi piacerebbe, lo è"),
    no=phrases(
        """no, nope, no grazie, ma no, certo che no, per niente, affatto, niente affatto, assolutamente no,
        non proprio, non ancora, non ora, non adesso, non oggi, mai, mai e poi mai, in nessun caso,
        per nessun motivo, neanche per sogno, nemmeno per sogno, neanche per idea, meglio di no, credo di no,
        penso di no, direi di no, non credo, non penso, preferisco di no, preferirei di no, lascia perdere,
        stop, basta, non serve, non è necessario, macché, no no""",
    ),
    wrong=phrases("falso, sbagliato, è sbagliato, errato, scorretto, impossibile"),
    negators=phrases("non"),
    stops=phrases("stop, basta, lascia perdere"),
    unsure=phrases(
        """non so, non lo so, non saprei, nessuna idea, non ne ho idea, non sono sicuro, non sono sicura, sì e no,
        sì o no, sì no, no sì, dipende, non importa, fa lo stesso, è uguale, è indifferente, non capisco,
        non ho capito, non solo, non necessariamente, non più di, non meno di, boh, non prima""",
    ),
    neutral=phrases(
        """non male, niente male, non è male, non ti preoccupare, non si preoccupi, non c'è fretta, di niente,
        non fa niente""",
    ),
    hedges=phrases("forse, probabilmente, magari, possibilmente, eventualmente"),
    fillers=phrases(
        """per favore, per piacere, grazie, grazie mille, ah, eh, ehm, hm, hmm, allora, beh, oh, ciao, dunque""",
    ),
    but=phrases(
        """ma, però, tranne, eccetto, solo, cosa, come, quando, chi, dove, quale, quanto, perché, dopo, se""",
    ),
    none=phrases(
        """no, nessuno, nessuna, nessuno dei due, nessuna delle due, niente di tutto ciò, altro, un'altra cosa,
        none of these""",
    ),
    ordinals={
        **_DIGITS, "uno": 1, "una": 1, "due": 2, "tre": 3, "primo": 1, "prima": 1, "secondo": 2,
        "seconda": 2, "terzo": 3,
        "terza": 3, "ultimo": -1, "ultima": -1,
    },
    option_words=phrases("il, la, lo, l, opzione, numero, voglio, dire, è"),
    corrections=phrases(
        """no, volevo dire, voglio dire, intendo, intendevo, anzi, correzione, non, errore, ho sbagliato, o meglio,
        o no, cambia""",
    ),
    afterthoughts=phrases(
        """scusa, scusi, scusate, aspetta, aspetti, in realtà, ops, meglio, un attimo, pardon, mi dispiace, ma""",
    ),
    correction_marks=phrases("volevo dire, voglio dire, intendevo, anzi, o meglio, ah no, no aspetta, invece"),
    swaps=phrases("al contrario, il contrario, invertili, scambiali, inverti, scambia, viceversa"),
    grammar=Grammar(
        small=phrases(
        """il, lo, la, i, gli, le, l, un, uno, una, di, a, da, in, con, su, per, tra, fra, al, allo, alla, ai,
        alle, del, della, dei, delle, dal, dalla, nel, nella, ad, che, mi, ti, si, ci, vi, ne, molto, troppo,
        anche, più, proprio, purtroppo, davvero, ora, adesso, me, noi, lì, qui, bene""",
    ),
        verbs=phrases(
        """è, sono, sei, siamo, essere, sarebbe, ho, hai, ha, abbiamo, avere, voglio, vuole, vogliamo, vorrei,
        volevo, posso, può, possiamo, potere, devo, deve, vado, va, andiamo, andare, viaggiare, volare, venire,
        vengo, partire, prendere, prendo, prenotare, prenoto, prenota, piace, piacerebbe, preferisco, faccio,
        fare, metti, mettere, funziona, lavoro, credo, penso, dico, riesco, serve, mandare, spedire""",
    ),
        subjects=phrases("io, tu, lui, lei, voi, loro"),
        wishes=phrases("voglio, vogliamo, vorrei, piace, piacerebbe, preferisco"),
    ),
    refusals=RefusalWords(
    denials=phrases("no, no grazie"),
        negators=phrases(
        """non, mai, né, senza, nessun, nessuna, niente, tranne che, evita, evitare, non prima di, non libero,
        non disponibile, occupato, neanche, nemmeno""",
    ),
        rejections=phrases(
        """non voglio, non vorrei, non vogliamo, non mi piace, preferirei non, preferisco non, non desidero,
        non ho voglia""",
    ),
        exceptions=phrases(
        """tranne, eccetto, salvo, escluso, esclusa, a parte, fuorché, ad eccezione di, ad eccezione del,
        diverso da, oltre a""",
    ),
        substitutions=phrases("invece di, invece che, al posto di, al posto del, piuttosto che, anziché, e non"),
        barring=phrases("meno"),
        any_words=phrases("tutto, tutti, tutte, ogni, qualsiasi, qualunque, ovunque, dovunque, sempre"),
        nothing_words=phrases("nulla, nessuno"),
        harmless=phrases(
        """perché no, perché non, come no, non solo, non soltanto, nient'altro che, non più di, non meno di,
        non oltre, non più tardi di, non dimenticare, non dimenticate, non so, non lo so, non importa,
        nessun problema, non c'è problema, senza problemi, senza dubbio, nessun dubbio, non sono sicuro,
        non sono sicura, non è male, niente male, o no, se no, più o meno, almeno, meno di, nessuna idea,
        non vedo l'ora, non ancora, non trovo, non ho ricevuto""",
    ),
        verdicts=phrases(
        """è impossibile, è escluso, escluso, è fuori discussione, non va, non va bene, non funziona, non posso,
        non mi va, è troppo tardi, è troppo presto, è troppo caro""",
    ),
        praise=phrases(
        """bene, possibile, perfetto, meglio, ok, libero, disponibile, sì, grazie, per me, funziona, comodo""",
    ),
        links=phrases("o, oppure, e, ed, né, così come"),
        breaks=phrases(
        """ma, però, perché, forse, magari, meglio, sì, certo, bensì, quando, se, quindi, poi, scusa, anzi, solo,
        invece""",
    ),
        owners=phrases(
        """mio, mia, miei, nostro, nostra, ordine, numero, fattura, conto, carta, codice, camera, biglietto""",
    ),
    ),
    joints=JointWords(
        alternatives=phrases("o, oppure, ovvero, o anche, altrimenti"),
        additions=phrases("e, ed, più, poi, e poi, e anche, nonché, insieme a"),
        ranges=phrases("a, al, alle, fino a, fino al, fino alle, ad"),
        between=phrases("tra, fra"),
        small=phrases(
        """il, lo, la, i, gli, le, l, un, una, di, a, ad, da, dal, in, al, alle, per, forse, magari, circa, anche,
        verso, un altro""",
    ),
    ),
)  # fmt: skip
