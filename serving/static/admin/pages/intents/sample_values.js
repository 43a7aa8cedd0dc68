import { html } from "../../lib/html.js";
import { Field } from "../../parts/field.js";

/** The sample values that previews are made with. */
export function SampleValues({ value, samples, withAnswer = false }) {
  const parameters = value.parameters || [];
  if (!parameters.length && !withAnswer) return null;
  return html`<details class="samples" open=${withAnswer && !samples.answer}><summary>Sample values</summary><div class="stack">
    ${parameters.map((one) => html`<${Field} key=${one.name} label=${one.name} dir="auto" value=${samples.shown(one)} onInput=${(text) => samples.set(one.name, text)}
      hint=${one.many ? "Several, with commas between them" : ""} />`)}
    ${withAnswer && html`<${Field} label="What the tool answers" as="textarea" class="mono-field" value=${samples.answer} onInput=${samples.setAnswer}
      placeholder=${'{"status": "on its way"}'} hint=${html`JSON, or plain words. “Send it for real” on the Tool tab puts the tool's answer here. A reply writes a field of it as <code>${"{{ result.status }}"}</code>, the whole as <code>${"{{ result }}"}</code>.`} />`}
  </div></details>`;
}
