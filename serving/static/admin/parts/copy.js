import { html, useState } from "../lib/html.js";
import { Button } from "./button.js";

/** A text to take along, with a button that copies it. */
export function Copy({ text, label, isBlock = false }) {
  const [told, setTold] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setTold("Copied");
    } catch {
      setTold("Select it and copy"); // a browser that does not let pages write to the clipboard
    }
    setTimeout(() => setTold(""), 3000);
  };
  const shown = isBlock ? html`<pre tabindex="0">${text}</pre>` : html`<code class="copy-text">${text}</code>`;
  return html`<div class=${isBlock ? "copy stack" : "copy row"}>${shown}<${Button} isSmall aria-label=${`Copy ${label}`} onClick=${copy}>${told || "Copy"}<//><span class="unseen" role="status">${told}</span></div>`;
}
