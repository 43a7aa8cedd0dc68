import { html, useMemo, useState } from "../lib/html.js";
import { Button } from "./button.js";
import { Table } from "./table.js";

/**
 * A table whose columns with `value(row)` sort it. `first` is `{title, isDown}`: how it is sorted at first. Of more than
 * `most` rows the others come on demand.
 */
export function SortableTable({ columns, rows, first, most = Infinity, ...rest }) {
  const [isWhole, setWhole] = useState(false);
  const [order, setOrder] = useState(first || { title: null, isDown: false });
  const sorted = useMemo(() => {
    const by = columns.find(({ title }) => title === order.title)?.value;
    return by ? [...rows].sort((a, b) => compared(by(a), by(b)) * (order.isDown ? -1 : 1)) : rows;
  }, [rows, order]);
  const choose = (title) => setOrder({ title, isDown: order.title === title ? !order.isDown : false });
  const shown = columns.map((column) => (column.value
    ? {
      ...column,
      sorted: order.title === column.title ? (order.isDown ? "descending" : "ascending") : "none",
      heading: html`<button type="button" class="sort" onClick=${() => choose(column.title)}>${column.title}
        <span aria-hidden="true">${order.title === column.title ? (order.isDown ? "↓" : "↑") : "↕"}</span></button>`,
    }
    : column));
  const isCut = !isWhole && rows.length > most;
  return html`<${Table} columns=${shown} rows=${isCut ? sorted.slice(0, most) : sorted} ...${rest} />
    ${isCut && html`<div><${Button} isSmall onClick=${() => setWhole(true)}>Show all ${rows.length}<//></div>`}`;
}

function compared(a, b) {
  if (typeof a === "string") return a.localeCompare(b);
  return (a ?? -Infinity) - (b ?? -Infinity);
}
