import { html } from "../lib/html.js";
import { areSingleKeysOff, shortcuts, switchSingleKeys } from "../lib/keys.js";
import { Dialog } from "./dialog.js";
import { Check } from "./field.js";

const named = (key) => key.replace("mod+", navigator.platform.startsWith("Mac") ? "⌘ " : "Ctrl ").replace(/^ $/, "Space");

/** The shortcuts of this page. */
export function Help({ onClose }) {
  return html`<${Dialog} title="Keyboard shortcuts" onClose=${onClose}>
    <dl class="shortcuts">${shortcuts.value.map(({ key, does }) => html`<div key=${key + does}><dt><kbd>${named(key)}</kbd></dt><dd>${does}</dd></div>`)}</dl>
    <${Check} label="Single keys work" hint="Switch them off if you dictate, or press keys by accident." checked=${!areSingleKeysOff.value} onChange=${(on) => switchSingleKeys(!on)} />
  <//>`;
}
