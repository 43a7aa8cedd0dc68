"""Spanish."""

from serving.dialogue.answers.words.tables import AnswerWords, Grammar, JointWords, RefusalWords, phrases

_GRAMMAR = Grammar(
    spellings={"q": "que", "k": "que", "xq": "porque", "x favor": "por favor", "porfa": "por favor", "tb": "también"},
    small=phrases(
        """respuesta, casi, fecha, hora, ciudad, sitio, lugar, días, el, la, los, las, lo, le, les, un, una, unos,
        unas, a, al, de, del, en, con, por, para, hacia, hasta, desde, ante, sobre, entre, que, se, me, te, nos,
        os, mi, mis, su, sus, tu, muy, más, mucho, también, tan, ya, aún, todavía, ahora, aquí, allí, allá,
        este, esta, ese, esa, eso, esto, estos, estas, realmente, nada, nunca más, bien, tampoco,
        lamentablemente, desgraciadamente, día, por ahora, de momento, por el momento, así, la verdad,
        sinceramente, la verdad es que, demasiado, precisamente, exactamente, mismo, otra vez, antes, después""",
    ),
    verbs=phrases(
        """ponga, pongas, poner, es, son, soy, eres, somos, era, fue, ser, sea, sean, está, están, estoy, estamos,
        estar, sería, estaría, hay, había, haya, he, ha, has, han, haber, hemos, puedo, puede, podemos, pueden,
        podría, podríamos, poder, quiero, quiere, queremos, quieren, quería, quisiera, querría, querer, deseo,
        desea, desearía, necesito, necesita, necesitamos, debo, debe, debería, tengo, tiene, tenemos, tienen,
        tener, voy, va, vamos, van, ir, iba, viajo, viajar, volar, vuelo, salir, salgo, venir, vengo, viene,
        llegar, llego, tomar, tomo, toma, coger, reservar, reservo, reserva, pedir, pido, elegir, elijo, pon,
        ponme, dame, hacer, hago, hace, quedar, quedo, comer, gusta, gustan, gustaría, apetece, interesa,
        conviene, creo, pienso, digo, dije, decir, supongo, parece, prefiero, enviar, envíe, enviarlo, mandar,
        funciona, sirve, trabajo, trabajar, asistir""",
    ),
    subjects=phrases("yo, nosotros, nosotras, ella, ellos, ellas, usted, ustedes"),
    wishes=phrases(
        """quiero, queremos, quisiera, deseo, necesito, gusta, gustan, gustaría, apetece, interesa, prefiero""",
    ),
)

_REFUSALS = RefusalWords(
    facts=phrases("no fue, no fueron, no era, no he, no ha, no hemos, no han, no llegó, no estaba"),
    than_words=phrases("que, antes que"),
    preferences=phrases("prefiero, mejor, antes, preferimos"),
    denials=phrases("nop, qué va"),
    negators=phrases(
        """olvida, olvídate de, en absoluto, alérgico a, alérgica a, alérgico al, no, nunca, jamás, ni, sin,
        tampoco, no para, ni siquiera, no puedo, no tengo tiempo, no estoy libre, no estoy disponible, ocupado,
        ocupada, nada de, no hasta, no antes de, no antes del, no después de, que no sea, que no sean, que no,
        evitar, evita, evite, en ningún caso, de ninguna manera, de ningún modo, bajo ningún concepto, mejor no""",
    ),
    rejections=phrases(
        """no quise decir, no dije, no digo, no quería decir, no pongas, no le pongas, no le ponga, no quiero,
        no queremos, no deseo, no me gustaría, no me gusta, no me apetece, no quisiera, no necesito,
        por favor no, no me interesa, preferiría no, prefiero no, odio""",
    ),
    exceptions=phrases(
        """excepto, salvo, quitando, a excepción de, con excepción de, con la excepción de, aparte de, exceptuando,
        fuera de, que no sea, que no sean, menos en, distinto de, distinta de, diferente de, diferente a,
        distinto a""",
    ),
    substitutions=phrases(
        """en vez de, en lugar de, en vez del, en lugar del, antes que, y no, en sustitución de, en cambio de""",
    ),
    barring=phrases("menos"),
    any_words=phrases(
        """todo, toda, todos, todas, cualquier, cualquiera, cuando sea, donde sea, siempre, cada, todo el mundo,
        en todas partes, a cualquier parte""",
    ),
    nothing_words=phrases("ninguno, ninguna, nadie, ningún"),
    harmless=phrases(
        """nunca he estado, no he estado, no olvida, por qué no, porque no, cómo no, no solo, no sólo,
        no solamente, no únicamente, nada más que, no más de, no más que, no menos de, no más tarde de,
        no más tarde que, no olvides, no olvide, no olvidar, no se olvide, no te olvides, no sé, no lo sé,
        no sabemos, no importa, no me importa, no hay problema, sin problema, sin problemas, sin duda,
        sin dudas, no hay duda, no cabe duda, ni idea, no tengo idea, no estoy seguro, no estoy segura,
        no está mal, nada mal, no pasa nada, no te preocupes, no se preocupe, o no, si no, ya que no,
        más o menos, al menos, por lo menos, a menos que, menos de, menos que, no menos, no veo, no entiendo,
        no veo la hora, no puedo esperar, no quiero perder, no tengo preferencia, no hay, no he recibido,
        no recibí, no me decido, no encuentro, no llega, no ha llegado, no lejos, no muy lejos, no demasiado,
        no tan, todavía no, aún no, no obstante, número, que no se, sin falta, sin embargo, creo que no""",
    ),
    verdicts=phrases(
        """tengo que trabajar, es imposible, está descartado, está descartada, descartado, descartada,
        queda descartado, queda descartada, está fuera, queda fuera, es mal día, es un mal día, está mal,
        me viene mal, me va mal, nos viene mal, nos va mal, viene mal, va mal, ni hablar, ni de broma, ni loco,
        está ocupado, estoy ocupado, estoy ocupada, excluido, excluida, exceptuado, es muy caro,
        es demasiado caro, es demasiado tarde, es demasiado pronto, está muy lejos, es incorrecto""",
    ),
    praise=phrases(
        """bien, mejor, perfecto, perfecta, genial, ideal, vale, ok, bueno, buena, posible, sí, disponible, libre,
        estupendo, va bien, viene bien, me va, me viene, de acuerdo, funciona, conviene, por favor, gracias""",
    ),
    links=phrases("o, u, y, e, ni, ni tampoco, y tampoco, o también, así como"),
    breaks=phrases(
        """pero, sino, porque, pues, quizás, quizá, tal vez, a lo mejor, mejor, sí, claro, vale, aunque, mientras,
        cuando, si, qué, cómo, cuándo, dónde, cuál, solo, sólo, quiero decir, quise decir, perdón, en realidad,
        espera, más bien, mejor dicho, prefiero, luego, así que, en cambio""",
    ),
    owners=phrases(
        """mi, mis, nuestro, nuestra, pedido, número, factura, cuenta, tarjeta, código, habitación, billete,
        versión""",
    ),
)

