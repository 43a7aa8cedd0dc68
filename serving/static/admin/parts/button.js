import { html } from "../lib/html.js";

/** A button, or with `href` a link that looks like one. `kind`: primary, danger, quiet or plain. `isBusy` shows that it works. */
export function Button({ kind = "plain", isBusy = false, isSmall = false, disabled = false, href, children, class: more = "", ...rest }) {
  const names = `button ${kind}${isSmall ? " small" : ""}${more ? ` ${more}` : ""}`;
  if (href) return html`<a class=${names} href=${href} ...${rest}>${children}</a>`;
  return html`<button type="button" class=${names} disabled=${disabled || isBusy} aria-busy=${isBusy} ...${rest}>
    ${isBusy && html`<span class="spinner" aria-hidden="true"></span>`}${children}
  </button>`;
}
