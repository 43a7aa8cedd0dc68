import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../lib/html.js";

const SPARE_PX = 500;

/** Where each row begins, and behind them the end of the last. */
function places(items, heights, keyOf, guess) {
  const tops = new Float64Array(items.length + 1);
  items.forEach((item, at) => {
    tops[at + 1] = tops[at] + (heights.get(keyOf(item)) ?? guess);
  });
  return tops;
}

/** The last row that begins at `top` or above. */
function rowAt(tops, top) {
  let [low, high] = [0, tops.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle] <= top) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** A list like `VirtualList` whose rows are as high as they need to be; `guess` is the usual height. */
export function MeasuredList({ items, row, keyOf, onEnd, label, guess = 48, height = 640 }) {
  const box = useRef(null);
  const heights = useRef(new Map());
  const [seen, setSeen] = useState({ top: 0, height });
  const [measured, setMeasured] = useState(0);
  const tops = useMemo(() => places(items, heights.current, keyOf, guess), [items, measured, guess]);
  const from = items.length ? rowAt(tops, seen.top - SPARE_PX) : 0;
  const until = items.length ? rowAt(tops, seen.top + seen.height + SPARE_PX) + 1 : 0;
  const look = () => setSeen({ top: box.current.scrollTop, height: box.current.clientHeight || height });
  useLayoutEffect(look, [items.length]);
  useLayoutEffect(() => {
    let isNew = false;
    for (const element of box.current.querySelectorAll(":scope > div > .measured-row")) {
      if (heights.current.get(element.dataset.key) === element.offsetHeight) continue;
      heights.current.set(element.dataset.key, element.offsetHeight);
      isNew = true;
    }
    if (isNew) setMeasured((count) => count + 1);
  });
  useEffect(() => {
    if (until >= items.length) onEnd?.();
  }, [until, items.length]);
  return html`<div class="virtual" ref=${box} onScroll=${look} style=${{ maxHeight: `${height}px` }} role="list" aria-label=${label} tabindex="0">
    <div style=${{ height: `${tops[items.length]}px`, position: "relative" }}>
      ${items.slice(from, until).map((item, at) => html`<div key=${keyOf(item)} data-key=${keyOf(item)} role="listitem" class="measured-row"
        aria-setsize=${items.length} aria-posinset=${from + at + 1} style=${{ transform: `translateY(${tops[from + at]}px)` }}>${row(item, from + at)}</div>`)}
    </div>
  </div>`;
}
