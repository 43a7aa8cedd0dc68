"""Words by which mining tells an answer from a wish, by language. Case and accents do not matter.

To add a language, add a row to each table. Without one, only the turn and the values of a message decide.
"""

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


YES_NO: Mapping[str, frozenset[str]] = {
    "en": _words(
        """yes yeah yep yup ya aye no nope nah nay ok okay okey k kk sure fine right correct exactly absolutely
        definitely certainly indeed true false wrong not neither none both maybe perhaps possibly probably
        dunno idk whatever"""
    ),
    "de": _words(
        """ja jo jap jep jawohl klar sicher genau richtig stimmt korrekt gerne gern natuerlich naturlich
        selbstverstandlich nein nee ne nicht keine keins keinen weder beide beides vielleicht eventuell
        moglicherweise egal falsch okay ok passt einverstanden doch weiss"""
    ),
    "es": _words(
        """si sip claro vale ok okay correcto exacto cierto seguro supuesto desde luego efectivamente
        afirmativo no nop tampoco ninguno ninguna nada ambos quizas quiza tal vez igual da falso mal acuerdo
        se"""
    ),
    "fr": _words("""oui ouais si non nan ok okay exact correct bien sur peut etre aucun aucune accord voila sais"""),
    "it": _words("""si no ok okay certo esatto giusto corretto forse nessuno nessuna nemmeno va so"""),
    "pt": _words("""sim nao claro certo exato correto ok okay talvez nenhum nenhuma pode ser sei"""),
    "nl": _words("""ja jawel nee nope ok oke klopt juist zeker prima misschien geen niet weet"""),
}
"""Yes, no, and what stands for neither."""

COURTESIES: Mapping[str, frozenset[str]] = {
    "en": _words(
        """hi hello hey hiya howdy good morning afternoon evening night day greetings thanks thank thx ty
        cheers bye goodbye cya later see take care welcome please pls plz sorry pardon great perfect nice
        cool awesome lovely super excellent wonderful brilliant amazing alright much lot lots very
        mate sir madam buddy dear appreciated lol haha"""
    ),
    "de": _words(
        """hallo hi hey moin servus guten gute gut morgen tag abend nacht gruss gott danke dankeschon vielen
        dank dir ihnen tschuss tschau ciao tschussi wiedersehen bis dann bald bitte sorry entschuldigung
        super toll perfekt prima klasse wunderbar schon sehr herzlichen lieben spitze cool alles klar passt"""
    ),
    "es": _words(
        """hola buenas buenos buen dias dia tardes noches gracias muchas mil adios chao hasta luego pronto
        manana saludos por favor porfa perdon disculpe perfecto genial estupendo fenomenal excelente muy
        bien listo entendido super amigo senor senora encantado"""
    ),
    "fr": _words(
        """bonjour salut bonsoir coucou merci beaucoup au revoir a bientot bonne journee soiree nuit sil te
        vous plait svp pardon desole parfait super genial excellent tres bien top cool"""
    ),
    "it": _words(
        """ciao salve buongiorno buonasera grazie mille arrivederci presto per favore scusi perfetto ottimo
        bene molto"""
    ),
    "pt": _words(
        """ola oi bom boa dia tarde noite obrigado obrigada muito tchau ate logo por favor desculpe perfeito
        otimo"""
    ),
    "nl": _words(
        """hallo hoi hey goedemorgen goedemiddag goedenavond dank bedankt je u wel doei dag tot ziens
        alsjeblieft alstublieft sorry perfect super mooi fijn geweldig"""
    ),
}
"""Greetings, thanks, praise, farewells."""

