import { html } from "../../lib/html.js";
import { Button } from "../../parts/button.js";

const SHOWN = 6;

/** A decision in words. */
export function inWords({ status, intent_id: id }, titleOf) {
  return { accepted: id && titleOf(id), rejected: "Unusable", skipped: "Skipped", open: "Not decided" }[status] || status;
}

/** The latest decisions, and whether the server has them. */
export function Decided({ queue, outbox, titleOf }) {
  const history = queue.history.value;
  if (!history.length) return null;
  const waiting = new Set(outbox.entries.value.map(({ id }) => id));
  const latest = history.slice(-SHOWN).reverse();
  return html`<section class="card" aria-label="Decided just now">
    <div class="between"><h2>Decided just now</h2><${Button} isSmall onClick=${() => queue.undo()}>Undo the latest<//></div>
    <ul class="decided">${latest.map(({ labels, entries, ...decision }) => html`<li key=${entries[0].id}>
      <span class="decided-text" dir="auto">${labels[0].text}${labels.length > 1 && html`<span class="muted"> and ${labels.length - 1} more</span>`}</span>
      <strong>${inWords(decision, titleOf)}</strong>
      <span class="muted small-text">${entries.some(({ id }) => waiting.has(id)) ? "sending" : "sent"}</span></li>`)}</ul>
  </section>`;
}
