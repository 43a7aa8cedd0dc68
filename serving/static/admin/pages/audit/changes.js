import { html } from "../../lib/html.js";

const MOST_LINES = 40;
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** A value as paths and leaves: `{llm: {mode: "off"}}` is `[["llm.mode", "off"]]`. */
function leaves(value, at = "") {
  if (isObject(value)) return Object.entries(value).flatMap(([name, inner]) => leaves(inner, at ? `${at}.${name}` : name));
  return [[at, value]];
}

const written = (value) => (value === undefined || value === null ? "–" : typeof value === "string" ? value : JSON.stringify(value));

/** What differs, `[{path, before, after}]`; fields that stayed are left out, unless only one side is known. */
export function differences(before, after) {
  const [was, is] = [before, after].map((side) => new Map(side === null || side === undefined ? [] : leaves(side)));
  const paths = [...new Set([...was.keys(), ...is.keys()])];
  return paths.filter((path) => JSON.stringify(was.get(path)) !== JSON.stringify(is.get(path)))
    .map((path) => ({ path, before: was.get(path), after: is.get(path) }));
}

/** The values before and after a change, field by field. */
export function Changes({ before, after }) {
  const found = differences(before, after);
  if (!found.length) return null;
  const [had, has] = [before !== null && before !== undefined, after !== null && after !== undefined];
  const titles = had && has ? ["Before", "After"] : had ? ["It was"] : ["It is"];
  return html`<details class="small-text"><summary>${found.length === 1 ? "1 field" : `${found.length} fields`}</summary>
    <div class="table" tabindex="0" role="region" aria-label="What changed"><table>
      <thead><tr><th scope="col">Field</th>${titles.map((title) => html`<th key=${title} scope="col">${title}</th>`)}</tr></thead>
      <tbody>${found.slice(0, MOST_LINES).map((row) => html`<tr key=${row.path}><th scope="row" class="mono">${row.path || "value"}</th>
        ${had && html`<td class=${`as-written${has ? " was" : ""}`}>${written(row.before)}</td>`}${has && html`<td
          class="as-written">${written(row.after)}</td>`}</tr>`)}</tbody>
    </table></div>
    ${found.length > MOST_LINES && html`<p class="hint">And ${found.length - MOST_LINES} more.</p>`}
  </details>`;
}
