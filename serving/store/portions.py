"""Writing many documents in calls of a bounded size."""

from collections.abc import Callable, Iterable, Iterator

from serving.store.client import Document


def portions(
    documents: Iterable[Document], *, size_of: Callable[[Document], int], at_most: int
) -> Iterator[list[Document]]:
    """Split documents, in their order, into lists of at most a size; a larger document is alone in its list."""
    portion: list[Document] = []
    total = 0
    for document in documents:
        size = size_of(document)
        if portion and total + size > at_most:
            yield portion
            portion, total = [], 0
        portion.append(document)
        total += size
    if portion:
        yield portion
