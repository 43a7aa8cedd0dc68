import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/html.js";

const SPARE = 8;
const LEAST_ROWS = 6;

/**
 * A list of which only the rows in sight are in the page, each `rowHeight` px high. `row(item, index)` renders one;
 * `onEnd` is called near the end, for the next page. It is as high as the screen lets it be, and never lower than six rows.
 */
export function VirtualList({ items, rowHeight, row, keyOf, onEnd, label }) {
  const box = useRef(null);
  const [from, setFrom] = useState(0);
  const [seen, setSeen] = useState(Math.ceil(innerHeight / rowHeight));
  const look = () => {
    setFrom(Math.max(0, Math.floor(box.current.scrollTop / rowHeight) - SPARE));
    setSeen(Math.ceil(box.current.clientHeight / rowHeight) + 2 * SPARE);
  };
  useLayoutEffect(look, [items.length, rowHeight]);
  const until = Math.min(items.length, from + seen);
  useEffect(() => {
    if (until >= items.length - SPARE) onEnd?.();
  }, [until, items.length]);
  useEffect(() => {
    addEventListener("resize", look);
    return () => removeEventListener("resize", look);
  }, []);
  return html`<div class="virtual" ref=${box} onScroll=${look} style=${{ minHeight: `${Math.min(items.length, LEAST_ROWS) * rowHeight}px` }}
    role="list" aria-label=${label} tabindex="0">
    <div style=${{ height: `${items.length * rowHeight - 1}px`, position: "relative", overflow: "hidden" }}>
      ${items.slice(from, until).map((item, at) => html`<div key=${keyOf(item)} role="listitem" class="virtual-row"
        aria-setsize=${items.length} aria-posinset=${from + at + 1}
        style=${{ transform: `translateY(${(from + at) * rowHeight}px)`, height: `${rowHeight}px` }}>${row(item, from + at)}</div>`)}
    </div>
  </div>`;
}
