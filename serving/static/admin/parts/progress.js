import { html } from "../lib/html.js";
import { Button } from "./button.js";
import { Failure } from "./states.js";

const FAILED = { failed: "It failed.", cancelled: "It was cancelled." };

/** A task or training under way: what it does, how far it is, and a button to cancel it; why, if it has failed. */
export function Progress({ task, onCancel, title }) {
  const { work, error, isRunning } = task;
  if (error) return html`<${Failure} error=${error} />`;
  if (!work) return null;
  if (!isRunning && FAILED[work.state]) {
    const detail = work.error?.detail || work.reason || FAILED[work.state];
    return html`<${Failure} error=${{ message: detail }} />`;
  }
  if (!isRunning) return null;
  return html`<div class="progress" role="status">
    <div class="progress-words"><strong>${title || "Working"}</strong><span>${work.state === "queued" ? work.step || "Waiting for its turn" : work.step}</span></div>
    <progress max="1" value=${work.share || undefined} aria-label=${title || "Progress"}></progress>
    ${onCancel && !(work.share >= 1) && html`<${Button} isSmall onClick=${onCancel}>Cancel<//>`}
  </div>`;
}
