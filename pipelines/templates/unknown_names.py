"""Names in an intent's texts that nothing ever had: neither the answers of its tool nor the context of a thread."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from pipelines.schemas.bot import Intent
from pipelines.templates.mapping import result_names
from pipelines.templates.paths import Path, used_paths, written
from pipelines.templates.shape import Shape
from pipelines.templates.texts import reply_texts, request_texts


@dataclass
class LoggedShapes:
    """What the log shows of the values that templates use.

    Attributes
    ----------
    result_by_intent
        The answers of each intent's tool.
    context
        What threads remembered.
    """

    result_by_intent: dict[str, Shape] = field(default_factory=dict)
    context: Shape = field(default_factory=Shape)

    def add(self, *, context: Mapping[str, JsonValue], intent_id: str = "", answers: Iterable[JsonValue] = ()) -> None:
        """Learn from one turn: what the thread remembers after it, and what the tool of its intent answered."""
        self.context.add(dict(context))
        for answer in answers:
            self.result_by_intent.setdefault(intent_id, Shape()).add(answer)


@dataclass(frozen=True)
class UnknownName:
    """A name in a text that no logged value has.

    Attributes
    ----------
    intent_id, place
        The text: `store_hours.speechResponse`.
    name, nearest
        The name, as `result.mesage`, and the known one that was probably meant; empty if none is similar.
    root, path
        The same as a path.
    n_values
        How many logged values there are.
    """

    intent_id: str
    place: str
    name: str
    nearest: str
    root: str
    path: Path
    n_values: int

    def __str__(self) -> str:
        meant = f"; did you mean {self.nearest}?" if self.nearest else ""
        if self.root == "parameters":
            return f"{self.place} uses {self.name}, and the intent has no such parameter{meant}"
        values = f"the {self.n_values:,} answers of its tool" if self.root == "result" else "the conversations"
        return f"{self.place} uses {self.name}, which none of {values} in the log has{meant}"


def unknown_names(intents: Sequence[Intent], logged: LoggedShapes) -> Iterator[UnknownName]:
    """Yield the names in a bot's texts that no logged value has, in the order of its intents.

    Parts of the context are named only if a similar one is known: what callers send is theirs to choose.
    """
    mappings = [intent.tool.response_mapping for intent in intents if intent.tool is not None]
    remembered = {name for mapping in mappings if mapping is not None for name in mapping.context}
    for intent in intents:
        for found in _of_intent(intent, logged):
            if found.root != "context" or found.path[0] not in remembered:
                yield found


def _of_intent(intent: Intent, logged: LoggedShapes) -> Iterator[UnknownName]:
    answers = _answers(intent, logged)
    shape_by_root = {"context": logged.context} | ({"result": answers} if answers is not None else {})
    texts = [*((text.place, text.template) for text in reply_texts(intent)), *request_texts(intent)]
    for place, template in texts:
        for root, path in used_paths(template, shape_by_root):
            shape = shape_by_root[root]
            absent = shape.find_absent(path)
            if absent is not None and (absent.nearest is not None or root == "result"):
                nearest = written(root, absent.nearest) if absent.nearest is not None else ""
                yield UnknownName(intent.intent_id, place, written(root, path), nearest, root, path, shape.n_values)


def _answers(intent: Intent, logged: LoggedShapes) -> Shape | None:
    """Return what is known of the answers of an intent's tool, with the names that its mapping gives."""
    shape = logged.result_by_intent.get(intent.intent_id)
    if shape is None or intent.tool is None or not shape.is_known:
        return None
    mapping = intent.tool.response_mapping
    names = result_names(mapping.result) if mapping is not None and mapping.result is not None else ()
    members = shape.members | {name: Shape() for name in names if name not in shape.members}
    return Shape(shape.n_values, shape.n_plain, shape.n_objects, members, shape.item, shape.longest)
