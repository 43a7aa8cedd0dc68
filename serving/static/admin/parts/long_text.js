import { html, useState } from "../lib/html.js";
import { count } from "../lib/format.js";
import { Button } from "./button.js";

/** A text, and of one that would fill the screen its beginning, until somebody wants it all. */
export function LongText({ text, most = 800 }) {
  const [isWhole, setWhole] = useState(false);
  if (text.length <= most * 1.5 || isWhole) return text;
  return html`${text.slice(0, most)} … <${Button} isSmall kind="quiet" onClick=${() => setWhole(true)}>Show all ${count(text.length)} characters<//>`;
}