_JOINTS = JointWords(
    alternatives=phrases("o, u, o bien, o si no, ya sea, y o, o quizás, o quizá, o tal vez, o también"),
    additions=phrases(
        """y, e, más, así como, además, además de, junto con, y luego, y después, luego, también, y también""",
    ),
    ranges=phrases("a, al, hasta, hasta el, hasta las, hasta la, hasta los"),
    between=phrases("entre"),
    small=phrases(
        """el, la, los, las, un, una, a, al, de, del, en, para, por, desde, con, quizás, quizá, tal vez,
        a lo mejor, bien, unos, unas, aproximadamente, otra, otro, incluso, sea, tanto, como, por favor, si no""",
    ),
)

SPANISH = AnswerWords(
    yes=phrases(
        """sí, sip, si por favor, sí claro, claro que sí, por supuesto que sí, desde luego que sí, que sí,
        adelante, confirmo, confirmado, confirmar, hazlo, hágalo, yes, creo que sí, pienso que sí,
        supongo que sí, me parece que sí, diría que sí, espero que sí, yo creo que sí, eso sí, dale, venga,
        trato hecho, acepto, cuenta conmigo, vamos, sí quiero, yo sí, si insistes, afirmativo, por mí sí,
        seguro que sí""",
    ),
    assent=phrases(
        """sin ninguna duda, no tengo ningún problema, no hay ningún inconveniente, no tengo ningún inconveniente,
        vale, ok, okay, okey, de acuerdo, estoy de acuerdo, correcto, exacto, exactamente, así es, eso es,
        está bien, bien, muy bien, perfecto, perfecta, genial, estupendo, cierto, es cierto, verdad, es verdad,
        es correcto, es así, verdadero, me parece bien, por mí bien, buena idea, bueno, listo, sin problema,
        sin problemas, sin ningún problema, sin inconveniente, sin duda, sin dudas, sin duda alguna,
        sin lugar a dudas, no hay duda, no cabe duda, no cabe la menor duda, no hay problema,
        no hay ningún problema, ningún problema, no hay inconveniente, ningún inconveniente,
        no tengo inconveniente, no tengo problema, no tengo objeción, no es problema, no es ningún problema,
        no veo por qué no, por qué no, y por qué no, cómo no, no faltaba más, faltaría más, no faltaría más,
        con mucho gusto, con gusto, encantado, encantada, sin falta, me vale, qué bien, estaría bien,
        sería genial, me encantaría, suena bien, efectivamente, tal cual, yeah, yep, ya""",
    ),
    emphatic=phrases(
        """clarísimo, claro, pues claro, claro está, por supuesto, desde luego, seguro, seguramente, naturalmente,
        obviamente, evidentemente, ciertamente, absolutamente, totalmente, definitivamente, indudablemente,
        por descontado, obvio""",
    ),
    ellipses=phrases(
        """quiero, lo quiero, la quiero, me gustaría, lo es, lo soy, lo hago, lo necesito, tengo, soy, puedo,
        queremos""",
    ),
    no=phrases(
        """pero no, gracias pero no, no, nop, nope, no gracias, que no, no que va, qué va, para nada, en absoluto,
        todavía no, aún no, ahora no, por ahora no, de momento no, hoy no, mejor no, nunca, jamás, nunca jamás,
        de ninguna manera, de ningún modo, de eso nada, nada de eso, ni hablar, ni de broma, ni loco, ni loca,
        ni en sueños, ni pensarlo, ni muerto, ni de coña, ni por asomo, bajo ningún concepto,
        bajo ninguna circunstancia, en ningún caso, creo que no, pienso que no, supongo que no,
        me parece que no, diría que no, espero que no, me temo que no, yo no, a mí no, tampoco, a mí tampoco,
        ya no, ni de lejos, no hace falta, no es necesario, negativo, no mucho, no tanto, no realmente,
        casi que no, preferiría no, prefiero que no, ni idea que no, olvídalo, olvídelo, déjalo, basta, stop,
        nanay, nones, paso, no es así, no está bien, no es correcto, no me gusta, no quiero, no lo quiero,
        no me apetece, no no""",
    ),
    wrong=phrases(
        """falso, incorrecto, está mal, es falso, es incorrecto, mal, equivocado, erróneo, imposible, mentira""",
    ),
    negators=phrases("nada"),
    stops=phrases("para, basta, olvídalo, olvídelo, déjalo, stop"),
    neither=phrases(
        """sí no, no sí, no entiendo, no comprendo, no lo entiendo, no tengo, sin comentarios, no más de,
        no menos de, no solo, no sólo, no solamente, no antes de, no después de, no hasta, no te olvides,
        no olvides, si no, o no, no veo""",
    ),
    unsure=phrases(
        """no sé, no lo sé, ni idea, no estoy seguro, no estoy segura, no tengo idea, no tengo ni idea, sí y no,
        sí o no, no sabría decir, no sé qué decir, no importa, no me importa, me da igual, da igual, depende,
        según, no recuerdo, no me acuerdo, no puedo decir, no tengo preferencia, sin preferencia, no decido,
        no me decido, difícil de decir, ni sí ni no, no necesariamente, no del todo seguro, indeciso, qué sé yo""",
    ),
    neutral=phrases(
        """no está mal, no está nada mal, nada mal, no es malo, no pasa nada, no te preocupes, no se preocupe,
        no hay prisa, sin prisa, no es nada, de nada, no hay de qué, no es falso, no es incorrecto,
        no es imposible, no hay pena, no corre prisa, no es para tanto, no es mala idea, no es mal, no me digas""",
    ),
    hedges=phrases("quizás, quizá, tal vez, a lo mejor, probablemente, posiblemente, igual, acaso"),
    fillers=phrases(
        """por, favor, por favor, gracias, muchas gracias, ah, eh, bueno, pues, hm, hmm, entonces, muchas, hola,
        ay, oh, hombre""",
    ),
    but=phrases(
        """pero, excepto, salvo, sino, solo, cambia, cambiar, cómo, cuándo, cuánto, quién, dónde, cuál, luego, qué,
        si, siempre que""",
    ),
    none=phrases(
        """no, ninguno, ninguna, ninguno de los dos, ninguna de las dos, ni uno ni otro, otra cosa, algo distinto,
        no otra cosa, ninguno de ellos, ninguna de ellas, nada de eso""",
    ),
    ordinals={
        "1": 1, "2": 2, "3": 3, "uno": 1, "una": 1, "dos": 2, "tres": 3, "primero": 1, "primera": 1, "primer": 1,
        "segundo": 2, "segunda": 2, "tercero": 3, "tercera": 3, "último": -1, "última": -1, "a": 1, "b": 2, "c": 3,
    },
    option_words=phrases("el, la, lo, opción, número, quiero, decir, es"),
    corrections=phrases(
        """no, quise decir, quería decir, quiero decir, digo, corrección, cambia, sí pero, mejor dicho, más bien,
        o mejor, o mejor dicho, o sea, rectifico, me equivoqué, me he equivocado, no mejor, o no, perdón no,
        error, mi error, equivocado, falso, no digo, bueno no""",
    ),
    afterthoughts=phrases(
        """perdón, perdona, perdone, disculpa, disculpe, disculpas, en realidad, espera, espere, mejor, pero,
        lo siento, ay, ups, un momento, momento, a ver""",
    ),
    correction_marks=phrases(
        """quise decir, quería decir, quiero decir, sino, mejor dicho, más bien, me equivoqué, no espera,
        espera no, perdón no, no perdón, no mejor""",
    ),
    swaps=phrases(
        """al revés, es al revés, intercambia, intercámbialos, cámbialos, viceversa, lo contrario, justo al revés""",
    ),
    grammar=_GRAMMAR,
    refusals=_REFUSALS,
    joints=_JOINTS,
)  # fmt: skip
