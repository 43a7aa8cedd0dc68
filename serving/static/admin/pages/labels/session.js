import { html } from "../../lib/html.js";
import { count, counted } from "../../lib/format.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";

/** How far the session is, and what the server does not have yet. */
export function Session({ queue, outbox }) {
  const { n, ms } = queue.pace.value;
  const counts = queue.counts.value;
  const waiting = outbox.entries.value.length;
  const rate = ms > 3000 && n > 1 ? (n / ms) * 60_000 : null;
  return html`<div class="session row" role="group" aria-label="Progress">
    ${counts && html`<span><strong>${count(counts.open)}</strong> waiting</span>`}
    <span><strong>${count(n)}</strong> decided in this session${rate !== null && html`, <strong>${rate.toFixed(0)}</strong> a minute`}</span>
    <span role="status" class="row">${waiting > 0
      ? html`<${Badge} kind=${outbox.trouble.value ? "warn" : "info"}>${count(waiting)} not sent yet<//>`
      : n > 0 ? html`<${Badge} kind="good">All sent<//>` : null}</span>
    ${waiting > 0 && outbox.trouble.value && html`<span class="note warn">${outbox.trouble.value} ${outbox.isKept.value
      ? `${counted(waiting, "decision is", "decisions are")} kept in this browser and sent again by itself.`
      : "This browser keeps nothing: leave this page open until all is sent."} <${Button} isSmall onClick=${outbox.retry}>Send now<//></span>`}
  </div>`;
}
