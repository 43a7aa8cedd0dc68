"""French."""

from serving.dialogue.answers.words.tables import AnswerWords, Grammar, JointWords, RefusalWords, phrases

_DIGITS = {"1": 1, "2": 2, "3": 3, "a": 1, "b": 2, "c": 3}

FRENCH = AnswerWords(
    yes=phrases(
        """oui, ouais, ouaip, si, mais oui, oui merci, oui s'il vous plaît, allez-y, vas-y, je confirme, confirmé,
        yes, je crois que oui, je pense que oui, je crois, bien sûr que oui, faites-le, fais-le, volontiers oui""",
    ),
    assent=phrases(
        """ok, okay, d'accord, d'acc, exact, exactement, c'est ça, c'est exact, c'est correct, correct, c'est bon,
        bon, très bien, parfait, c'est parfait, super, génial, ça marche, ça me va, ça me convient, entendu,
        vrai, c'est vrai, bonne idée, pas de problème, sans problème, aucun problème, il n'y a pas de problème,
        pas de souci, pas de soucis, aucun souci, sans doute, sans aucun doute, aucun doute, pas de doute,
        pourquoi pas, et pourquoi pas, pas d'objection, aucune objection, je n'ai rien contre, avec plaisir,
        volontiers, je veux bien, tout à fait d'accord""",
    ),
    emphatic=phrases(
        """bien sûr, bien entendu, certainement, absolument, évidemment, naturellement, certes, sûrement,
        carrément, tout à fait, effectivement, assurément, clairement, totalement, complètement, sûr""",
    ),
    ellipses=phrases("je veux, je le veux, j'aimerais bien, c'est le cas, j'en veux, je voudrais bien"),
    no=phrases(
        """no, non, nan, nann, nope, non merci, mais non, pas du tout, pas vraiment, pas encore, pas maintenant,
        pas aujourd'hui, jamais, jamais de la vie, surtout pas, certainement pas, en aucun cas,
        hors de question, plutôt non, plutôt pas, je ne crois pas, je ne pense pas, je crois pas, je pense pas,
        je crois que non, je pense que non, bien sûr que non, que non, sans façon, aucunement, nullement,
        négatif, moi non plus, pas question, arrête, stop, laisse tomber, laissez tomber, ce n'est pas la peine,
        pas la peine, ni l'un ni l'autre""",
    ),
    wrong=phrases("faux, c'est faux, incorrect, erroné, impossible, mauvais"),
    negators=phrases("pas, plus du tout"),
    stops=phrases("stop, arrête, laisse tomber, laissez tomber"),
    unsure=phrases(
        """je ne sais pas, je sais pas, sais pas, aucune idée, pas sûr, pas sûre, je ne suis pas sûr,
        je ne suis pas sûre, oui et non, oui ou non, oui non, non oui, ça dépend, peu importe, ça m'est égal,
        je ne comprends pas, je comprends pas, pas forcément, pas nécessairement, pas seulement, pas plus de,
        pas moins de, je n'ai pas, pas avant, sans avis""",
    ),
    neutral=phrases(
        """pas mal, pas mauvais, pas de panique, t'inquiète, ne t'inquiète pas, ne vous inquiétez pas, de rien""",
    ),
    hedges=phrases("peut-être, probablement, éventuellement, possiblement"),
    fillers=phrases(
        """s'il vous plaît, s'il te plaît, svp, stp, merci, merci beaucoup, ah, euh, hm, hmm, bah, ben, alors, oh,
        eh bien, bonjour""",
    ),
    but=phrases(
        """mais, sauf, seulement, quoi, comment, quand, qui, où, quel, quelle, combien, pourquoi, plus tard,
        à condition""",
    ),
    none=phrases(
        """non, aucun, aucune, aucun des deux, aucune des deux, rien de tout ça, autre chose, ni l'un ni l'autre,
        no, none of these""",
    ),
    ordinals={
        **_DIGITS, "un": 1, "une": 1, "deux": 2, "trois": 3, "premier": 1, "première": 1, "deuxième": 2, "second": 2,
        "seconde": 2, "troisième": 3, "dernier": -1, "dernière": -1,
    },
    option_words=phrases("le, la, l, option, numéro, je, veux, dire, c, est"),
    corrections=phrases(
        """non, je veux dire, je voulais dire, plutôt, correction, pas, erreur, ou plutôt, ou non, enfin non,
        change""",
    ),
    afterthoughts=phrases(
        """pardon, désolé, désolée, excusez-moi, excuse-moi, attends, attendez, en fait, oups, finalement, mais""",
    ),
    correction_marks=phrases(
        """je veux dire, je voulais dire, ou plutôt, enfin non, ah non, non plutôt, à la place, pardon non""",
    ),
    swaps=phrases(
        """inverse, inversez, échange, échangez, l'inverse, c'est l'inverse, à l'envers, vice versa, le contraire""",
    ),
    grammar=Grammar(
        small=phrases(
        """le, la, les, l, un, une, des, de, du, d, à, au, aux, en, dans, sur, pour, par, vers, chez, ne, n, que,
        qu, se, s, me, m, te, t, ce, c, ça, cela, y, très, trop, aussi, bien, plus, vraiment, du tout,
        malheureusement, mon, ma, mes, avec, moi, nous, là, ici, aller""",
    ),
        verbs=phrases(
        """est, sont, suis, être, serait, ai, as, a, avons, avez, ont, avoir, veux, veut, voulons, voulez,
        voudrais, voudrait, voulais, peux, peut, pouvons, pouvez, pouvoir, dois, doit, faut, vais, va, allons,
        allez, aller, partir, voyager, venir, viens, prendre, prends, prenez, réserver, réserve, aime, aimerais,
        souhaite, préfère, fais, fait, faire, mettre, mettez, convient, marche, travaille, pense, crois, dis,
        disais, envoyer, livrer""",
    ),
        subjects=phrases("je, j, tu, il, elle, on, vous, ils, elles"),
        wishes=phrases("veux, voulons, voudrais, aime, aimerais, souhaite"),
    ),
    refusals=RefusalWords(
    denials=phrases("non, nan, non merci"),
        negators=phrases(
        """pas, jamais, ni, sans, aucun, aucune, surtout pas, plutôt pas, pas du tout, éviter, évitez, pas de,
        pas avant, pas libre, pas disponible, occupé, plus jamais""",
    ),
        rejections=phrases(
        """ne veux pas, veux pas, ne voudrais pas, n'aime pas, ne souhaite pas, n'ai pas envie, ne voulons pas""",
    ),
        exceptions=phrases(
        """sauf, hormis, excepté, à part, à l'exception de, à l'exception du, autre que, hors, mis à part,
        en dehors de""",
    ),
        substitutions=phrases(
        """au lieu de, au lieu du, plutôt que, plutôt que de, à la place de, à la place du, et non, et pas""",
    ),
        any_words=phrases(
        """tout, tous, toute, toutes, n'importe, n'importe où, n'importe quand, n'importe quel, chaque, partout""",
    ),
        nothing_words=phrases("rien, personne, nulle part"),
        harmless=phrases(
        """pourquoi pas, pas seulement, pas uniquement, rien que, pas plus de, pas moins de, pas plus tard que,
        n'oublie pas, n'oubliez pas, ne sais pas, sais pas, pas de problème, aucun problème, sans problème,
        pas de souci, aucun souci, sans doute, aucun doute, pas de doute, aucune idée, pas sûr, pas sûre,
        pas mal, ou pas, sinon, si non, non seulement, pas grave, n'importe pas, pas pressé, pas encore,
        pas loin, n'est-ce pas, pas trop, ne pas oublier""",
    ),
        verdicts=phrases(
        """est impossible, est exclu, est exclue, exclu, exclue, c'est impossible, est hors de question,
        hors de question, ne va pas, ne marche pas, ne convient pas, ça ne va pas, est trop tard, est trop tôt,
        est trop cher, c'est non, non plus""",
    ),
        praise=phrases(
        """possible, bon, bonne, bien, parfait, convient, marche, ok, mieux, libre, disponible, va, pour moi, merci""",
    ),
        links=phrases("ou, et, ni, ou bien, ainsi que"),
        breaks=phrases(
        """mais, parce que, car, peut-être, plutôt, oui, si, quand, donc, alors, puis, sinon, je veux dire, pardon,
        en fait, seulement""",
    ),
        owners=phrases(
        """mon, ma, mes, notre, nos, commande, numéro, facture, compte, carte, code, chambre, billet""",
    ),
    ),
    joints=JointWords(
        alternatives=phrases("ou, ou bien, ou alors, ou sinon, soit"),
        additions=phrases("et, ainsi que, plus, puis, et puis, et aussi, avec"),
        ranges=phrases("à, au, jusqu'à, jusqu'au, jusqu'en"),
        between=phrases("entre"),
        small=phrases(
        """le, la, les, l, un, une, de, du, des, d, à, au, aux, en, pour, vers, peut-être, environ, même, aussi,
        encore, autre""",
    ),
    ),
)  # fmt: skip
