// The HTTP call that an intent makes once it has its values.

import { html } from "../../lib/html.js";
import { Button } from "../../parts/button.js";
import { Check, Field } from "../../parts/field.js";
import { BodyEditor } from "./body_editor.js";
import { bodyFor } from "./body_rows.js";
import { Mapping } from "./mapping.js";
import { usePreview, useSamples } from "./preview.js";
import { SampleValues } from "./sample_values.js";
import { TemplateField, endpointValues, valuesOf } from "./template_field.js";
import { ToolTry } from "./tool_try.js";

const METHODS = { GET: "GET: ask for something", POST: "POST: do something", PUT: "PUT: set something", PATCH: "PATCH: change something", DELETE: "DELETE: delete something" };
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

export function ToolPart({ bot, intent, draft, value, mayEdit }) {
  const samples = useSamples(bot, intent, value);
  const tool = value.apiDetails || { url: "", requestType: "GET" };
  const headers = tool.headers || [];
  const method = tool.requestType || "GET";
  const values = valuesOf({ ...value, apiTrigger: false });
  const preview = usePreview(bot, value, samples);
  const endpoints = endpointValues(preview.data?.endpoints);
  // what is typed fast must not meet the value of the last rendering
  const set = (fields) => draft.change({ apiDetails: { ...(draft.value.value.apiDetails || tool), ...fields } });
  const setHeader = (at, fields) => set({ headers: headers.map((each, number) => (number === at ? { ...each, ...fields } : each)) });
  const choose = (event) => {
    const requestType = event.target.value;
    const isNew = WITH_BODY.has(requestType) && !tool.isJson && (tool.jsonData || "{}").trim() === "{}";
    set(isNew ? { requestType, isJson: true, jsonData: bodyFor(value.parameters || []) } : { requestType });
  };
  const toggle = (on) => draft.change({ apiTrigger: on, ...(on && !value.apiDetails ? { apiDetails: tool } : {}) });
  return html`<div class="columns">
    <div class="stack">
      <section class="card"><${Check} label="Call a tool" hint="When every value is there, the bot calls one of your systems over HTTP. The reply can use its answer." checked=${Boolean(value.apiTrigger)} onChange=${toggle} /></section>
      ${value.apiTrigger && html`
        <section class="card"><h2>Request</h2>
          <${Field} label="Method" as="select" value=${method} onChange=${choose}>${Object.entries(METHODS).map(([name, title]) => html`<option key=${name} value=${name}>${title}</option>`)}<//>
          <${TemplateField} label="Address" as="input" text=${tool.url || ""} values=${[...endpoints, ...values]} onInput=${(url) => set({ url })} placeholder=${"{{ endpoints.shop }}/orders/{{ parameters.order_id }}"}
            hint=${html`Begin with <code>https://</code> or <code>http://</code>, or with <code>${"{{ endpoints.NAME }}"}</code> that the operator has set${preview.data && endpoints.length === 0 ? ", which has set none yet" : " (“Insert a value” has them)"}.`} />
        </section>
        <section class="card"><h2>Headers</h2>
          ${headers.map((header, at) => html`<div key=${at} class="row end">
            <${Field} label=${`Header ${at + 1}`} value=${header.headerKey} onInput=${(headerKey) => setHeader(at, { headerKey })} placeholder="Authorization" />
            <${Field} label=${`Value of ${header.headerKey || `header ${at + 1}`}`} value=${header.headerValue} onInput=${(headerValue) => setHeader(at, { headerValue })} placeholder=${"Bearer {{ secrets.SHOP_KEY }}"} />
            <${Button} kind="quiet" isSmall aria-label=${`Remove ${header.headerKey || `header ${at + 1}`}`} onClick=${() => set({ headers: headers.filter((_, number) => number !== at) })}>Remove<//>
          </div>`)}
          <div class="actions"><${Button} isSmall onClick=${() => set({ headers: [...headers, { headerKey: "", headerValue: "" }] })}>Add a header<//></div>
          <p class="hint">Write keys as <code>${"{{ secrets.NAME }}"}</code>: the operator keeps them. A key that is written out is shown as ***, and no training takes it.</p>
        </section>
        <section class="card"><h2>Body</h2>
          <${Check} label="Send a JSON body" hint="If not, the values are added to the address." checked=${Boolean(tool.isJson)}
            onChange=${(on) => set({ isJson: on, ...(on && (tool.jsonData || "{}").trim() === "{}" ? { jsonData: bodyFor(value.parameters || []) } : {}) })} />
          ${tool.isJson && html`<${BodyEditor} bot=${bot} value=${value} samples=${samples} body=${tool.jsonData ?? "{}"} values=${values} onChange=${(jsonData) => set({ jsonData })} onFault=${(by) => { draft.unusable.value += by; }} />`}
        </section>
        <${Mapping} mapping=${tool.responseMapping} onChange=${(responseMapping) => set({ responseMapping })} />
        <section class="card"><h2>Before it is called</h2>
          <${Check} label="Ask the customer first" hint="The bot repeats the values and waits for a yes." checked=${Boolean(value.confirm)} onChange=${(on) => draft.change({ confirm: on })} />
          ${value.confirm && html`<${TemplateField} label="Question" rows=${2} text=${value.confirmPrompt || ""} values=${values} onInput=${(text) => draft.change({ confirmPrompt: text })}
            hint="Left empty, the bot lists the values and asks whether they are right." />`}
          <${Check} label="It recognises a repeated call" checked=${tool.idempotent === true} onChange=${(on) => set({ idempotent: on ? true : null })}
            hint="If your system does the same Idempotency-Key only once, a call whose answer got lost can be sent again." />
        </section>`}
    </div>
    ${value.apiTrigger && html`<aside class="stack sticky"><section class="card"><h2>Try it</h2>
      <${SampleValues} value=${value} samples=${samples} />
      <${ToolTry} bot=${bot} value=${value} samples=${samples} preview=${preview} mayEdit=${mayEdit} /></section></aside>`}
  </div>`;
}
