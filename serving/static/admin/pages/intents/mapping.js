import { html } from "../../lib/html.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";

/** Which parts of a tool's answer are kept. */
export function Mapping({ mapping, onChange }) {
  const { result = "", context = {} } = mapping || {};
  const rows = Object.entries(context);
  const set = (fields) => {
    const now = { result: result || null, context, ...fields };
    onChange(now.result || Object.keys(now.context).length ? now : null);
  };
  const rename = (at, name) => set({ context: Object.fromEntries(rows.map(([key, path], number) => [number === at ? name : key, path])) });
  const free = () => {
    let number = rows.length + 1;
    while (`value_${number}` in context) number += 1;
    return `value_${number}`;
  };
  return html`<section class="card"><h2>Answer</h2>
    <${Field} label="Part that the reply uses" value=${result || ""} onInput=${(now) => set({ result: now || null })} placeholder="data.order"
      hint=${html`A path into the JSON answer (JMESPath), such as <code>items[0].name</code>. Left empty, the whole answer is <code>${"{{ result }}"}</code>.`} />
    ${rows.map(([name, path], at) => html`<div key=${at} class="row end">
      <${Field} label="Remember as" value=${name} onChange=${(event) => event.target.value && rename(at, event.target.value)} />
      <${Field} label=${`Part for ${name}`} value=${path} onInput=${(now) => set({ context: { ...context, [name]: now } })} placeholder="data.order.id" />
      <${Button} kind="quiet" isSmall aria-label=${`Forget ${name}`} onClick=${() => set({ context: Object.fromEntries(rows.filter((_, number) => number !== at)) })}>Remove<//>
    </div>`)}
    <div class="actions"><${Button} isSmall onClick=${() => set({ context: { ...context, [free()]: "" } })}>Remember a part<//></div>
  </section>`;
}
