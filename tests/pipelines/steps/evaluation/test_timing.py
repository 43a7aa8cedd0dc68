"""Times of two models, measured in turns."""

import time

from pipelines.nlu.model import NluModel
from pipelines.schemas.understanding import NluResult
from pipelines.steps.evaluation.timing import MOST_TEXTS, time_differences


class Busy(NluModel):
    """Computes for some time over each text, and notes the texts."""

    def __init__(self, milliseconds: float) -> None:
        self.seconds = milliseconds / 1000
        self.seen: list[str] = []

    def parse(self, text: str) -> NluResult:  # type: ignore[override]
        self.seen.append(text)
        until = time.thread_time() + self.seconds
        while time.thread_time() < until:
            pass
        return NluResult(text=text, ranking=())


def test_a_slower_model_is_told_from_a_faster_one_and_not_from_its_equal() -> None:
    texts = [str(number) for number in range(12)]
    slower = time_differences(Busy(1.0), Busy(4.0), texts).loc["CPU, mean (ms)"]
    assert 2.5 < slower["low"] <= slower["difference"] <= slower["high"] < 3.5
    assert slower["first"] >= 1.0
    same = time_differences(Busy(1.0), Busy(1.0), texts).loc["CPU, mean (ms)"]
    assert abs(same["difference"]) < 0.5


def test_both_read_every_text_in_turns_and_of_many_texts_some() -> None:
    first, second = Busy(0), Busy(0)
    time_differences(first, second, [str(number) for number in range(1000)], n_rounds=2)
    assert first.seen == second.seen
    assert len(first.seen) == 2 * 2 * MOST_TEXTS  # rounds, orders
    assert {first.seen[0], first.seen[2 * MOST_TEXTS - 1]} == {"0", "999"}


def test_without_a_text_there_is_nothing_to_measure() -> None:
    assert time_differences(Busy(0), Busy(0), []).empty
