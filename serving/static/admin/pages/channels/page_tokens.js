import { html, useState } from "../../lib/html.js";
import { Button } from "../../parts/button.js";
import { Field } from "../../parts/field.js";
import { SecretField } from "./secret_field.js";

/** Tokens of several pages, each by the id of its page. */
export function PageTokens({ tokens, onChange }) {
  const [page, setPage] = useState("");
  const drop = (id) => {
    const { [id]: _, ...rest } = tokens;
    onChange(rest);
  };
  const add = () => {
    onChange({ ...tokens, [page.trim()]: "" });
    setPage("");
  };
  const n = Object.keys(tokens).length;
  return html`<details open=${n > 0}><summary>Several pages${n > 0 ? ` (${n})` : ""}</summary><div class="stack">
    <p class="hint">Each with a token of its own, in place of the page access token above.</p>
    ${Object.entries(tokens).map(([id, token]) => html`<div class="row end" key=${id}>
      <${SecretField} label=${`Token of page ${id}`} value=${token} onInput=${(value) => onChange({ ...tokens, [id]: value })} />
      <${Button} aria-label=${`Remove page ${id}`} onClick=${() => drop(id)}>Remove<//></div>`)}
    <div class="row end"><${Field} label="Id of a page" value=${page} onInput=${setPage} /><${Button} disabled=${!page.trim() || page.trim() in tokens} onClick=${add}>Add the page<//></div>
  </div></details>`;
}
