import { html, useEffect, useRef, useSignal } from "../../lib/html.js";
import { recall, remember } from "../../lib/memory.js";
import { toUnits } from "../../lib/text.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";
import { bodyFor, bodyOf, rowsOf } from "./body_rows.js";
import { askPreview } from "./preview.js";
import { TemplateField } from "./template_field.js";

const PAUSE_MS = 400;

/** Line and column of a place in a text, from 1. */
function placeOf(text, units) {
  const before = text.slice(0, units).split("\n");
  return `line ${before.length}, column ${[...before[before.length - 1]].length + 1}`;
}

/** The JSON body of a tool: as rows, or as it is written. What is no JSON is not saved. */
export function BodyEditor({ bot, value, samples, body, values, onChange, onFault }) {
  const rows = rowsOf(body);
  const isWritten = useSignal(rows === null);
  const set = (now) => onChange(bodyOf(now));
  const edit = (at, fields) => set(rows.map((row, number) => (number === at ? { ...row, ...fields } : row)));
  if (isWritten.value || rows === null) {
    return html`<${WrittenBody} bot=${bot} value=${value} samples=${samples} body=${body} values=${values} onChange=${onChange} onFault=${onFault}
      toRows=${rows !== null && (() => { isWritten.value = false; })} />`;
  }
  return html`<div class="stack">
    ${rows.map((row, at) => html`<div key=${at} class="row end">
      <${Field} label=${`Field ${at + 1}`} value=${row.name} onChange=${(event) => edit(at, { name: event.target.value })} />
      <div class="wide-cell"><${TemplateField} label=${`Value of ${row.name || `field ${at + 1}`}`} as="input" text=${row.value} values=${values} onInput=${(now) => edit(at, { value: now })} /></div>
      <${Button} kind="quiet" isSmall aria-label=${`Remove ${row.name || `field ${at + 1}`}`} onClick=${() => set(rows.filter((_, number) => number !== at))}>Remove<//>
    </div>`)}
    <div class="actions"><${Button} isSmall onClick=${() => set([...rows, { name: freeName(rows), value: "" }])}>Add a field<//>
      ${rows.length === 0 && (value.parameters || []).length > 0 && html`<${Button} isSmall onClick=${() => onChange(bodyFor(value.parameters))}>One field for each question<//>`}
      <${Button} kind="quiet" isSmall onClick=${() => { isWritten.value = true; }}>Write it as JSON<//></div>
  </div>`;
}

function freeName(rows) {
  let number = rows.length + 1;
  while (rows.some(({ name }) => name === `field_${number}`)) number += 1;
  return `field_${number}`;
}

function WrittenBody({ bot, value, samples, body, values, onChange, onFault, toRows }) {
  const key = `body/${bot}/${value.intentId}`;
  const text = useSignal(recall(key) ?? body);
  const fault = useSignal(null);
  const latest = useRef(body);
  useEffect(() => {
    if (body !== latest.current) text.value = body; // undone, or changed by somebody else
    latest.current = body;
  }, [body]);
  useEffect(() => {
    const now = text.value;
    if (now === body) {
      fault.value = null;
      return undefined;
    }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      const tried = { ...value, apiTrigger: true, apiDetails: { ...value.apiDetails, isJson: true, jsonData: now } };
      try {
        const { faults } = await askPreview(bot, tried, samples, { signal: abort.signal });
        const found = faults.find(({ field }) => field === "jsonData");
        fault.value = found ? { ...found, at: found.offset === null ? null : toUnits(now, found.offset) } : null;
        if (found) return;
        remember(key, null);
        latest.current = now;
        onChange(now);
      } catch (error) {
        if (!abort.signal.aborted) fault.value = { detail: error.message, at: null };
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text.value, body]);
  const isFaulty = Boolean(fault.value);
  useEffect(() => {
    if (!isFaulty) return undefined;
    onFault(1);
    return () => onFault(-1);
  }, [isFaulty]);
  const frame = useRef(null);
  const type = (now) => {
    text.value = now;
    remember(key, now === body ? null : now);
  };
  const show = () => {
    const area = frame.current.querySelector("textarea");
    area.focus();
    area.setSelectionRange(fault.value.at, fault.value.at + 1);
  };
  const where = fault.value && fault.value.at !== null ? `${placeOf(text.value, fault.value.at)}: ` : "";
  return html`<div class="stack" ref=${frame}>
    <${TemplateField} label="Body as JSON" class="mono-field" rows=${8} spellcheck="false" text=${text.value} values=${values} onInput=${type}
      error=${fault.value ? `Not saved. ${where}${fault.value.detail}.` : ""} />
    <div class="actions">${fault.value && fault.value.at !== null && html`<${Button} isSmall onClick=${show}>Show the place<//>`}
      ${toRows && !fault.value && html`<${Button} kind="quiet" isSmall onClick=${toRows}>Show it as a form<//>`}</div>
  </div>`;
}
