import { html, useMemo, useState } from "../../lib/html.js";
import { counted } from "../../lib/format.js";
import { recall, remember } from "../../lib/memory.js";
import { beginsWithHeading, likeliestColumn, rowsOf } from "../../lib/pasted_table.js";
import { Button } from "../../parts/button.js";
import { Dialog } from "../../parts/dialog.js";
import { Check, Field } from "../../parts/field.js";

const SHOWN = 8;
const AT_ONCE = 5000;

/** Texts as examples: blank ones and repetitions are left out, and counted. */
function examplesOf(texts) {
  const given = texts.filter(Boolean);
  const found = new Map();
  for (const text of given) {
    const folded = text.toLowerCase().replace(/\s+/g, " ");
    if (!found.has(folded)) found.set(folded, text);
  }
  return { lines: [...found.values()], repeated: given.length - found.size };
}

/** Which column of a spreadsheet holds the examples, and whether its first row is one. */
function Columns({ rows, column, onColumn, hasHeading, onHeading }) {
  const width = Math.max(0, ...rows.map((row) => row.length));
  const titleOf = (at) => `${at + 1}: ${rows.map((row) => row[at] || "").filter(Boolean).slice(0, 3).join(" · ").slice(0, 60) || "empty"}`;
  return html`<div class="row end">
    ${width > 1 && html`<${Field} label="Column with the examples" as="select" hint="The other columns are left out." value=${String(column)} onChange=${(event) => onColumn(Number(event.target.value))}>
      ${Array.from({ length: width }, (_, at) => html`<option key=${at} value=${String(at)}>${titleOf(at)}</option>`)}<//>`}
    <${Check} label=${`The first line is a heading: ${rows[0].filter(Boolean).join(", ")}`} checked=${hasHeading} onChange=${onHeading} />
  </div>`;
}

/** Add many examples, one a line, after a look at what will become of them. */
export function PasteExamples({ desk, text: given = "", onClose }) {
  const kept = `pasting/${desk.bot}/${desk.intent}`;
  const [text, setText] = useState(given || recall(kept) || "");
  const [chosen, setChosen] = useState(null);
  const [heading, setHeading] = useState(null);
  const rows = useMemo(() => rowsOf(text), [text]);
  const isTable = rows.some((row) => row.length > 1);
  const hasHeading = heading ?? beginsWithHeading(rows);
  const column = chosen ?? likeliestColumn(rows);
  const { lines, repeated } = examplesOf(rows.slice(hasHeading ? 1 : 0).map((row) => row[column] || ""));
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
    ${(isTable || beginsWithHeading(rows)) && html`<${Columns} rows=${rows} column=${column} onColumn=${setChosen} hasHeading=${hasHeading} onHeading=${setHeading} />`}
    <p role="status">${counted(lines.length, "example")}${repeated > 0 && `, ${repeated} ${repeated === 1 ? "line is" : "lines are"} there twice`}${known > 0 && `, ${known} ${known === 1 ? "is" : "are"} in this intent already`}. What is there already is not added again.</p>
    ${lines.length > 0 && html`<ol class="paste-preview">${lines.slice(0, SHOWN).map((line) => html`<li key=${line} dir="auto">${line}</li>`)}
      ${lines.length > SHOWN && html`<li class="muted">and ${counted(lines.length - SHOWN, "more", "more")}</li>`}</ol>`}
  <//>`;
}
