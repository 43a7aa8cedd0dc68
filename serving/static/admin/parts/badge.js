import { html } from "../lib/html.js";

/** A word about a state. `kind`: good, bad, warn, info or plain; the colour never says it alone. */
export const Badge = ({ kind = "plain", children, ...rest }) => html`<span class=${`badge ${kind}`} ...${rest}>${children}</span>`;
