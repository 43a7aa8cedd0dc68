import { html } from "../../lib/html.js";
import { listed } from "../../lib/format.js";
import { LongText } from "../../parts/long_text.js";

/** A previewed text as a customer would read it, and what is wrong with it. */
export function Bubbles({ shown }) {
  if (!shown) return html`<p class="muted small-text">Nothing is said here yet.</p>`;
  return html`<div class="bubbles">
    ${shown.messages.map((text, at) => html`<p key=${at} class="bubble" dir="auto">${text !== null && text !== undefined ? html`<${LongText} text=${text} />` : html`<span class="wrong">This message cannot be shown.</span>`}</p>`)}
    ${shown.problem && html`<p class="wrong small-text">${shown.problem}</p>`}
    ${shown.missing.length > 0 && html`<p class="small-text warn-text">${listed(shown.missing)} ${shown.missing.length === 1 ? "has" : "have"} no value here, so nothing is printed.</p>`}
  </div>`;
}
