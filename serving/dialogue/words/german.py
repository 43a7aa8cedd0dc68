"""German."""

from serving.dialogue.words.tables import AnswerWords, Grammar, JointWords, RefusalWords, phrases

_GRAMMAR = Grammar(
    spellings={
        "nich": "nicht",
        "net": "nicht",
        "nisch": "nicht",
        "gehts": "geht es",
        "ists": "ist es",
        "wärs": "wäre es",
        "hab": "habe",
        "brauch": "brauche",
        "möcht": "möchte",
        "isses": "ist es",
        "aufm": "auf dem",
        "kenn": "kenne",
        "auf keinenfall": "auf keinen Fall",
        "aufkeinenfall": "auf keinen Fall",
        "aufjedenfall": "auf jeden Fall",
        "auf jedenfall": "auf jeden Fall",
        "ausser": "außer",
    },
    small=phrases(
        """Tag, Uhrzeit, Termin, Ort, Stadt, der, die, das, den, dem, des, ein, eine, einen, einem, einer, eines,
        nach, von, vom, in, im, ins, an, am, auf, bei, beim, zu, zum, zur, für, mit, um, gegen, ab, bis, vor,
        über, durch, als, so, auch, dort, da, dahin, hin, hier, jetzt, gerade, momentan, derzeit, aktuell,
        leider, wirklich, sehr, viel, zu viel, überhaupt, gar, ganz, mehr, schon, ja, eh, halt, eben, nun,
        diesen, diese, dieses, diesem, dieser, etwas, noch, tatsächlich, ehrlich, ernsthaft, ehrlich gesagt, es,
        mir, mich, uns, ihm, ihr, ihnen, euch, dir, dich, meine, mein, meinen, meinem, daran, damit, davon,
        dafür, dass, so gut, wieder, man, irgendwie, selbst, kurz, lange, gleich, sofort, besonders, unbedingt,
        so wirklich, so richtig""",
    ),
    verbs=phrases(
        """ist, sind, bin, bist, war, wäre, sein, wird, werden, wurde, würde, würden, werde, habe, hat, haben,
        hatte, hätte, hätten, kann, können, könnte, könnten, will, wollen, wollte, möchte, möchten, mag, mögen,
        muss, müssen, soll, sollen, sollte, darf, brauche, brauchen, braucht, gehe, geht, gehen, ginge, ging,
        fahre, fahren, fliege, fliegen, reise, reisen, komme, kommt, kommen, nehme, nehmen, nimm, buche, buchen,
        bestelle, bestellen, wähle, wählen, mache, machen, macht, tue, tun, bleibe, bleiben, esse, essen,
        treffen, schicke, schicken, liefern, meine, meinte, denke, glaube, finde, sage, sagte, kriege, bekomme,
        klappt, passt, würde gern, würde gerne, gebe, gib, gibt, lass, lassen, setze, stelle, schaffe, schaffen,
        zahle, zahlen, bezahlen, haben wollen, gesagt, gemeint, gewollt, bestellt, gebucht, vorstellen""",
    ),
    subjects=phrases("ich, wir, er, sie, Sie, du, ihr, man"),
    wishes=phrases("will, wollen, möchte, möchten, mag, brauche, brauchen, hätte, würde, wünsche"),
)

