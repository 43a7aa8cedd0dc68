import { html, useState } from "../../lib/html.js";
import { counted } from "../../lib/format.js";
import { recall, remember } from "../../lib/memory.js";
import { Button } from "../../parts/button.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { merged, valuesOf, written } from "./lines.js";

const SHOWN = 8;

/** Add many values, one a line with its synonyms, after a look at what will become of them. */
export function PasteValues({ bot, name, values, onAdd, onClose }) {
  const kept = `pasting/${bot}/entity/${name}`;
  const [text, setText] = useState(recall(kept) || "");
  const { values: found, repeated, faults } = valuesOf(text);
  const after = merged(values, found);
  const added = after.length - values.length;
  const type = (now) => {
    setText(now);
    remember(kept, now || null);
  };
  const add = () => {
    onAdd(found);
    remember(kept, null);
    onClose();
  };
  return html`<${Dialog} isWide title="Add many values" onClose=${onClose} footer=${html`<${Button} onClick=${onClose}>Cancel<//>
    <${Button} kind="primary" disabled=${!found.length || faults.length > 0} onClick=${add}>Add ${counted(found.length, "value")}<//>`}>
    <${Field} label="One value a line, then its synonyms" hint="Commas between them. Quotes keep a comma." as="textarea" rows="10" dir="auto" value=${text} onInput=${type} placeholder=${"New York, NYC, Big Apple\n\"Paris, Texas\", Paris TX"}
      error=${faults.length ? `A quote is not closed in line ${faults[0]}.` : ""} />
    <p role="status">${counted(added, "new value")}, ${counted(found.length - added, "is", "are")} there already and ${found.length - added === 1 ? "gets" : "get"} the new synonyms${repeated > 0 ? `; ${counted(repeated, "line")} said again` : ""}.</p>
    ${found.length > 0 && html`<ol class="paste-preview">${found.slice(0, SHOWN).map((row) => html`<li key=${row.value} dir="auto"><strong>${row.value}</strong> <span class="muted">${written(row.synonyms)}</span></li>`)}
      ${found.length > SHOWN && html`<li class="muted">and ${found.length - SHOWN} more</li>`}</ol>`}
  <//>`;
}
