import { html } from "../../lib/html.js";
import { Check, Field } from "../../parts/field.js";
import { SOURCES } from "./guesses.js";

/** Which texts come: by who has said something about them, and by an intent that somebody has proposed. */
export function Filters({ filter, intents, isTogether, onTogether, onChange }) {
  const change = (name) => (event) => onChange({ ...filter, [name]: event.target.value || undefined });
  return html`<div class="row end label-filters">
    <${Field} label="Source" as="select" value=${filter.source || ""} onChange=${change("source")}>
      <option value="">All</option>${Object.entries(SOURCES).map(([id, title]) => html`<option key=${id} value=${id}>${title}</option>`)}<//>
    <${Field} label="Proposed intent" as="select" value=${filter.intent || ""} onChange=${change("intent")}>
      <option value="">Any</option><option value="__oos__">None of the intents</option>
      ${filter.intent && filter.intent !== "__oos__" && !intents.some(({ intent_id: id }) => id === filter.intent) && html`<option value=${filter.intent}>${filter.intent}</option>`}
      ${intents.map(({ intent_id: id, name }) => html`<option key=${id} value=${id}>${name || id}</option>`)}<//>
    <${Check} label="Decide texts that say nearly the same together" checked=${isTogether} onChange=${onTogether} />
  </div>`;
}
