import { html } from "../../lib/html.js";
import { count, percent } from "../../lib/format.js";
import { link } from "../../lib/router.js";
import { SortableTable } from "../../parts/sortable_table.js";

/** How well each intent or entity is recognised in sentences that the release has not learnt from, the worst first. */
export function Measured({ bot, title, what, page, rows }) {
  if (rows.length === 0) return null;
  const columns = [
    { title: what, isHeading: true, value: ({ name }) => name, cell: ({ name }) => html`<a href=${link(["bots", bot, page, name])}>${name}</a>` },
    { title: "Recognised (F1)", value: ({ f1 }) => f1, cell: ({ f1, low, high }) => html`<span class="nowrap">${percent(f1)} <span class="muted small-text">(${bound(low)} to ${bound(high)})</span></span><${Interval} value=${f1} low=${low} high=${high} />` },
    { title: "Right when said", class: "number", value: ({ precision }) => precision, cell: ({ precision }) => percent(precision) },
    { title: "Found of all", class: "number", value: ({ recall }) => recall, cell: ({ recall }) => percent(recall) },
    { title: "Sentences", class: "number", value: ({ support }) => support, cell: ({ support }) => count(support) },
  ];
  return html`<section class="stack"><h2>${title}</h2>
    <${SortableTable} caption=${title} columns=${columns} rows=${rows} keyOf=${({ name }) => name} first=${{ title: "Recognised (F1)", isDown: false }} most=${12} /></section>`;
}

const bound = (share) => (share === null ? "–" : (share * 100).toFixed(0));

/** A share and its interval as a bar. */
function Interval({ value, low, high }) {
  const at = (share) => `${(share * 100).toFixed(1)}%`;
  if (low === null || high === null) return null;
  return html`<span class="interval" aria-hidden="true"><i style=${{ left: at(low), width: at(high - low) }}></i><b style=${{ left: at(value) }}></b></span>`;
}
