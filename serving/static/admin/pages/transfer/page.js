// The bot as a file: out of the platform, and in.

import { html, useState } from "../../lib/html.js";
import { path, withQuery } from "../../lib/http.js";
import { may } from "../../lib/session.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";
import { Page } from "../../parts/page.js";
import { Import } from "./import.js";

export default function Transfer({ bot }) {
  return html`<${Page} title="Import and export" lead="The whole draft as a file: for a backup, for another platform, or to work on with other tools.">
    <div class="stack">
      ${may("author", bot) && html`<${Import} bot=${bot} />`}
      <section class="card" aria-labelledby="export-heading">
        <h2 id="export-heading">Export the bot file</h2>
        <p class="muted">Intents with examples, entities, settings and the test set of the draft, as JSON. Secrets of tools are written as ***; imported here again, they stay as they are.</p>
        <div class="actions"><${Button} href=${`/api/v1${path`/bots/${bot}/draft`}`} download=${`${bot}.json`}>Download the bot file<//></div>
      </section>
      ${may("labeller", bot) && html`<${Labels} bot=${bot} />`}
    </div>
  <//>`;
}

const STATUSES = { accepted: "Accepted", open: "Open", rejected: "Rejected", skipped: "Skipped" };

function Labels({ bot }) {
  const [status, setStatus] = useState("accepted");
  const [format, setFormat] = useState("csv");
  const where = `/api/v1${withQuery(path`/bots/${bot}/labels/export`, { status, format })}`;
  return html`<section class="card" aria-labelledby="labels-heading">
    <h2 id="labels-heading">Export labels</h2>
    <p class="muted">What customers wrote and what people decided that it means. The file quotes customers: keep it safe.</p>
    <div class="row end">
      <${Field} label="Which" as="select" value=${status} onChange=${(event) => setStatus(event.target.value)}>${Object.entries(STATUSES).map(([value, word]) => html`<option key=${value} value=${value}>${word}</option>`)}<//>
      <${Field} label="As" as="select" value=${format} onChange=${(event) => setFormat(event.target.value)}><option value="csv">CSV, for a spreadsheet</option><option value="jsonl">JSON, a line each</option><//>
      <${Button} href=${where} download=${`${bot}-labels.${format}`}>Download labels<//>
    </div>
  </section>`;
}
