// The examples of an intent: found, added, edited, marked, moved and deleted.

import { html, useEffect, useSignal } from "../../lib/html.js";
import { findingInWords } from "../../lib/findings.js";
import { counted } from "../../lib/format.js";
import { useDelayed } from "../../lib/load.js";
import { recall, remember } from "../../lib/memory.js";
import { say } from "../../lib/notices.js";
import { slicePoints } from "../../lib/text.js";
import { BothVersions } from "../../parts/both_versions.js";
import { Button } from "../../parts/button.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { IntentChoice } from "../../parts/intent_choice.js";
import { MeasuredList } from "../../parts/measured_list.js";
import { Empty, Failure, Loading } from "../../parts/states.js";
import { EntityChoice } from "./entity_choice.js";
import { ExampleRow } from "./example_row.js";
import { PasteExamples } from "./paste_examples.js";
import { withMark } from "./selection.js";

/** Intents that every bot has and that work without an example. */
const NEEDED = {
  fallback: { title: "This one needs no examples", text: "It answers when nothing is understood: a message that fits no intent, or that is like nothing taught. Word what the bot then says under Replies." },
  init_conversation: { title: "This one needs no examples", text: "It greets whoever opens the chat, before they have written anything. Word the greeting under Replies. Greetings that customers write are an intent of their own." },
};

/** Give a row the focus that what was open over it had, unless somebody has gone on to another field meanwhile. */
const focusRow = (uid) => requestAnimationFrame(() => {
  if (document.activeElement === document.body) document.querySelector(`[data-uid="${uid}"] .annotated`)?.focus();
});

