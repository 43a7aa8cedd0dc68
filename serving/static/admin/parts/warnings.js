import { html } from "../lib/html.js";
import { capital, ended } from "../lib/releases.js";

/** What whoever promotes a release must know, though nothing refuses it; nothing if there is none. */
export function Warnings({ release }) {
  const warnings = release?.warnings || [];
  if (warnings.length === 0) return null;
  return html`<div class="note warn"><p><strong>Know this before customers meet it:</strong></p>
    <ul class="bullets">${warnings.map((warning) => html`<li key=${warning}>${ended(capital(warning))}</li>`)}</ul></div>`;
}
