import { html, useEffect, useRef, useState } from "../../lib/html.js";
import { intentsOf } from "../../lib/bots.js";
import { useDelayed, useLoad } from "../../lib/load.js";
import { place, replaceQuery } from "../../lib/router.js";
import { ROUTES } from "../../lib/turns.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";

/** The conditions of a search as they stand in the address. */
export const CONDITIONS = [
  "text", "thread_id", "intent", "route", "min_confidence", "max_confidence", "channel", "release", "since", "until", "having",
];

const RARE = CONDITIONS.filter((name) => name !== "text" && name !== "route");

const change = (name, value) => {
  const { [name]: before, ...others } = place.value.query;
  if ((before || "") !== value) replaceQuery(value ? { ...others, [name]: value } : others);
};

/** A field whose value goes into the address once the typing pauses, or the field is left. */
function Typed({ name, query, ...rest }) {
  const [text, setText] = useState(query[name] || "");
  const late = useDelayed(text);
  const mine = useRef(query[name] || "");
  const take = (now) => {
    mine.current = now.trim();
    change(name, now.trim());
  };
  useEffect(() => take(late), [late]);
  useEffect(() => {
    if ((query[name] || "") !== mine.current) setText(query[name] || ""); // the back button, or "Clear"
  }, [query[name]]);
  return html`<${Field} value=${text} onInput=${setText} onChange=${(event) => take(event.target.value)} ...${rest} />`;
}

/** A moment in the person's own time; the address has it in UTC. */
function Moment({ name, query, label }) {
  const date = query[name] ? new Date(query[name]) : null;
  const isMoment = date && !Number.isNaN(date.getTime());
  const local = isMoment ? new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16) : "";
  const choose = (event) => change(name, event.target.value ? new Date(event.target.value).toISOString() : "");
  return html`<${Field} label=${label} type="datetime-local" value=${local} onChange=${choose} />`;
}

export function Filters({ bot, query }) {
  const intents = useLoad(() => intentsOf(bot), [bot]);
  const given = CONDITIONS.filter((name) => query[name]);
  const [isOpen, setOpen] = useState(RARE.some((name) => query[name]));
  const select = (name, label, every, options) => html`<${Field} label=${label} as="select" value=${query[name] || ""}
    onChange=${(event) => change(name, event.target.value)}>
    <option value="">${every}</option>${options.map(([value, title]) => html`<option key=${value} value=${value}>${title}</option>`)}<//>`;
  const known = (intents.data || []).map(({ intent_id: id, name }) => [id, name || id]);
  if (query.intent && !known.some(([id]) => id === query.intent)) known.unshift([query.intent, query.intent]);
  return html`<search class="stack" aria-label="Search conversations">
    <div class="row end">
      <${Typed} name="text" query=${query} label="Customer wrote" type="search" dir="auto" />
      ${select("route", "Outcome", "Every outcome", Object.entries(ROUTES).map(([value, { word }]) => [value, word]))}
      <${Button} aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>${isOpen ? "Fewer conditions" : "More conditions"}<//>
      ${given.length > 0 && html`<${Button} kind="quiet" onClick=${() => replaceQuery({})}>Clear<//>`}
    </div>
    ${isOpen && html`<div class="grid">
      ${select("intent", "Intent", "Every intent", known)}
      <${Typed} name="min_confidence" query=${query} label="Confidence from" type="number" min="0" max="1" step="0.05" />
      <${Typed} name="max_confidence" query=${query} label="Confidence up to" type="number" min="0" max="1" step="0.05" />
      <${Typed} name="channel" query=${query} label="Channel" placeholder="rest" list="channels" />
      <${Typed} name="release" query=${query} label="Release" inputmode="numeric" />
      <${Typed} name="thread_id" query=${query} label="Conversation" placeholder="its whole id" />
      <${Moment} name="since" query=${query} label="From" />
      <${Moment} name="until" query=${query} label="Before" />
      ${select("having", "It took", "Whatever it took", [["llm", "The language model"], ["tool_failure", "A tool that failed"]])}
      <datalist id="channels"><option value="rest" /><option value="facebook" /></datalist>
    </div>`}
  </search>`;
}
