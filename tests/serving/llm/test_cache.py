from serving.llm.cache import Cache


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_get_gives_what_was_put_until_it_is_too_old() -> None:
    clock = Clock()
    cache: Cache[str] = Cache(size=2, seconds=10, clock=clock)
    cache.put("a", "1")
    clock.now = 9.9
    assert cache.get("a") == "1"
    clock.now = 10.0
    assert cache.get("a") is None


def test_put_drops_what_was_not_used_for_longest() -> None:
    cache: Cache[int] = Cache(size=2, seconds=10, clock=Clock())
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get("a")
    cache.put("c", 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]