_REFUSALS = RefusalWords(
    negators=phrases(
        """nicht, nie, niemals, kein, keine, keinen, keinem, keiner, keines, keins, ohne, weder, bloß nicht,
        nur nicht, auf keinen Fall, keinesfalls, keineswegs, unter keinen Umständen, keine Zeit, keine Lust auf,
        keine Lust, nicht frei, nicht da, nicht verfügbar, verhindert, lieber nicht, eher nicht, besser nicht,
        gar nicht, überhaupt nicht, nicht mehr, nicht vor, nicht bis, nicht nach, nicht erst, nix mit, nix,
        nichts mit, vermeide, nimmer""",
    ),
    rejections=phrases(
        """will nicht, möchte nicht, wollen nicht, möchten nicht, mag nicht, mag kein, würde nicht, will kein,
        will keine, will keinen, möchte kein, möchte keine, möchte keinen, will ich nicht, möchte ich nicht,
        habe keine Lust, bitte nicht, bitte kein, bitte keine, bitte keinen, hätte lieber nicht""",
    ),
    exceptions=phrases(
        """außer, ausgenommen, abgesehen von, bis auf, mit Ausnahme von, mit Ausnahme des, mit Ausnahme der,
        alles andere als, ausser, exklusive, ausschließlich von, nur nicht, bloß nicht, mit Ausnahme""",
    ),
    substitutions=phrases("statt, anstatt, anstelle, anstelle von, an Stelle von, an Stelle, und nicht, und kein"),
    any_words=phrases(
        """alles, alle, jeder, jede, jeden, jedes, jedem, überall, irgendwo, irgendwann, irgendein, irgendeinen,
        jederzeit, egal""",
    ),
    nothing_words=phrases("nichts, nirgends, niemand, nirgendwo"),
    harmless=phrases(
        """warum nicht, wieso nicht, weshalb nicht, nicht nur, nicht bloß, nicht allein, nichts als,
        nicht mehr als, nicht weniger als, nicht später als, nicht früher als, nicht über, nicht unter,
        nicht vergessen, nicht zu vergessen, weiß nicht, weiß ich nicht, ich weiß nicht, keine Ahnung,
        kein Problem, keine Frage, kein Thema, kein Ding, kein Zweifel, ohne Zweifel, ohne Frage, ohne Probleme,
        keine Sorge, keine Eile, kein Stress, nicht schlecht, nicht übel, nicht schlimm, nicht verkehrt,
        oder nicht, wenn nicht, ob oder nicht, nicht sicher, bin nicht sicher, nicht wahr, macht nichts,
        nichts dagegen, nicht warten, kann es nicht erwarten, kann es kaum erwarten, nicht weit, nicht so weit,
        nicht egal, keiner weiß, noch nicht, nicht entscheiden, noch nicht sicher, kein Einwand, keine Einwände,
        nicht allzu, nicht ganz, nicht zu teuer, nicht zu spät, nicht so spät, ohne weiteres, keine Nummer,
        nicht falsch, nicht unbedingt, ist es nicht""",
    ),
    verdicts=phrases(
        """fällt aus, fällt weg, fällt flach, ist raus, ist unmöglich, ist schlecht, ist ganz schlecht,
        ist ungünstig, ist blöd, ist doof, scheidet aus, kommt nicht in Frage, kommt nicht infrage,
        kommt nicht in Betracht, ausgenommen, ausgeschlossen, ist ausgeschlossen, passt schlecht, geht schlecht,
        bin ich verhindert, bin ich nicht da, ist zu früh, ist zu spät, ist zu weit, ist zu teuer, ist zu viel,
        ist zu wenig, ist tabu, ist falsch, war falsch, geht gar nicht, passt gar nicht, wird nichts,
        wird schwierig, bin ich weg, bin ich beschäftigt, bin ich unterwegs, ist voll""",
    ),
    praise=phrases(
        """gut, schön, ok, okay, super, prima, perfekt, möglich, frei, recht, besser, am besten, ideal, geht,
        passt, klappt, in Ordnung, in Frage, infrage, gerne, gern, Zeit, schon, machbar, günstig, ginge, bequem""",
    ),
    links=phrases(
        """oder, und, noch, sowie, beziehungsweise, bzw, oder auch, und auch, und auch nicht, oder doch""",
    ),
    breaks=phrases(
        """aber, sondern, weil, da, denn, vielleicht, eventuell, lieber, eher, stattdessen, besser, ja, jo, doch,
        natürlich, klar, gerne, obwohl, während, wenn, falls, dass, was, wie, wann, wo, welche, jedoch, nur,
        ich meine, ich meinte, sorry, eigentlich, Moment, dafür, also, nein, nee, nö, sonst""",
    ),
    owners=phrases(
        """mein, meine, meinen, meinem, meiner, unser, unsere, unserem, Bestellung, Bestellnummer, Nummer,
        Rechnung, Konto, Karte, Code, Zimmer, Auftrag, Version""",
    ),
)

_JOINTS = JointWords(
    alternatives=phrases("oder, oder auch, beziehungsweise, bzw, oder doch, entweder, ansonsten, sonst, wahlweise"),
    additions=phrases(
        """und, sowie, als auch, wie auch, plus, und dann, und auch, dann, sowie auch, samt, außerdem""",
    ),
    ranges=phrases("bis, bis zu, bis zum, bis zur, bis nach, bis hin zu, bis gegen, bis um"),
    between=phrases("zwischen"),
    small=phrases(
        """der, die, das, den, dem, ein, eine, einen, nach, von, vom, in, im, an, am, auf, um, zu, zum, für, ab,
        mit, vielleicht, eventuell, etwa, circa, ca, ungefähr, noch, auch, so, gegen, lieber, sonst, entweder,
        sowohl, bitte, ins, bei, sagen wir, jeweils""",
    ),
)

