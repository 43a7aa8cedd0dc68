"""The texts of a bot that nobody has written yet, by language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """Sentences of one language; `{name}` is what the intent is called.

    Attributes
    ----------
    reply
        Says that it is still to be written, to customers too: none may take it for an answer.
    cancels
        How customers end a form.
    """

    reply: str
    fallback: str
    cancelled: str
    welcome: str
    cancels: tuple[str, ...]

    def reply_to(self, name: str) -> str:
        """Return the reply of an intent; what a template would read in its name is left out."""
        return self.reply.format(name=" ".join(name.translate(_NO_TEMPLATE).split()))


_NO_TEMPLATE = str.maketrans("{}%#", "    ")

_WORDINGS = {
    "en": Wording(
        reply="I understood: {name}. [This reply is still to be written.]",
        fallback="Sorry, I did not understand that. Could you put it in other words?",
        cancelled="All right, that is cancelled.",
        welcome="Hello! What can I do for you?",
        cancels=("cancel", "cancel that", "stop", "never mind", "forget it", "I changed my mind"),
    ),
    "de": Wording(
        reply="Ich habe verstanden: {name}. [Diese Antwort ist noch zu schreiben.]",
        fallback="Das habe ich leider nicht verstanden. Können Sie es anders sagen?",
        cancelled="In Ordnung, das ist abgebrochen.",
        welcome="Guten Tag! Was kann ich für Sie tun?",
        cancels=("abbrechen", "brich das ab", "stopp", "vergiss es", "egal", "ich habe es mir anders überlegt"),
    ),
    "es": Wording(
        reply="He entendido: {name}. [Esta respuesta está por escribir.]",
        fallback="Perdón, no lo he entendido. ¿Puede decirlo de otra manera?",
        cancelled="De acuerdo, queda cancelado.",
        welcome="¡Hola! ¿En qué puedo ayudarle?",
        cancels=("cancelar", "cancela eso", "para", "da igual", "olvídalo", "he cambiado de idea"),
    ),
    "fr": Wording(
        reply="J'ai compris : {name}. [Cette réponse reste à écrire.]",
        fallback="Désolé, je n'ai pas compris. Pouvez-vous le dire autrement ?",
        cancelled="D'accord, c'est annulé.",
        welcome="Bonjour ! Que puis-je faire pour vous ?",
        cancels=("annuler", "annule ça", "stop", "laisse tomber", "oublie", "j'ai changé d'avis"),
    ),
    "it": Wording(
        reply="Ho capito: {name}. [Questa risposta è ancora da scrivere.]",
        fallback="Mi dispiace, non ho capito. Può dirlo in altre parole?",
        cancelled="Va bene, è annullato.",
        welcome="Buongiorno! Cosa posso fare per Lei?",
        cancels=("annulla", "annulla tutto", "basta", "lascia stare", "lascia perdere", "ho cambiato idea"),
    ),
    "pt": Wording(
        reply="Entendi: {name}. [Esta resposta ainda está por escrever.]",
        fallback="Desculpe, não entendi. Pode dizer de outra forma?",
        cancelled="Está bem, foi cancelado.",
        welcome="Olá! Em que posso ajudar?",
        cancels=("cancelar", "cancela isso", "parar", "deixa para lá", "esquece", "mudei de ideia"),
    ),
    "nl": Wording(
        reply="Ik heb begrepen: {name}. [Dit antwoord moet nog worden geschreven.]",
        fallback="Sorry, dat heb ik niet begrepen. Kunt u het anders zeggen?",
        cancelled="Goed, dat is geannuleerd.",
        welcome="Hallo! Wat kan ik voor u doen?",
        cancels=("annuleren", "annuleer dat", "stop", "laat maar", "vergeet het", "ik heb me bedacht"),
    ),
}  # fmt: skip


def wording_of(language: str) -> Wording:
    """Return the texts in a language, given by its tag; English for one that has none."""
    return _WORDINGS.get(language.replace("_", "-").partition("-")[0].lower(), _WORDINGS["en"])


def is_unwritten(reply: str) -> bool:
    """Whether a reply is one that an import made and nobody has written since."""
    return any(reply.endswith(wording.reply.partition("{name}.")[2]) for wording in _WORDINGS.values())
