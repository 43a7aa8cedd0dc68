from serving.breaker import FAILURES_TO_OPEN, MAX_HOSTS, OPEN_SECONDS, Breakers


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breakers:
    breakers = Breakers(clock)
    for _ in range(FAILURES_TO_OPEN):
        assert breakers.may_call("a")
        breakers.failed("a")
    return breakers


def test_may_call_after_failures_in_a_row_is_refused_for_that_host_only() -> None:
    breakers = opened(Clock())
    assert not breakers.may_call("a")
    assert breakers.may_call("b")


def test_succeeded_forgets_earlier_failures() -> None:
    breakers = Breakers(Clock())
    for _ in range(10 * FAILURES_TO_OPEN):
        breakers.failed("a")
        breakers.succeeded("a")
    assert breakers.may_call("a")


def test_may_call_lets_one_probe_through_after_a_while() -> None:
    clock = Clock()
    breakers = opened(clock)
    clock.now = OPEN_SECONDS
    assert [breakers.may_call("a") for _ in range(3)] == [True, False, False]
    breakers.failed("a")
    assert not breakers.may_call("a")
    clock.now = 2 * OPEN_SECONDS
    assert breakers.may_call("a")
    breakers.succeeded("a")
    assert breakers.may_call("a")
    assert breakers.may_call("a")


def test_gave_up_lets_the_next_one_probe() -> None:
    clock = Clock()
    breakers = opened(clock)
    clock.now = OPEN_SECONDS
    assert breakers.may_call("a")
    breakers.gave_up("a")
    assert breakers.may_call("a")


def test_failed_remembers_a_bounded_number_of_hosts() -> None:
    breakers = Breakers(Clock())
    for number in range(MAX_HOSTS + 10):
        breakers.failed(f"host-{number}")
    assert len(breakers._circuits) == MAX_HOSTS
