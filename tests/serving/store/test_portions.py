import pytest

from serving.store.portions import portions


@pytest.mark.parametrize(
    ("sizes", "split"),
    [
        ([], []),
        ([3], [[3]]),
        ([4, 6, 1], [[4, 6], [1]]),
        ([11, 1, 12], [[11], [1], [12]]),
        ([5, 5, 5, 5], [[5, 5], [5, 5]]),
    ],
)
def test_portions_keep_the_order_and_the_bound(sizes: list[int], split: list[list[int]]) -> None:
    found = portions([{"size": size} for size in sizes], size_of=lambda each: int(each["size"]), at_most=10)
    assert [[each["size"] for each in portion] for portion in found] == split
