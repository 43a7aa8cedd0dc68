import { html } from "../../lib/html.js";
import { count, percent } from "../../lib/format.js";
import { get, path } from "../../lib/http.js";
import { useLoad } from "../../lib/load.js";
import { link } from "../../lib/router.js";
import { may } from "../../lib/session.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { Loaded } from "../../parts/states.js";
import { Table } from "../../parts/table.js";

const share = (part, whole) => (whole ? `${count(part)} (${percent(part / whole)})` : "–");

/** The releases on trial, with their figures; nothing if there is none. */
export function Trials({ bot, canary, shadow, onMove }) {
  return html`${canary && html`<${Canary} key=${`canary-${canary}`} bot=${bot} onMove=${onMove} />`}
    ${shadow && html`<${Shadow} key=${`shadow-${shadow}`} bot=${bot} onMove=${onMove} />`}`;
}

function Head({ bot, kind, version, children, load, onMove }) {
  return html`<div class="between"><div class="row"><${Badge} kind="info">${kind}<//><h2><a href=${link(["bots", bot, "releases", version])}>Release ${version}</a></h2>${children}</div>
    <div class="actions"><${Button} isSmall onClick=${load.reload}>Count again<//>
    ${may("operator", bot) && html`<${Button} isSmall onClick=${() => onMove({ kind: `${kind.toLowerCase()}_stop`, version })}>Stop<//>`}</div></div>`;
}

function Canary({ bot, onMove }) {
  const load = useLoad((signal) => get(path`/bots/${bot}/releases/canary`, {}, { signal }), [bot]);
  const columns = [
    { title: "Release", isHeading: true, cell: ({ name }) => name },
    { title: "Messages", class: "number", cell: ({ arm }) => count(arm.turns) },
    { title: "Not understood", class: "number", cell: ({ arm }) => share(arm.fallback, arm.turns) },
    { title: "Asked which was meant", class: "number", cell: ({ arm }) => share(arm.clarification, arm.turns) },
    { title: "Failed", class: "number", cell: ({ arm }) => share(arm.error, arm.turns) },
  ];
  return html`<section class="card" aria-label="Canary"><${Loaded} load=${load}>${({ version, share: part, canary, others }) => version && html`
    <${Head} bot=${bot} kind="Canary" version=${version} load=${load} onMove=${onMove}><span class="muted">answers ${percent(part, 0)} of the conversations</span><//>
    ${canary && others
      ? html`<${Table} caption="The canary beside the live release" columns=${columns} rows=${[{ name: `Canary, release ${version}`, arm: canary }, { name: "Live release", arm: others }]} />`
      : html`<p class="muted">It has not answered anybody yet.</p>`}`}<//></section>`;
}

function Shadow({ bot, onMove }) {
  const load = useLoad((signal) => get(path`/bots/${bot}/releases/shadow`, {}, { signal }), [bot]);
  const columns = [
    { title: "Intent", isHeading: true, cell: (row) => row.intent_id || "All intents" },
    { title: "Messages", class: "number", cell: (row) => count(row.turns) },
    { title: "Different", class: "number", cell: (row) => share(row.different, row.turns) },
    { title: "Another intent", class: "number", cell: (row) => count(row.intent) },
    { title: "Another reply", class: "number", cell: (row) => count(row.reply) },
    { title: "Other values", class: "number", cell: (row) => count(row.values) },
    { title: "Another tool call", class: "number", cell: (row) => count(row.tool_call) },
    { title: "Failed", class: "number", cell: (row) => count(row.failed) },
  ];
  return html`<section class="card" aria-label="Shadow"><${Loaded} load=${load}>${({ version, total, by_intent: rows }) => version && html`
    <${Head} bot=${bot} kind="Shadow" version=${version} load=${load} onMove=${onMove}><span class="muted">reads along and answers nobody</span><//>
    ${total?.turns ? html`<${Table} caption="What the shadow would have done otherwise" columns=${columns} rows=${[total, ...rows]} />` : html`<p class="muted">It has not read a message yet.</p>`}`}<//></section>`;
}
