import { html } from "../lib/html.js";
import { Button } from "./button.js";

const WORDS = { saved: "Saved", waiting: "Saving …", saving: "Saving …", conflict: "Not saved: somebody else has changed it" };

/** Whether what is typed is saved. `autosave` has the signals `status` and `error`, and `save()`. */
export function SaveState({ autosave }) {
  const status = autosave.status.value;
  const isBad = status === "failed" || status === "refused" || status === "conflict";
  return html`<span class=${`save-state ${isBad ? "wrong" : "muted"}`} role="status">
    <span>${isBad && status !== "conflict" ? `Not saved: ${autosave.error.value?.message || ""}` : WORDS[status]}</span>
    ${(status === "failed" || status === "refused") && html`<${Button} isSmall onClick=${() => autosave.save()}>Try again<//>`}
  </span>`;
}
