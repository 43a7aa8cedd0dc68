import { html, useRef } from "../../lib/html.js";
import { Field } from "../../parts/field.js";

/** The values that a text of an intent may use: `[{title, template}]`. */
export function valuesOf(value) {
  const parameters = (value.parameters || []).map(({ name, many }) => ({ title: name, template: many ? `{{ parameters.${name} | join(", ") }}` : `{{ parameters.${name} }}` }));
  const mapping = value.apiDetails?.responseMapping || {};
  const context = Object.keys(mapping.context || {}).map((name) => ({ title: `remembered: ${name}`, template: `{{ context.${name} }}` }));
  return [...parameters, ...(value.apiTrigger ? [{ title: "the tool's answer", template: "{{ result }}" }] : []), ...context];
}

/** A text with values in it, and a menu that inserts one at the cursor. */
export function TemplateField({ label, hint, error, text, values, onInput, as = "textarea", rows = 3, ...rest }) {
  const frame = useRef(null);
  const insert = (event) => {
    const { value: template } = event.target;
    event.target.value = "";
    if (!template) return;
    const area = frame.current.querySelector("textarea, input");
    const [from, to] = document.activeElement === area || area.selectionEnd ? [area.selectionStart, area.selectionEnd] : [text.length, text.length];
    onInput(text.slice(0, from) + template + text.slice(to));
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(from + template.length, from + template.length);
    });
  };
  return html`<div class="template-field" ref=${frame}>
    <${Field} label=${label} hint=${hint} error=${error} as=${as} dir="auto" ...${as === "textarea" ? { rows } : {}} value=${text} onInput=${onInput} ...${rest} />
    ${values.length > 0 && html`<select class="insert" aria-label=${`Insert a value into “${label}”`} onChange=${insert}>
      <option value="">Insert a value …</option>${values.map(({ title, template }) => html`<option key=${template} value=${template}>${title}</option>`)}</select>`}
  </div>`;
}
