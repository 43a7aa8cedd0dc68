import { html } from "../lib/html.js";
import { Button } from "./button.js";

const WORDS = { saved: "Saved", waiting: "Saving …", saving: "Saving …", conflict: "Not saved: it was changed in another tab or by somebody else" };

/** Whether what is typed is saved. `autosave` has the signals `status` and `error`, and `save()`. */
export function SaveState({ autosave }) {
  const status = autosave.status.value;
  const isUnusable = status === "saved" && autosave.unusable?.value > 0;
  const isBad = isUnusable || status === "failed" || status === "refused" || status === "conflict";
  return html`<span class=${`save-state ${isBad ? "wrong" : "muted"}`} role="status">
    <span>${isUnusable ? "Not saved: something below cannot be used" : isBad && status !== "conflict" ? `Not saved: ${autosave.error.value?.message || ""}` : WORDS[status]}</span>
    ${status === "conflict" && autosave.isPutOff?.value && html`<${Button} isSmall onClick=${() => { autosave.isPutOff.value = false; }}>Show both versions<//>`}
    ${(status === "failed" || status === "refused") && html`<${Button} isSmall onClick=${() => autosave.save()}>Try again<//>`}
  </span>`;
}
