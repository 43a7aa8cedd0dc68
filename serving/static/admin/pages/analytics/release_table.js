import { html } from "../../lib/html.js";
import { link } from "../../lib/router.js";
import { SortableTable } from "../../parts/sortable_table.js";
import { figureColumns } from "./figure_columns.js";

/** The figures of each release that answered in the period. */
export function ReleaseTable({ bot, period, rows }) {
  const columns = [
    { title: "Release", isHeading: true, class: "nowrap", value: ({ release }) => Number(release) || 0, cell: ({ release }) => html`<a href=${link(["bots", bot, "releases", release])}>Release ${release}</a>` },
    ...figureColumns(bot, () => period, ({ release }) => ({ release })),
  ];
  return html`<section class="stack"><h2>By release</h2><${SortableTable} caption="Figures by release" columns=${columns} rows=${rows} keyOf=${({ release }) => release} first=${{ title: "Release", isDown: true }} /></section>`;
}
