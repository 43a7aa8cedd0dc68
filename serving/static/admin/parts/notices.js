import { html } from "../lib/html.js";
import { dismiss, notices } from "../lib/notices.js";
import { Button } from "./button.js";

/** The sentences of `say`, at the edge of the page. */
export function Notices() {
  return html`<div class="notices" role="status" aria-live="polite">${notices.value.map(({ id, text, kind, undo, more }) => html`
    <div key=${id} class=${`notice ${kind}`}><p>${text}</p>
      ${more && html`<${Button} isSmall href=${more.href} onClick=${() => dismiss(id)}>${more.title}<//>`}
      ${undo && html`<${Button} isSmall onClick=${() => { dismiss(id); undo(); }}>Undo<//>`}
      <${Button} kind="quiet" isSmall aria-label="Close this notice" onClick=${() => dismiss(id)}>✕<//>
    </div>`)}</div>`;
}
