import { html, useEffect, useRef } from "../../lib/html.js";
import { findingInWords } from "../../lib/findings.js";
import { link } from "../../lib/router.js";
import { Badge } from "../../parts/badge.js";
import { Button } from "../../parts/button.js";
import { MarkedText } from "../../parts/marked_text.js";
import { AnnotatedText } from "./annotated_text.js";
import { movedMarks } from "./selection.js";

function RowEditor({ row, desk, onDone }) {
  const area = useRef(null);
  const before = useRef({ text: row.text, entities: row.entities });
  const isOver = useRef(false);
  useEffect(() => {
    area.current.focus();
    area.current.setSelectionRange(row.text.length, row.text.length);
  }, []);
  const type = (event) => {
    const now = desk.item(row.uid);
    const text = event.target.value.replace(/\s*\n\s*/g, " ");
    if (text.trim()) desk.edit(row.uid, { text, entities: movedMarks(now.text, text, now.entities) });
  };
  const end = (fields) => {
    if (isOver.current) return;
    isOver.current = true;
    if (fields) desk.edit(row.uid, fields, { now: true });
    onDone();
  };
  const keys = (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") end(null);
    else if (event.key === "Escape") end(before.current);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<textarea class="example-editor" rows="1" dir="auto" ref=${area} aria-label="Text of the example" value=${row.text} onInput=${type} onKeyDown=${keys} onBlur=${() => end(null)} />`;
}

/** One example: its text with marks, and what can be done with it. */
export function ExampleRow({ bot, desk, row, number, isChosen, isEditing, mayEdit, onPick, onEdit, onEdited, onStep, onChoose }) {
  if (!mayEdit) return html`<div class="example"><${MarkedText} text=${row.text} marks=${row.entities} /><${Findings} bot=${bot} desk=${desk} row=${row} /></div>`;
  const unmark = (mark) => desk.edit(row.uid, { entities: desk.item(row.uid).entities.filter((each) => each !== mark) }, { now: true });
  return html`<div class="example" data-uid=${row.uid}>
    <input type="checkbox" aria-label=${`Select example ${number}`} checked=${isChosen} onChange=${onPick} />
    ${isEditing
      ? html`<${RowEditor} row=${row} desk=${desk} onDone=${onEdited} />`
      : html`<${AnnotatedText} text=${row.text} marks=${row.entities} number=${number} onStep=${onStep} onEdit=${onEdit} onRemove=${unmark} onChoose=${onChoose} />`}
    <${Findings} bot=${bot} desk=${desk} row=${row} />
    <span class="example-actions">
      <${Button} kind="quiet" isSmall aria-label=${`Edit example ${number}`} onClick=${onEdit}>Edit<//>
      <${Button} kind="quiet" isSmall aria-label=${`Delete example ${number}`} disabled=${!row.key} onClick=${() => desk.remove([row.uid])}>Delete<//>
    </span>
  </div>`;
}

const Findings = ({ bot, desk, row }) => row.findings.length > 0 && html`
  <a class="badge-link" href=${link(["bots", bot, "findings"], { intent: desk.intent, check: row.findings[0] })}>
    <${Badge} kind="warn">${findingInWords(row.findings[0])}${row.findings.length > 1 && ` +${row.findings.length - 1}`}<//></a>`;
