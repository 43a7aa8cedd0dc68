import { html, useSignal } from "../../lib/html.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";
import { VirtualList } from "../../parts/virtual_list.js";
import { merged, synonymsOf, written } from "./lines.js";

/** A value and its synonyms stand side by side, or on a narrow screen below each other. */
const rowHeight = () => (matchMedia("(max-width: 640px)").matches ? 92 : 48);

/** The values of an entity with their synonyms. `now()` gives them as they are at this moment. */
export function ValueList({ values, now, onChange, mayEdit }) {
  const text = useSignal("");
  const added = useSignal("");
  const words = text.value.trim().toLowerCase();
  const isFound = ({ value, synonyms }) => [value, ...(synonyms || [])].some((word) => word.toLowerCase().includes(words));
  const shown = values.map((row, at) => ({ ...row, at })).filter((row) => !words || isFound(row));
  const edit = (at, fields) => onChange(now().map((row, number) => (number === at ? { ...row, ...fields } : row)));
  const submit = (event) => {
    event.preventDefault();
    const [value, ...synonyms] = synonymsOf(added.value);
    if (!value) return;
    onChange(merged(now(), [{ value, synonyms }]));
    added.value = "";
  };
  return html`<div class="stack">
    ${mayEdit && html`<form class="row end" onSubmit=${submit}>
      <${Field} label="New value" dir="auto" autocomplete="off" placeholder="Value, synonym, synonym" value=${added.value}
        onInput=${(typed) => { added.value = typed; }} />
      <${Button} type="submit" disabled=${!added.value.trim()}>Add<//></form>`}
    ${values.length > 10 && html`<${Field} label="Search the values" type="search" value=${text.value}
      onInput=${(typed) => { text.value = typed; }} />`}
    ${shown.length > 0 && html`<${VirtualList} items=${shown} rowHeight=${rowHeight()} label="Values" keyOf=${({ at }) => at}
      row=${(row) => html`<div class="value-row">
      <${Field} isHidden label=${`Value ${row.at + 1}`} dir="auto" value=${row.value}
        onChange=${(event) => event.target.value.trim() && edit(row.at, { value: event.target.value.trim() })} />
      <${Field} isHidden class="synonyms" label=${`Synonyms of ${row.value}`} dir="auto" placeholder="synonyms, with commas"
        value=${written(row.synonyms)} onChange=${(event) => edit(row.at, { synonyms: synonymsOf(event.target.value) })} />
      ${mayEdit && html`<${Button} kind="quiet" isSmall aria-label=${`Remove ${row.value}`}
        onClick=${() => onChange(now().filter((_, number) => number !== row.at))}>✕<//>`}
    </div>`} />`}
  </div>`;
}
