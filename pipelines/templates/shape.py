"""What the answers of a tool look like: the names they have, learnt from those that were logged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Self

from pydantic import JsonValue

from pipelines.templates.paths import Path, Step

_MAX_ITEMS = 50
"""Items of a list that are looked at."""
_MAX_DEPTH = 8
_SIMILAR = 0.8
"""Names at least this similar are one misspelt: `mesage` and `message` are (0.92), `refund` and `found` not (0.73)."""


@dataclass(frozen=True)
class Absent:
    """A path that no value has: `length` of its steps exist. `nearest` is the path that was probably meant, if any."""

    length: int
    nearest: Path | None = None


@dataclass
class Shape:
    """The forms that values at one place have had.

    Attributes
    ----------
    n_values
        How many values there were, nulls included.
    members
        What the objects among them have had, by name.
    item
        What the items of the lists among them look like; None if there was no list.
    longest
        Length of the longest list.
    """

    n_values: int = 0
    n_plain: int = 0
    n_objects: int = 0
    members: dict[str, "Shape"] = field(default_factory=dict)
    item: "Shape | None" = None
    longest: int = 0

    @classmethod
    def of(cls, values: Iterable[JsonValue]) -> Self:
        """Return the shape of some values."""
        shape = cls()
        for value in values:
            shape.add(value)
        return shape

    def add(self, value: JsonValue, *, depth: int = 0) -> None:
        """Learn from one more value."""
        self.n_values += 1
        if depth > _MAX_DEPTH or value is None:
            return
        if isinstance(value, dict):
            self.n_objects += 1
            for name, member in value.items():
                self.members.setdefault(name, Shape()).add(member, depth=depth + 1)
        elif isinstance(value, list):
            self.item = self.item or Shape()
            self.longest = max(self.longest, len(value))
            for one in value[:_MAX_ITEMS]:
                self.item.add(one, depth=depth + 1)
        else:
            self.n_plain += 1

    @property
    def is_known(self) -> bool:
        """Whether any value says what there is."""
        return bool(self.n_plain or self.n_objects or self.item is not None)

    def find_absent(self, path: Path) -> Absent | None:
        """Return where a path leaves what is known; None if some value has it, or if that cannot be told."""
        here = self
        for length, step in enumerate(path):
            if not here.is_known or step is Step.MEMBER:
                return None
            if step is Step.ITEM or (isinstance(step, int) and here.item is not None):
                is_there = step is Step.ITEM or -here.longest <= step < here.longest
                if here.item is None:
                    return None  # looping over a text or an object gives letters or names
                if not is_there and here.longest:
                    return Absent(length)
                here = here.item
            elif isinstance(step, str) and step in here.members:
                here = here.members[step]
            else:
                return Absent(length, self._nearest(path, length, here))
        return None

    def _nearest(self, path: Path, length: int, here: "Shape") -> Path | None:
        """Return a similar name at the same place, or else the same name at another one."""
        name, tail = path[length], path[length + 1 :]
        if not isinstance(name, str):
            return None
        plain = {_plain(known): known for known in here.members}
        swapped = [known for known in plain if sorted(known) == sorted(_plain(name))]
        if found := swapped or get_close_matches(_plain(name), plain, n=1, cutoff=_SIMILAR):
            nearest = (*path[:length], plain[found[0]])
            longer = (*nearest, *tail)
            return nearest if self.find_absent(longer) else longer
        elsewhere = [known for known in self._paths() if known and known[-1] == path[-1]]
        return min(elsewhere, key=lambda known: (len(known), str(known)), default=None)

    def _paths(self) -> Iterator[Path]:
        """Yield every known path."""
        for name, member in self.members.items():
            yield (name,)
            yield from ((name, *rest) for rest in member._paths())
        if self.item is not None:
            yield from ((Step.ITEM, *rest) for rest in self.item._paths())


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())
