import { html } from "../lib/html.js";

/** A link to another server, such as MLflow, in a window of its own; nothing where there is no such page. */
export function OutsideLink({ href, children }) {
  if (!/^https?:\/\//.test(href || "")) return null;
  return html`<a href=${href} target="_blank" rel="noreferrer noopener">${children}<span aria-hidden="true"> ↗</span></a>`;
}
