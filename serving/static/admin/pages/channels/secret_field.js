import { html } from "../../lib/html.js";
import { Field } from "../../parts/field.js";

const REFERENCE = "secret:";
const isReference = (value) => REFERENCE.startsWith(value) || value.startsWith(REFERENCE);

/** A secret: `***` stands for the one that is stored; `secret:NAME` refers to one that only the servers know. */
export function SecretField({ label, hint, value, onInput }) {
  const isStored = value === "***";
  const isLiteral = value !== "" && !isStored && !isReference(value);
  return html`<${Field} label=${label} type=${isLiteral ? "password" : "text"} autocomplete="off" spellcheck="false" maxlength="2000" placeholder="secret:NAME" value=${value}
    onFocus=${(event) => isStored && event.target.select()} onInput=${(text) => onInput(text.trim())}
    hint=${isStored ? html`It is set, and never shown. Type over it to change it. ${hint}`
      : isLiteral ? html`This value goes into the database. Better keep it on the servers as <code>INTENTLOOP_SECRET_NAME</code>, and write <code>secret:NAME</code> here.` : hint} />`;
}
