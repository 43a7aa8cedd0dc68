import { html } from "../lib/html.js";

/**
 * A table: `columns` are `[{title, cell(row), class, isHeading}]`, with `heading` in place of the title's text and
 * `sorted` for `aria-sort`; on a narrow screen it scrolls by itself. `caption` is for screen readers.
 */
export function Table({ caption, columns, rows, keyOf, rowClass }) {
  return html`<div class="table" tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption class="unseen">${caption}</caption>
      <thead><tr>${columns.map(({ title, heading, sorted, class: kind, isUnseen }) =>
        html`<th scope="col" class=${kind || ""} aria-sort=${sorted}>${isUnseen ? html`<span class="unseen">${title}</span>` : heading || title}</th>`)}</tr></thead>
      <tbody>${rows.map((row, at) => html`<tr key=${keyOf ? keyOf(row) : at} class=${rowClass ? rowClass(row) : ""}>
        ${columns.map(({ cell, class: kind, isHeading }) => isHeading
          ? html`<th scope="row" class=${kind || ""}>${cell(row)}</th>`
          : html`<td class=${kind || ""}>${cell(row)}</td>`)}
      </tr>`)}</tbody>
    </table>
  </div>`;
}