SMALL: Mapping[str, frozenset[str]] = {
    "en": _words(
        """moment sec same before after all them option options already told go ahead thats remember forgot
        a an the this that these those it its is are was were be am i me my mine we us our you your he she
        they them to from in on at of for by with and or as about around near next into until till only just
        also too then there here now do does did have has had will would shall name names number numbers
        email mail address phone code date time id called one ones two people persons person guests adults
        children s m t d ll ve re think guess know mean believe say said rather better instead first second
        third last latter former oclock"""
    ),
    "de": _words(
        """moment augenblick sekunde gleiche gleichen vorher schon alle option vergessen
        der die das den dem des ein eine einen einem einer es ist sind war bin ich mich mir mein meine
        meinen wir uns unser sie du ihr er von vom in im am an auf aus bei zu zum zur fur fuer mit und oder
        als um ab bis gegen etwa nur auch noch dann hier da jetzt lautet heisse heissen name nummer mail
        email adresse telefon code datum uhr zeit leute personen person gaste erwachsene kinder erste zweite
        dritte letzte lieber denke glaube so sage"""
    ),
    "es": _words(
        """momento segundo mismo misma antes despues ya todos todas opcion olvidado recuerdo
        el la los las lo un una unos unas es son era soy yo me mi mis nos nuestro tu su usted al del de a en
        por para con y e o u como sobre hacia desde solo tambien ahora aqui ahi mas nombre numero correo
        email direccion telefono codigo fecha hora llamo personas persona adultos ninos primero primera
        segundo segunda tercero ultimo ultima creo mejor que"""
    ),
    "fr": _words(
        """le la les l un une des de du d en a au aux pour par avec et ou c est ce sont je j mon ma mes nous
        notre moi il elle vous tu nom numero adresse mail telephone code date heure personnes premier
        premiere second deuxieme dernier appelle m plutot vers pas ne"""
    ),
    "it": _words(
        """il lo la i gli le un una di da del della dei a al alla in nel con per e o mi mio mia ci noi sono
        nome numero indirizzo email telefono codice data ora persone primo prima secondo seconda ultimo
        chiamo meglio verso"""
    ),
    "pt": _words(
        """o a os as um uma de do da dos em no na com por para e ou meu minha nos sou nome numero endereco
        email telefone codigo data hora pessoas primeiro primeira segundo segunda ultimo chamo melhor"""
    ),
    "nl": _words(
        """de het een van in op te aan bij met en of voor naar om is zijn ben ik mij mijn wij ons naam nummer
        adres mail telefoon code datum uur tijd personen eerste tweede derde laatste liever heet"""
    ),
}
"""Words that carry neither a wish nor a value: function words, and names of what is usually asked for."""

SIGNALS: Mapping[str, frozenset[str]] = {
    "en": _words(
        """want wants wanted wanna require need needs needed wish looking how what whats where wheres why when who
        which whose can could may cant cannot couldnt dont doesnt didnt isnt arent wasnt wont havent hasnt
        wait tell give gimme like let trying tried"""
    ),
    "de": _words(
        """will mochte moechte wollte wunsche brauche benotige benoetige suche wie was wo woher wohin warum
        wieso weshalb wann wer welche welcher welches kann konnen koennen konnte konnt darf warte halt
        moment zeig gib geben hilf wurde wurden geht funktioniert"""
    ),
    "es": _words(
        """quiero quisiera queria necesito deseo busco como donde cuando cuanto cuanta cuantos porque quien
        cual puedo puede puedes podria podrian espera espere espero dime digame muestra dame ayudame
        funciona gustaria"""
    ),
    "fr": _words(
        """veux voudrais souhaite besoin cherche comment quoi quand combien pourquoi qui quel quelle puis peux
        pouvez pourrais attendez attends dites montrez donnez aimerais marche fonctionne"""
    ),
    "it": _words(
        """voglio vorrei desidero bisogno serve cerco come cosa dove quando quanto perche chi quale posso puo
        potrei aspetta aspetti dimmi mostra dammi funziona"""
    ),
    "pt": _words(
        """quero queria gostaria preciso desejo procuro como que onde quando quanto porque quem qual posso pode
        poderia espere espera diga mostre funciona"""
    ),
    "nl": _words(
        """wil wilde graag nodig zoek hoe wat waar wanneer hoeveel waarom wie welke kan kunt kunnen mag wacht
        toon geef werkt"""
    ),
}
"""Words that begin a wish or a question; beside a word that carries a meaning they make one."""