GERMAN = AnswerWords(
    yes=phrases(
        """ja, jo, jep, jepp, jawohl, jap, jup, ja bitte, ja klar, ja gerne, ja gern, ja natürlich, ja sicher,
        auf jeden Fall ja, mach das, machen Sie das, mach mal, machen wir, nur zu, los, los gehts,
        ich bestätige, bestätigt, bestätigen, yes, aber ja, ja doch, oh ja, na gut, ich denke schon,
        ich glaube schon, denke schon, glaube schon, ich denke ja, ich glaube ja, wenn es sein muss,
        ich bin dabei, bin dabei, nehm ich, nehme ich, tu das, tun Sie das, ich stimme zu, abgemacht, jawoll,
        joa, wohl ja""",
    ),
    assent=phrases(
        """ok, okay, genau, richtig, stimmt, das stimmt, das ist richtig, passt, das passt, passt schon, passt so,
        das passt so, in Ordnung, das ist in Ordnung, einverstanden, korrekt, das ist korrekt, wahr,
        das ist wahr, perfekt, super, prima, toll, spitze, alles klar, so ist es, gut so, sehr gut, ist gut,
        ist ok, ist okay, das ist gut, das ist ok, geht klar, geht in Ordnung, das wäre gut, das wäre super,
        das wäre schön, wäre gut, wäre super, wäre schön, kein Problem, gar kein Problem,
        überhaupt kein Problem, keine Probleme, ist kein Problem, das ist kein Problem, kein Thema, kein Ding,
        keine Frage, gar keine Frage, keine Einwände, kein Einwand, keine Bedenken, nichts dagegen,
        ich habe nichts dagegen, habe nichts dagegen, nichts einzuwenden, spricht nichts dagegen,
        da spricht nichts dagegen, ohne Zweifel, kein Zweifel, keinen Zweifel, zweifellos, ohne Frage, fraglos,
        ohne weiteres, ohne Probleme, warum nicht, wieso nicht, warum eigentlich nicht, von mir aus,
        meinetwegen, meinethalben, gute Idee, bestens, exakt, jau, mhm, alles gut, yep, yeah, logo, sehr schön,
        das klingt gut, klingt gut, das geht, geht, doch""",
    ),
    emphatic=phrases(
        """klar, na klar, ist klar, aber klar, sicher, sicher doch, aber sicher, ganz sicher, sicherlich, gewiss,
        natürlich, aber natürlich, na natürlich, natürlich doch, selbstverständlich, aber selbstverständlich,
        gern, gerne, aber gerne, aber gern, sehr gern, sehr gerne, liebend gern, auf jeden Fall, auf alle Fälle,
        jedenfalls, unbedingt, absolut, definitiv, bestimmt, ganz bestimmt, hundertprozentig, freilich, logisch,
        logischerweise, offensichtlich, eindeutig, durchaus, eh klar""",
    ),
    ellipses=phrases(
        """will ich, das will ich, möchte ich, das möchte ich, ich will, ich möchte, ich möchte es, ich will es,
        mache ich, das mache ich, brauche ich, das brauche ich, habe ich, bin ich, das bin ich, ist es,
        das ist es, würde ich, kann ich, hätte ich gern, hätte ich gerne, sind wir, haben wir, wollen wir,
        möchten wir, mag ich, tue ich""",
    ),
    no=phrases(
        """nein, nee, nö, ne, nein danke, auf keinen Fall, auf gar keinen Fall, keinesfalls, keineswegs,
        in keinem Fall, in keiner Weise, unter keinen Umständen, lieber nicht, eher nicht, besser nicht,
        noch nicht, jetzt nicht, heute nicht, gerade nicht, nicht wirklich, nicht so, nicht unbedingt nötig,
        gar nicht, überhaupt nicht, niemals, nie, nie im Leben, nie und nimmer, im Leben nicht, halt, stopp,
        stop, no, kommt nicht in Frage, kommt nicht infrage, nicht nötig, nicht notwendig, ist nicht nötig,
        muss nicht sein, nichts da, von wegen, danke nein, ach nein, aber nein, oh nein, na nein, keine Lust,
        keine Chance, kein Bedarf, keinen Bedarf, kein Interesse, bloß nicht, nur nicht, vergiss es,
        vergessen Sie es, ich denke nicht, ich glaube nicht, denke nicht, glaube nicht, glaube kaum,
        eher weniger, nicht dass ich wüsste, nicht so gerne, nicht so gern, nicht gern, nicht gerne, niente,
        nix da, nix, mitnichten, im Gegenteil, kein, keine, keinen, keins, nicht mehr, ohne mich""",
    ),
    wrong=phrases(
        """falsch, das ist falsch, ist falsch, unwahr, verkehrt, inkorrekt, unmöglich, unerwünscht, Quatsch""",
    ),
    negators=phrases(
        """nicht, stimmt nicht, das stimmt nicht, das passt nicht, passt nicht, geht nicht, das geht nicht""",
    ),
    stops=phrases("stop, stopp, halt, vergiss es, lass es, vergessen Sie es"),
    unsure=phrases(
        """keine Ahnung, weiß nicht, weiß ich nicht, ich weiß nicht, das weiß ich nicht, ich weiß es nicht,
        weiß es nicht, nicht sicher, jein, bin nicht sicher, ich bin nicht sicher, bin mir nicht sicher,
        ich bin mir nicht sicher, ja und nein, ja oder nein, ja nein, keine Meinung, kein Kommentar, egal,
        ist egal, ist mir egal, mir egal, das ist mir egal, kommt darauf an, kommt drauf an, je nachdem,
        verstehe nicht, verstehe ich nicht, ich verstehe nicht, nicht verstanden, nicht unbedingt, nicht nur,
        nicht bloß, nicht mehr als, nicht weniger als, nicht vor, noch nicht sicher, schwer zu sagen,
        kann ich nicht sagen, ich kann mich nicht entscheiden, unentschieden, nicht entschieden, keine Angabe,
        nicht vergessen, nein ja, nicht wahr, bin unsicher, unsicher""",
    ),
    neutral=phrases(
        """nicht schlecht, gar nicht schlecht, nicht übel, gar nicht übel, nicht verkehrt, nicht schlimm,
        nicht falsch, nicht dumm, keine Sorge, keine Sorgen, keine Eile, kein Stress, keine Hektik, keine Panik,
        keine Angst, macht nichts, das macht nichts, keine Umstände, kein Wunder, kein Scherz, kein Witz,
        nicht weiter schlimm, nichts zu danken, kein Ursache, keine Ursache, kein Beinbruch, nicht der Rede wert""",
    ),
    hedges=phrases("vielleicht, eventuell, möglicherweise, wahrscheinlich, vermutlich, womöglich, wohl"),
    fillers=phrases(
        """bitte, danke, vielen Dank, Dank, vielen, ach, äh, ähm, hm, hmm, na, also, gut, dann, doch, mal, hey, oh,
        tja""",
    ),
    but=phrases(
        """aber, außer, allerdings, nur, sondern, statt, ändern, ändere, was, wie, wann, wer, wo, welche, warum,
        warte, warten, später, wenn, falls, sofern, solange""",
    ),
    none=phrases(
        """nein, nee, nö, keins, keines, keine, keiner, keins von beiden, keine von beiden, keines von beiden,
        weder noch, etwas anderes, was anderes, nein etwas anderes, nichts davon, keins davon, keines davon,
        beides nicht""",
    ),
    ordinals={
        "1": 1, "2": 2, "3": 3, "eins": 1, "zwei": 2, "drei": 3, "erste": 1, "ersten": 1, "erstes": 1,
        "erster": 1, "ersteres": 1, "zweite": 2, "zweiten": 2, "zweites": 2, "zweiter": 2, "dritte": 3,
        "dritten": 3, "drittes": 3, "letzte": -1, "letztes": -1, "letzteres": -1, "a": 1, "b": 2, "c": 3,
    },
    option_words=phrases("das, die, der, den, nummer, nr, option, punkt, ich, meine, meinte"),
    corrections=phrases(
        """nein, nee, nö, ich meine, ich meinte, Korrektur, ändere, nicht, ja aber, besser gesagt, vielmehr,
        oder nein, oder besser, falsch, stimmt nicht, Quatsch, Irrtum, mein Fehler, doch nicht, sagen wir,
        sagen wir lieber, nicht doch, ne""",
    ),
    afterthoughts=phrases(
        """doch, sorry, Entschuldigung, entschuldige, Verzeihung, Moment, halt, eigentlich, lieber, ups, aber,
        Pardon, tut mir leid, warte, Mist, verflixt, genauer gesagt, oder doch, oder lieber, besser""",
    ),
    correction_marks=phrases(
        """ich meine, ich meinte, stattdessen, sondern, doch lieber, ach nein, nein doch, besser gesagt, vielmehr,
        oder nein, oder vielmehr, sorry nein, quatsch, doch nicht""",
    ),
    swaps=phrases(
        """tauschen, tausch, vertauschen, andersrum, andersherum, umgekehrt, genau umgekehrt, anders herum,
        anders rum, tausch die beiden, vertauscht, das ist vertauscht""",
    ),
    grammar=_GRAMMAR,
    refusals=_REFUSALS,
    joints=_JOINTS,
)  # fmt: skip
