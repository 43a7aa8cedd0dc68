import { html, useState } from "../../lib/html.js";
import { counted } from "../../lib/format.js";
import { recall, remember } from "../../lib/memory.js";
import { Button } from "../../parts/button.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";

const SHOWN = 8;
const AT_ONCE = 5000;

/** The lines of a text as examples: blank ones and repetitions are left out, and counted. */
function linesOf(text) {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => line.trim()).filter(Boolean);
  const found = new Map();
  for (const line of lines) {
    const folded = line.toLowerCase().replace(/\s+/g, " ");
    if (!found.has(folded)) found.set(folded, line);
  }
  return { lines: [...found.values()], repeated: lines.length - found.size };
}

/** Add many examples, one a line, after a look at what will become of them. */
export function PasteExamples({ desk, text: given = "", onClose }) {
  const kept = `pasting/${desk.bot}/${desk.intent}`;
  const [text, setText] = useState(given || recall(kept) || "");
  const { lines, repeated } = linesOf(text);
  const shownNow = new Set((desk.items.value || []).map((row) => row.text.toLowerCase()));
  const known = lines.filter((line) => shownNow.has(line.toLowerCase())).length;
  const type = (now) => {
    setText(now);
    remember(kept, now || null);
  };
  const add = () => {
    for (let at = 0; at < lines.length; at += AT_ONCE) desk.add(lines.slice(at, at + AT_ONCE).map((line) => ({ text: line })), { isTold: true });
    remember(kept, null);
    onClose();
  };
  return html`<${Dialog} isWide title="Add many examples" onClose=${onClose} footer=${html`
    <${Button} onClick=${onClose}>Cancel<//>
    <${Button} kind="primary" disabled=${!lines.length} onClick=${add}>Add ${counted(lines.length, "example")}<//>`}>
    <${Field} label="One example a line" as="textarea" rows="10" dir="auto" value=${text} onInput=${type} placeholder=${"Where is my order?\nHas my parcel been sent?"} />
    <p role="status">${counted(lines.length, "example")}${repeated > 0 && `, ${repeated} ${repeated === 1 ? "line is" : "lines are"} there twice`}${known > 0 && `, ${known} ${known === 1 ? "is" : "are"} in this intent already`}. What is there already is not added again.</p>
    ${lines.length > 0 && html`<ol class="paste-preview">${lines.slice(0, SHOWN).map((line) => html`<li key=${line} dir="auto">${line}</li>`)}
      ${lines.length > SHOWN && html`<li class="muted">and ${counted(lines.length - SHOWN, "more", "more")}</li>`}</ol>`}
  <//>`;
}
