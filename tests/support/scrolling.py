"""Scrolling through a long list with the mouse wheel: how smooth it is, and how much of it is in the page."""

from dataclasses import dataclass
from statistics import median, quantiles

from playwright.sync_api import Locator

STEP_PX = 400
_RECORD = """box => {
  window.frames_ = [];
  let before = null;
  const take = (now) => {
    if (!window.frames_) return;
    if (before !== null) window.frames_.push(now - before);
    before = now;
    requestAnimationFrame(take);
  };
  requestAnimationFrame(take);
  box.scrollTop = 0;
}"""
_LOOK = """box => {
  const rowsOf = (list) => [...list.querySelectorAll("[role=listitem]")];
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done({
  rows: rowsOf(box).length,
  last: Math.max(0, ...rowsOf(box).map((row) => Number(row.getAttribute("aria-posinset")))),
  isBlank: !rowsOf(box).some((row) => {
    const [of, at] = [box.getBoundingClientRect(), row.getBoundingClientRect()];
    return at.bottom > of.top && at.top < of.bottom;
  }),
}))));}"""


@dataclass(frozen=True)
class Scrolled:
    """What was seen while a list was scrolled to its end; `frames_ms` are the times between two drawings."""

    frames_ms: list[float]
    steps: int
    most_rows: int
    last: int
    blank_steps: int

    def __str__(self) -> str:
        late = sum(each > 50 for each in self.frames_ms) / len(self.frames_ms)
        return (
            f"{len(self.frames_ms)} frames, median {median(self.frames_ms):.1f} ms, "
            f"p95 {quantiles(self.frames_ms, n=20)[-1]:.1f} ms, {late:.1%} over 50 ms; at most {self.most_rows} rows"
        )


def scroll_through(box: Locator, *, until: int, most_steps: int = 5_000) -> Scrolled:
    """Turn the wheel over a list until its row number `until` is in the page."""
    box.hover(position={"x": 40, "y": 40})
    box.evaluate(_RECORD)
    most, blank, steps = 0, 0, 0
    seen = box.evaluate(_LOOK)
    while seen["last"] < until:
        assert steps < most_steps, seen
        box.page.mouse.wheel(0, STEP_PX)
        seen = box.evaluate(_LOOK)
        most, blank, steps = max(most, seen["rows"]), blank + seen["isBlank"], steps + 1
    frames = box.page.evaluate("() => { const all = window.frames_; window.frames_ = null; return all; }")
    return Scrolled(frames, steps, most, seen["last"], blank)