export function ExamplesPart({ bot, desk, entities, onNewEntity, total, mayEdit, query }) {
  const search = useSignal(query.text || "");
  const entity = useSignal("");
  const finding = useSignal(query.finding || query.check || "");
  const chosen = useSignal(new Set());
  const editing = useSignal(null);
  const choice = useSignal(null);
  const pasting = useSignal(null);
  const isMoving = useSignal(false);
  const text = useDelayed(search.value);
  useEffect(() => {
    chosen.value = new Set();
    desk.load({ text, entity: entity.value, finding: finding.value });
  }, [desk, text, entity.value, finding.value]);

  const items = desk.items.value;
  const pick = (uid) => {
    const now = new Set(chosen.value);
    if (!now.delete(uid)) now.add(uid);
    chosen.value = now;
  };
  const take = (to) => {
    const gone = desk.take([...chosen.value], to);
    chosen.value = new Set();
    isMoving.value = false;
    if (to) say(`${counted(gone.length, "example")} moved to ${to}.`);
  };
  const step = (uid, by) => {
    const at = items.findIndex((row) => row.uid === uid) + by;
    if (items[at]) document.querySelector(`[data-uid="${items[at].uid}"] .annotated`)?.focus();
  };
  const mark = (name) => {
    const { uid, begin, end } = choice.value;
    const row = desk.item(uid);
    if (row) desk.edit(uid, { entities: withMark(row.entities, { begin, end, name, value: slicePoints(row.text, begin, end) }) }, { now: true });
    leaveChoice();
  };
  const unmark = () => {
    const { uid, mark: old } = choice.value;
    desk.edit(uid, { entities: desk.item(uid).entities.filter((each) => each.begin !== old.begin || each.end !== old.end) }, { now: true });
    leaveChoice();
  };
  const leaveChoice = () => {
    const { uid } = choice.value;
    choice.value = null;
    focusRow(uid);
  };
  const conflict = desk.outbox.conflict.value;
  const isFiltered = Boolean(text || entity.value || finding.value);
  return html`<div class="stack">
    ${mayEdit && html`<${AddExample} desk=${desk} onMany=${(lines) => { pasting.value = lines; }} />`}
    <div class="row end">
      <${Field} label="Search examples" type="search" value=${search.value} onInput=${(now) => { search.value = now; }} />
      <${Field} label="Marked entity" as="select" value=${entity.value} onChange=${(event) => { entity.value = event.target.value; }}>
        <option value="">any</option>${entities.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}<//>
      ${finding.value && html`<${Button} isSmall onClick=${() => { finding.value = ""; }}>Only “${findingInWords(finding.value)}” ✕<//>`}
    </div>
    ${desk.outbox.status.value === "refused" && html`<${Failure} error=${desk.outbox.error.value}><${Button}
      onClick=${() => desk.drop()}>Discard this change<//><//>`}
    ${mayEdit && html`<div class="between bulk">
      <span class="muted">${total !== null && !isFiltered ? counted(total, "example") : items && counted(items.length, "example")}${desk.next.value ? " and more" : ""}</span>
      ${chosen.value.size > 0
        ? html`<span class="actions"><strong>${chosen.value.size} selected</strong>
          <${Button} isSmall onClick=${() => { isMoving.value = true; }}>Move<//>
          <${Button} isSmall kind="danger" onClick=${() => { desk.remove([...chosen.value]); chosen.value = new Set(); }}>Delete<//>
          <${Button} isSmall kind="quiet" onClick=${() => { chosen.value = new Set(); }}>Select none<//></span>`
        : html`<span class="actions">${desk.deleted.value.length > 0 && html`<${Button} isSmall onClick=${() => desk.restore()}>
            Undo: bring back ${counted(desk.deleted.value.at(-1).examples.length, "example")}<//>`}
          ${items?.length > 0 && html`<${Button} isSmall kind="quiet" onClick=${() => { chosen.value = new Set(items.map(({ uid }) => uid)); }}>Select all shown<//>`}</span>`}
    </div>`}
    <${Failure} error=${desk.loadError.value} onRetry=${() => desk.load()} />
    ${!items && !desk.loadError.value && html`<${Loading} />`}
    ${items?.length === 0 && (isFiltered ? html`<p class="muted">No example is like that.</p>`
      : desk.intent in NEEDED ? html`<${Empty} title=${NEEDED[desk.intent].title}>${NEEDED[desk.intent].text}<//>`
      : html`<${Empty} title="No examples yet">Write what customers would say when they want this, in ten or more different ways. Then select the words in them that are values, such as a city or a date.<//>`)}
    ${items?.length > 0 && html`<p
      class="hint">Select words to mark them as a value. With the keyboard: Tab to a text, Shift and arrow keys select, Enter chooses the entity.</p>
      <${MeasuredList} items=${items} label="Examples" keyOf=${({ uid }) => uid} onEnd=${() => desk.more()} row=${(row, at) => html`
        <${ExampleRow} bot=${bot} desk=${desk} row=${row} number=${at + 1} mayEdit=${mayEdit} isChosen=${chosen.value.has(row.uid)}
          isEditing=${editing.value === row.uid}
          onPick=${() => pick(row.uid)} onEdit=${() => { editing.value = row.uid; }}
          onEdited=${() => { if (editing.value === row.uid) editing.value = null; focusRow(row.uid); }}
          onStep=${(by) => step(row.uid, by)} onChoose=${(found) => { choice.value = { ...found, uid: row.uid }; }} />`} />`}
    ${choice.value && html`<${EntityChoice} key=${`${choice.value.uid}-${choice.value.begin}`} rect=${choice.value.rect}
      mark=${choice.value.mark} entities=${entities}
      words=${slicePoints(desk.item(choice.value.uid).text, choice.value.begin, choice.value.end)}
      onChoose=${mark} onMake=${onNewEntity} onRemove=${unmark} onClose=${leaveChoice} />`}
    ${pasting.value !== null && html`<${PasteExamples} desk=${desk} text=${pasting.value} onClose=${() => { pasting.value = null; }} />`}
    ${isMoving.value && html`<${MoveExamples} bot=${bot} from=${desk.intent} count=${chosen.value.size}
      onClose=${() => { isMoving.value = false; }}
      onChoose=${take} />`}
    ${conflict && html`<${BothVersions} title="This example has changed or is gone meanwhile" mine="Add mine as an example"
      theirs="Leave it as it is"
      rows=${[{ name: "Example", mine: conflict.op.text, theirs: conflict.op.theirs ?? "It is not there any more." }]}
      onMine=${() => desk.drop({ isKept: true })} onTheirs=${() => desk.drop()} onClose=${() => desk.drop()} />`}
  </div>`;
}

function AddExample({ desk, onMany }) {
  const kept = `adding/${desk.bot}/${desk.intent}`;
  const text = useSignal(recall(kept) || "");
  const set = (now) => {
    text.value = now;
    remember(kept, now || null);
  };
  const submit = (event) => {
    event.preventDefault();
    if (!text.value.trim()) return;
    desk.add([{ text: text.value.trim() }]);
    set("");
  };
  const paste = (event) => {
    const pasted = event.clipboardData?.getData("text/plain") || "";
    if (!/\S[^\S\n]*[\r\n\t]+\s*\S/.test(pasted)) return; // one line, and of a spreadsheet one cell
    event.preventDefault();
    onMany(pasted);
  };
  return html`<form class="row end" onSubmit=${submit}>
    <${Field} label="New example" dir="auto" autocomplete="off" placeholder="What a customer would write" value=${text.value}
      onInput=${set} onPaste=${paste} />
    <${Button} kind="primary" type="submit" disabled=${!text.value.trim()}>Add<//>
    <${Button} onClick=${() => onMany("")}>Paste many<//>
  </form>`;
}

const MoveExamples = ({ bot, from, count, onChoose, onClose }) => html`
  <${Dialog} title=${`Move ${counted(count, "example")}`} onClose=${onClose}>
    <${IntentChoice} bot=${bot} label="To which intent?" without=${[from]} takesFocus onChoose=${onChoose} />
  <//>`;
