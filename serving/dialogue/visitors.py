"""A conversation of a signed-in visitor belongs to them: nobody else goes on with it, or sees its answers."""

from pipelines.errors import TokenRefused
from serving.dialogue.messages import UserMessage
from serving.dialogue.state import DialogueState

VISITOR = "visitor"
"""Name in the context under which templates find the visitor; no client can set it where visitors are known."""


def admit_visitor(state: DialogueState, message: UserMessage) -> DialogueState:
    """Return a thread's state as the sender of a message may use it; raise `TokenRefused` if it is somebody else's.

    What is known of a visitor does not come from the thread, but from the message's own proof.
    """
    if message.visitor is None:
        return state
    if state.visitor and state.visitor != message.visitor:
        raise TokenRefused(
            "this conversation belongs to a signed-in visitor; send their token in the header X-Visitor-Token"
        )
    context = {name: value for name, value in state.context.items() if name != VISITOR}
    return state.model_copy(update={"context": context, "visitor": message.visitor})
