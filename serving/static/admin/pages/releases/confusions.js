import { html } from "../../lib/html.js";
import { link } from "../../lib/router.js";
import { SortableTable } from "../../parts/sortable_table.js";

const name = (id) => (id === "__oos__" ? "none of the intents" : id);

/** Which intents are taken for which other ones. */
export function Confusions({ bot, rows }) {
  if (rows.length === 0) return null;
  const intent = (id) => (id === "__oos__" ? name(id) : html`<a href=${link(["bots", bot, "intents", id])}>${id}</a>`);
  const columns = [
    { title: "Is", isHeading: true, value: (row) => name(row.intent_id), cell: (row) => intent(row.intent_id) },
    { title: "Taken for", value: (row) => name(row.taken_for), cell: (row) => intent(row.taken_for) },
    { title: "Sentences", class: "number", value: (row) => row.count, cell: (row) => row.count },
  ];
  return html`<section class="stack"><h2>What is mixed up</h2>
    <p class="muted">Sentences of one intent that are taken for another. Examples that make the difference clear help most.</p>
    <${SortableTable} caption="What is mixed up" columns=${columns} rows=${rows} first=${{ title: "Sentences", isDown: true }} most=${12} /></section>`;
}
