"""Portuguese."""

from serving.dialogue.answers.words.tables import AnswerWords, Grammar, JointWords, RefusalWords, phrases

_DIGITS = {"1": 1, "2": 2, "3": 3, "a": 1, "b": 2, "c": 3}

PORTUGUESE = AnswerWords(
    yes=phrases(
        """sim, claro que sim, sim por favor, confirmo, confirmado, pode ser, pode, faça, faz isso, vamos, yes,
        acho que sim, creio que sim, penso que sim, isso, isso mesmo, quero sim""",
    ),
    assent=phrases(
        """ok, okay, está bem, tá bom, tá, tá bem, certo, está certo, correto, exato, exatamente, perfeito, ótimo,
        bom, muito bem, beleza, combinado, de acordo, concordo, verdade, é verdade, boa ideia, sem problema,
        sem problemas, não há problema, não tem problema, nenhum problema, sem dúvida, sem dúvidas,
        sem dúvida nenhuma, não há dúvida, por que não, porque não, como não, pois não, com prazer, com certeza,
        por mim tudo bem, tudo bem, nada contra""",
    ),
    emphatic=phrases(
        """claro, lógico, óbvio, obviamente, certamente, absolutamente, definitivamente, naturalmente,
        evidentemente, seguramente, de certeza, realmente""",
    ),
    ellipses=phrases("quero, eu quero, gostaria, é sim, sou, tenho"),
    no=phrases(
        """no, não, nao, nope, não obrigado, não obrigada, claro que não, de jeito nenhum, de modo algum,
        de forma alguma, de maneira nenhuma, nem pensar, nem morto, nunca, jamais, nada disso, ainda não,
        agora não, hoje não, melhor não, acho que não, creio que não, penso que não, não quero, não muito,
        não mesmo, por enquanto não, prefiro não, que nada, também não, não é preciso, não precisa, esquece,
        deixa pra lá, pare, stop, em hipótese alguma, não não""",
    ),
    wrong=phrases("falso, errado, está errado, incorreto, impossível"),
    negators=phrases("nada"),
    stops=phrases("stop, pare, esquece, deixa pra lá"),
    unsure=phrases(
        """não sei, sei lá, não faço ideia, não tenho ideia, não tenho certeza, não tenho a certeza, sim e não,
        sim ou não, sim não, não sim, depende, tanto faz, não importa, não entendo, não entendi, não só,
        não apenas, não necessariamente, não mais de, não menos de, não antes""",
    ),
    neutral=phrases(
        """nada mau, não é mau, não se preocupe, não te preocupes, sem pressa, de nada, não há pressa, não faz mal""",
    ),
    hedges=phrases("talvez, provavelmente, possivelmente, quem sabe, se calhar"),
    fillers=phrases(
        """por favor, obrigado, obrigada, muito obrigado, ah, eh, hm, hmm, bem, então, oh, olá, pois""",
    ),
    but=phrases(
        """mas, exceto, salvo, só, apenas, o que, como, quando, quem, onde, qual, quanto, depois, se""",
    ),
    none=phrases(
        """não, nenhum, nenhuma, nenhum dos dois, nenhuma das duas, nada disso, outra coisa, none of these, no""",
    ),
    ordinals={
        **_DIGITS, "um": 1, "uma": 1, "dois": 2, "duas": 2, "três": 3, "primeiro": 1, "primeira": 1, "segundo": 2,
        "segunda": 2, "terceiro": 3, "terceira": 3, "último": -1, "última": -1,
    },
    option_words=phrases("o, a, opção, número, quero, dizer, é"),
    corrections=phrases(
        """não, quero dizer, queria dizer, quis dizer, digo, correção, aliás, ou melhor, ou não, muda, mude, errei,
        me enganei""",
    ),
    afterthoughts=phrases(
        """desculpa, desculpe, perdão, espera, espere, na verdade, na realidade, ops, melhor, um momento, mas""",
    ),
    correction_marks=phrases(
        """quero dizer, queria dizer, quis dizer, ou melhor, aliás, em vez, ah não, não espera, melhor dizendo""",
    ),
    swaps=phrases("ao contrário, é ao contrário, o contrário, inverte, inverta, troca, troque, vice versa"),
    grammar=Grammar(
        small=phrases(
        """o, a, os, as, um, uma, de, do, da, dos, das, em, no, na, nos, nas, para, pra, pro, por, pelo, pela, com,
        ao, à, até, que, me, te, se, lhe, muito, demais, também, mais, mesmo, infelizmente, agora, mim, lá,
        aqui, bem, isso, dia""",
    ),
        verbs=phrases(
        """é, são, sou, somos, ser, seria, está, estou, estar, tenho, tem, temos, ter, quero, quer, queremos,
        queria, gostaria, gosto, posso, pode, podemos, poder, consigo, devo, deve, vou, vai, vamos, ir, viajar,
        voar, vir, venho, partir, pegar, tomar, reservar, reserve, prefiro, faço, fazer, pôr, coloque, dá,
        funciona, trabalho, acho, creio, penso, digo, serve, enviar, mandar""",
    ),
        subjects=phrases("eu, nós, ele, ela, você, vocês, eles, elas"),
        wishes=phrases("quero, queremos, queria, gostaria, gosto"),
    ),
    refusals=RefusalWords(
        negators=phrases(
        """não, nunca, jamais, nem, sem, nenhum, nenhuma, nada de, também não, evitar, evite, que não seja,
        não antes de, ocupado, ocupada, tudo menos""",
    ),
        rejections=phrases("não quero, não queremos, não gostaria, não gosto, prefiro não, não desejo"),
        exceptions=phrases(
        """exceto, salvo, fora, à exceção de, com exceção de, tirando, além de, a não ser, diferente de,
        que não seja""",
    ),
        substitutions=phrases(
        """em vez de, em vez do, em vez da, ao invés de, ao invés do, em lugar de, no lugar de, e não""",
    ),
        barring=phrases("menos"),
        any_words=phrases("tudo, todo, todos, toda, todas, qualquer, cada, sempre"),
        nothing_words=phrases("ninguém"),
        harmless=phrases(
        """por que não, porque não, como não, não só, não apenas, não somente, nada mais que, não mais de,
        não mais que, não menos de, não esqueça, não se esqueça, não sei, não importa, não há problema,
        não tem problema, sem problema, sem problemas, sem dúvida, não há dúvida, não tenho certeza, nada mau,
        ou não, se não, senão, mais ou menos, pelo menos, ao menos, menos de, não faço ideia, não recebi,
        não encontro, ainda não""",
    ),
        verdicts=phrases(
        """é impossível, está fora de questão, fora de questão, excluído, não dá, não serve, não posso,
        não funciona, é muito caro, é muito tarde, é muito cedo, nem pensar""",
    ),
        praise=phrases(
        """bem, bom, boa, possível, perfeito, melhor, ok, livre, disponível, sim, obrigado, para mim, dá, serve,
        funciona""",
    ),
        links=phrases("ou, e, nem, assim como"),
        breaks=phrases(
        """mas, porque, talvez, melhor, sim, claro, quando, se, então, depois, desculpe, aliás, só, apenas, e sim,
        prefiro""",
    ),
        owners=phrases(
        """meu, minha, meus, nosso, nossa, pedido, número, fatura, conta, cartão, código, quarto, bilhete""",
    ),
    ),
    joints=JointWords(
        alternatives=phrases("ou, ou então, ou senão, ou talvez"),
        additions=phrases("e, mais, e depois, depois, e também, assim como, junto com"),
        ranges=phrases("a, ao, à, às, até, até ao, até o, até às"),
        between=phrases("entre"),
        small=phrases(
        """o, a, os, as, um, uma, de, do, da, em, no, na, para, por, talvez, cerca de, também, outro, às, ao""",
    ),
    ),
)  # fmt: skip
