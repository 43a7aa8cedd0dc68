import { html } from "../../lib/html.js";
import { milliseconds, moment } from "../../lib/format.js";
import { Badge } from "../badge.js";

const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

function Part({ title, value }) {
  if (value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0)) return null;
  return html`<div><h4>${title}</h4><pre dir="auto" tabindex="0">${shown(value)}</pre></div>`;
}

/** What a tool answered that cannot be used; JSON is laid out. */
export function Answered({ text }) {
  if (!text) return null;
  let laidOut = text;
  try {
    laidOut = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // words, or cut short
  }
  return html`<div><h4>What it answered</h4><pre dir="auto" tabindex="0">${laidOut}</pre></div>`;
}

/** The state of a call, in a word. */
function outcome(call) {
  if (call.problem) return { kind: "bad", word: "Failed" };
  return call.isCalled ? { kind: "good", word: "Called" } : { kind: "info", word: "Only shown" };
}

/** A tool call: what was sent or would be, and what came back. */
export function ToolCall({ call }) {
  const { kind, word } = outcome(call);
  return html`<div class="stack call">
    <p class="row"><${Badge} kind=${kind}>${word}<//><span>by the intent <strong>${call.intent_id}</strong></span>
      ${call.isCalled && call.ms !== null && html`<span class="muted">${milliseconds(call.ms)}</span>`}</p>
    ${call.problem && html`<p class="note bad" role="alert">The tool of ${call.intent_id} failed: ${call.problem}${call.mayHaveActed ? " It may have acted all the same." : ""}</p>`}
    <${Answered} text=${call.answer} />
    ${call.method && html`<div><h4>Request</h4><pre dir="auto" tabindex="0">${`${call.method} ${call.url}`}</pre></div>`}
    <${Part} title="Headers" value=${call.headers.length ? call.headers.map(({ name, value }) => `${name}: ${value}`).join("\n") : null} />
    <${Part} title="Body" value=${call.body} />
    <${Part} title="Answer, as replies see it" value=${call.result} />
    <${Part} title="Remembered of the answer" value=${call.context} />
    ${call.late && html`<p class="note">Asked again on ${moment(call.late.at)}: ${call.late.failure || "it answered"}.</p>`}
  </div>`;
}
