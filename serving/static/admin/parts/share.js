import { html } from "../lib/html.js";
import { percent } from "../lib/format.js";

/** A share with its 95 % interval: `92.3 % (88.1 to 95.2)`. */
export function Share({ value, low, high, digits = 1 }) {
  if (value === null || value === undefined) return "–";
  const interval = low !== null && low !== undefined && `${(low * 100).toFixed(digits)} to ${(high * 100).toFixed(digits)}`;
  return html`<span class="nowrap">${percent(value, digits)}${interval && html` <span class="muted small-text" title="95 % interval">(${interval})</span>`}</span>`;
}
