import { html, useState } from "../../lib/html.js";
import { count, counted, listed } from "../../lib/format.js";
import { capital } from "../../lib/releases.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { Table } from "../../parts/table.js";

const SHOWN = 100;
const FIELDS = { title: "title", description: "description", language: "language", timezone: "time zone", phrases: "phrases", nlu: "understanding" };
const CHANGES = { created: { word: "New", kind: "good" }, updated: { word: "Changed", kind: "info" }, deleted: { word: "Deleted", kind: "bad" } };

export const deletedIn = (report) => report.intents_deleted + report.entities_deleted;

function examples({ kind, examples_before: before, examples_after: after }) {
  if (kind !== "intent") return "";
  return before === after ? count(after) : `${count(before)} → ${count(after)}`;
}

const COLUMNS = [
  { title: "Change", cell: ({ change }) => html`<${Badge} kind=${CHANGES[change].kind}>${CHANGES[change].word}<//>` },
  { title: "Name", isHeading: true, cell: ({ name }) => html`<span dir="auto">${name}</span>` },
  { title: "Kind", cell: ({ kind }) => kind },
  { title: "Examples", class: "number", cell: examples },
];

/** Sentences of the import, the first few of many. */
function Sentences({ title, lines }) {
  const [isAll, setAll] = useState(false);
  if (!lines.length) return null;
  const shown = isAll ? lines : lines.slice(0, 10);
  return html`<div class="stack tight"><h4>${title}</h4>
    <ul class="bullets">${shown.map((line, number) => html`<li key=${number} dir="auto">${line}</li>`)}</ul>
    ${shown.length < lines.length && html`<div><${Button} isSmall onClick=${() => setAll(true)}>Show all ${count(lines.length)}<//></div>`}</div>`;
}

/** What an import would change, or has changed, and what of the file is not taken as it stands. */
export function Report({ report }) {
  const sum = (what) => ["created", "updated", "unchanged", "deleted"].map((state) => [state, report[`${what}_${state}`]]).filter(([, number]) => number > 0);
  const said = (what) => listed(sum(what).map(([state, number]) => `${count(number)} ${state}`)) || "none";
  return html`<dl class="values">
      <div><dt>Intents</dt><dd>${said("intents")}</dd></div>
      <div><dt>Entities</dt><dd>${said("entities")}</dd></div>
      ${report.fields.length > 0 && html`<div><dt>Settings</dt><dd>${listed(report.fields.map((name) => FIELDS[name] || name))} changed
        ${report.changed_fields.map(({ name, before, after }) => html`<p key=${name} class="small-text">${capital(FIELDS[name] || name)}: ${before
          ? html`<bdi>“${before}”</bdi>` : "empty"} → ${after ? html`<bdi>“${after}”</bdi>` : "empty"}</p>`)}</dd></div>`}
    </dl>
    ${report.parts.length > 0 && html`<${Table} caption="What changes" columns=${COLUMNS} rows=${report.parts.slice(0, SHOWN)} keyOf=${({ kind, name }) => `${kind}/${name}`} />`}
    ${report.parts.length > SHOWN && html`<p class="muted">And ${counted(report.parts.length - SHOWN, "more change")}.</p>`}
    <${Sentences} title="Not taken as it stands: annotations that are moved or dropped" lines=${report.repairs} />
    <${Sentences} title="Also" lines=${report.notes} />`;
}
