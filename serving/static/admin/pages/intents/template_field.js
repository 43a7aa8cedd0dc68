import { html, useRef } from "../../lib/html.js";
import { Field } from "../../parts/field.js";

const isName = (name) => /^[A-Za-z_]\w*$/.test(name);
const member = (owner, name) => (isName(name) ? `${owner}.${name}` : `${owner}[${JSON.stringify(name)}]`);

/** The operator's endpoints as values that an address may begin with. */
export const endpointValues = (names) => (names || []).map((name) => ({ title: `endpoint: ${name}`, template: `{{ ${member("endpoints", name)} }}` }));

const MOST = 50;

/** The fields of a tool's answer, also inner ones: `[{title, template}]`. */
export function answerValues(answer, owner = "result", depth = 0) {
  if (answer === null || typeof answer !== "object" || Array.isArray(answer)) return [];
  const found = Object.entries(answer).flatMap(([name, field]) => {
    const place = member(owner, name);
    const inner = depth < 2 ? answerValues(field, place, depth + 1) : [];
    return [...(inner.length ? [] : [{ title: `the tool's answer: ${place.slice("result".length).replace(/^\./, "")}`, template: `{{ ${place} }}` }]), ...inner];
  });
  return found.slice(0, MOST);
}

/** The values that a text of an intent may use: `[{title, template}]`; `answer` is one that the tool gave. */
export function valuesOf(value, answer = null) {
  const parameters = (value.parameters || []).map(({ name, many }) => ({ title: name, template: many ? `{{ parameters.${name} | join(", ") }}` : `{{ parameters.${name} }}` }));
  const mapping = value.apiDetails?.responseMapping || {};
  const context = Object.keys(mapping.context || {}).map((name) => ({ title: `remembered: ${name}`, template: `{{ context.${name} }}` }));
  return [...parameters, ...(value.apiTrigger ? [{ title: "the tool's answer", template: "{{ result }}" }, ...answerValues(answer)] : []), ...context];
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
