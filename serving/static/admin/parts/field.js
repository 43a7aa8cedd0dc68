import { h, html, useId } from "../lib/html.js";

/**
 * A labelled control: `<Field label="Name" hint="..." error="..." value onInput />`. `as` is input, textarea or select;
 * `onInput` gets the text.
 */
export function Field({ label, hint, error, as = "input", onInput, isHidden = false, children, class: more = "", ...rest }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  const input = (event) => onInput?.(event.target.value, event);
  return html`<div class=${`field ${more}`}>
    <label for=${id} class=${isHidden ? "unseen" : ""}>${label}</label>
    ${h(as, { id, "aria-describedby": described, "aria-invalid": error ? "true" : undefined, onInput: input, ...rest }, children)}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="wrong" id=${`${id}-error`}>${error}</p>`}
  </div>`;
}

/** A box to tick, with its sentence beside it. */
export function Check({ label, hint, checked, onChange, ...rest }) {
  const id = useId();
  return html`<div class="check">
    <input type="checkbox" id=${id} checked=${checked} onChange=${(event) => onChange(event.target.checked)} ...${rest} />
    <label for=${id}>${label}${hint && html`<span class="hint">${hint}</span>`}</label>
  </div>`;
}