ACTIONS: Mapping[str, frozenset[str]] = {
    "en": _words("""change find cancel stop speak talk send explain show track return reset update delete"""),
    "de": _words(
        """andern aendern stornieren abbrechen sprechen reden schicken senden erklaren zeigen finden loschen"""
    ),
    "es": _words("""cambiar cancelar anular hablar enviar explicar cambio encuentro encontrar borrar devolver"""),
    "fr": _words("""changer annuler parler envoyer trouver modifier expliquer"""),
    "it": _words("""cambiare annullare parlare inviare trovare modificare"""),
    "pt": _words("""mudar alterar cancelar falar enviar encontrar"""),
    "nl": _words("""wijzigen annuleren praten spreken sturen vinden"""),
}
"""Verbs that say what is to be done: they carry a meaning, and make a wish with another word of a wish."""

STRONG: Mapping[str, frozenset[str]] = {
    "en": _words("""help refund cancel unsubscribe complaint complain agent human operator representative"""),
    "de": _words(
        """hilfe erstattung ruckerstattung stornieren storno kundigen beschwerde mitarbeiter mensch berater"""
    ),
    "es": _words("""ayuda reembolso devolucion cancelar anular queja reclamacion agente humano operador"""),
    "fr": _words("""aide remboursement annuler reclamation conseiller humain"""),
    "it": _words("""aiuto rimborso annullare reclamo operatore umano"""),
    "pt": _words("""ajuda reembolso cancelar reclamacao atendente humano"""),
    "nl": _words("""hulp terugbetaling annuleren klacht medewerker mens"""),
}
"""Words that are a wish by themselves."""

STREETS: Mapping[str, frozenset[str]] = {
    "en": _words("""street st road rd avenue ave lane ln drive dr court boulevard blvd crescent terrace apt flat"""),
    "de": _words("""strasse str weg platz allee gasse ring ufer damm hausnummer postfach"""),
    "es": _words("""calle avenida avda av plaza paseo camino carretera piso portal"""),
    "fr": _words("""rue avenue av boulevard bd place chemin bis"""),
    "it": _words("""via viale piazza corso"""),
    "pt": _words("""rua avenida av praca travessa andar"""),
    "nl": _words("""straat laan weg plein gracht"""),
}
"""What streets and parts of addresses are called."""

OPENERS: Mapping[str, frozenset[str]] = {
    "en": _words("""where why when who how do does can could is are whats wheres"""),
    "de": _words("""wo wann warum wieso wer wie woher wohin kann konnen habt gibt"""),
    "es": _words("""donde cuando cuanto cuanta cuantos quien puedo puede hay tienen"""),
    "fr": _words("""quand comment combien pourquoi qui est puis avez"""),
    "it": _words("""dove quando quanto perche chi posso avete"""),
    "pt": _words("""onde quando quanto quem posso tem"""),
    "nl": _words("""waar wanneer hoeveel waarom wie hoe kan"""),
}
"""First words of questions, which are no answers even if nothing but values follows."""

STREET_ENDINGS = (
    "strasse",
    "str",
    "weg",
    "platz",
    "allee",
    "gasse",
    "ufer",
    "damm",
    "straat",
    "laan",
    "plein",
    "gracht",
)
"""Endings of street names, where they are one word."""

ANSWERS_ELSEWHERE = _words(
    """\u306f\u3044 \u3044\u3044\u3048 \u3048\u3048 \u662f \u4e0d\u662f \u597d \u597d\u7684 \u5bf9 \u4e0d
        \u53ef\u4ee5 \ub124 \uc608 \uc544\ub2c8\uc694 \uc544\ub2c8\uc624 \u0646\u0639\u0645 \u0644\u0627
        \u0939\u093e\u0901 \u0939\u093e\u0902 \u0928\u0939\u0940\u0902 \u0434\u0430 \u043d\u0435\u0442 evet
        hay\u0131r tak nie ano ne"""
)
"""Yes and no in languages without tables, as whole messages."""
