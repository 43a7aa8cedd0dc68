import { html } from "../../lib/html.js";
import { day as told } from "../../lib/format.js";
import { SortableTable } from "../../parts/sortable_table.js";
import { figureColumns } from "./figure_columns.js";

/** The figures of each day. */
export function DayTable({ bot, rows }) {
  const columns = [
    { title: "Day", isHeading: true, class: "nowrap", value: ({ day }) => day, cell: ({ day, is_complete: isComplete }) => html`${told(`${day}T12:00:00Z`)}${!isComplete && html` <span class="muted small-text">so far</span>`}` },
    ...figureColumns(bot, ({ day }) => ({ since: day, until: day })),
  ];
  return html`<section class="stack"><h2>By day</h2><${SortableTable} caption="Figures by day" columns=${columns} rows=${rows} keyOf=${({ day }) => day} first=${{ title: "Day", isDown: true }} /></section>`;
}
